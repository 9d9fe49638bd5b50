"""Messages from pages to the server: a closed union of strictly validated models."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from terminal.front.messages import FrameDrawn, StrictMessage

Serial = Annotated[int, Field(ge=0, le=2**53)]


Key = Annotated[str, Field(max_length=10)]
"""Name of the pressed key, or empty for a touch."""


class Touched(StrictMessage):
    """A button was touched or its key was pressed."""

    type: Literal["touch"]
    serial: Serial
    offer: Annotated[str, Field(min_length=1, max_length=64)]
    key: Key = ""


class Typed(StrictMessage):
    """A key of the on-screen pad was pressed."""

    type: Literal["key"]
    serial: Serial
    key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "enter", "erase"]


class Presence(StrictMessage):
    """A key or touch without a function on this screen, which indicates that someone is present."""

    type: Literal["presence"]
    key: Key = ""


PageMessage = Annotated[Touched | Typed | Presence | FrameDrawn, Field(discriminator="type")]
_ADAPTER: TypeAdapter[Touched | Typed | Presence | FrameDrawn] = TypeAdapter(PageMessage)


def read_message(text: str) -> Touched | Typed | Presence | FrameDrawn | None:
    """Parse a message. Return None if it is invalid."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return None
