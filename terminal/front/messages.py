"""Base class for messages sent by web pages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StrictMessage(BaseModel):
    """Message without unknown fields or type conversion."""

    # hide the input in errors, because it may contain a PIN digit
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class PictureDrawn(StrictMessage):
    """The last live picture was drawn. The next one can be sent."""

    type: Literal["shown"]
