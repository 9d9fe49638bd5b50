"""Messages the dock page may send: a small, strict, closed union."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from terminal.front.dock import ServiceMode
from terminal.front.messages import StrictMessage

Name = Annotated[str, Field(max_length=64)]


class Choose(StrictMessage):
    """Choose the next person."""

    type: Literal["choose"]
    name: Name


class Open(StrictMessage):
    """Open another list."""

    type: Literal["list"]
    drill: Name


class Reset(StrictMessage):
    """Start the list again, with everything on the counter back to normal."""

    type: Literal["reset"]


class PutCard(StrictMessage):
    """Put a persona's card on the reader; empty: remove the card."""

    type: Literal["card"]
    card: Name
    two: bool = False
    """Also put another card on the second reader."""


class TakeSecond(StrictMessage):
    """Take the card off the second reader."""

    type: Literal["take-second"]


class HoldCards(StrictMessage):
    """Let another program hold each card, or release it."""

    type: Literal["hold"]
    on: bool


class CoverCamera(StrictMessage):
    type: Literal["cover"]
    on: bool


class Unplug(StrictMessage):
    type: Literal["unplug"]
    device: Literal["camera", "reader"]
    on: bool


class Treat(StrictMessage):
    type: Literal["service"]
    service: Annotated[ServiceMode, Field(strict=False)]


class Late(StrictMessage):
    type: Literal["late"]
    on: bool


class Power(StrictMessage):
    type: Literal["power"]


class OwnFace(StrictMessage):
    """Use the face of the trainer in front of the browser's camera, or stop using it."""

    type: Literal["own-face"]
    on: bool


class Agree(StrictMessage):
    """Whether the portrait may be taken."""

    type: Literal["agree"]
    yes: bool


Hand = Choose | Open | Reset | PutCard | TakeSecond | HoldCards | CoverCamera | Unplug | Treat | Late | Power | OwnFace
_ANY: TypeAdapter[Hand | Agree] = TypeAdapter(Annotated[Hand | Agree, Field(discriminator="type")])


def read_message(text: str) -> Hand | Agree | None:
    """Parse a message; return None if it is invalid."""
    try:
        return _ANY.validate_json(text)
    except ValidationError:
        return None
