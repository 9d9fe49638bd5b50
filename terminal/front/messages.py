"""Base class for messages sent by web pages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StrictMessage(BaseModel):
    """Message without unknown fields or type conversion."""

    # hide_input: the input may contain a PIN digit. defer_build: messages are parsed only as part of a union.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, defer_build=True)


class FrameDrawn(StrictMessage):
    """The last live picture was drawn. The next one can be sent."""

    type: Literal["shown"]
