"""Base of the messages sent by web pages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StrictMessage(BaseModel):
    """Message that refuses unknown fields and converts no values."""

    # the input may contain a digit of the PIN and must not appear in errors
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class PictureDrawn(StrictMessage):
    """The last live picture has been drawn, and the next one can be sent."""

    type: Literal["shown"]
