"""Base of the messages of every page."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StrictMessage(BaseModel):
    """Unknown fields are refused, and no value is converted."""

    # The input may hold a digit of the PIN: it appears in no error.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class PictureDrawn(StrictMessage):
    """The last live picture has been drawn: the next one may come."""

    type: Literal["shown"]
