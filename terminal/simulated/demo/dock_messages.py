"""Messages from the dock page, parsed strictly."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from terminal.front.dock import ServiceMode
from terminal.front.messages import StrictMessage

Name = Annotated[str, Field(max_length=64)]


class Choose(StrictMessage):
    """Select the next persona."""

    type: Literal["choose"]
    name: Name


class Open(StrictMessage):
    """Open a list."""

    type: Literal["list"]
    drill: Name


class Reset(StrictMessage):
    """Restart the list and reset all simulated devices."""

    type: Literal["reset"]


class PutCard(StrictMessage):
    """Put a persona's card on the reader, or remove the card if `card` is empty."""

    type: Literal["card"]
    card: Name
    two: bool = False
    """Also put another card on the second reader."""


class TakeSecond(StrictMessage):
    """Remove the card from the second reader."""

    type: Literal["take-second"]


class HoldCards(StrictMessage):
    """Start or stop a program that holds every card."""

    type: Literal["hold"]
    on: bool


class CoverCamera(StrictMessage):
    """Cover or uncover the face camera."""

    type: Literal["cover"]
    on: bool


class Unplug(StrictMessage):
    """Unplug a device or plug it in again."""

    type: Literal["unplug"]
    device: Literal["camera", "reader"]
    on: bool


class SetService(StrictMessage):
    """Set the behaviour of the service."""

    type: Literal["service"]
    service: Annotated[ServiceMode, Field(strict=False)]


class SetClockSlow(StrictMessage):
    """Set the clock an hour slow, or reset it."""

    type: Literal["clock"]
    on: bool


class Power(StrictMessage):
    """Power-cycle the terminal."""

    type: Literal["power"]


class OwnFace(StrictMessage):
    """Use the trainer's face from the browser's camera, or stop using it."""

    type: Literal["own-face"]
    on: bool


class Agree(StrictMessage):
    """Allow or refuse a portrait."""

    type: Literal["agree"]
    yes: bool


DockCommand = (
    Choose
    | Open
    | Reset
    | PutCard
    | TakeSecond
    | HoldCards
    | CoverCamera
    | Unplug
    | SetService
    | SetClockSlow
    | Power
    | OwnFace
)
_MESSAGE: TypeAdapter[DockCommand | Agree] = TypeAdapter(Annotated[DockCommand | Agree, Field(discriminator="type")])


def read_message(text: str) -> DockCommand | Agree | None:
    """Parse a message. Returns None if it is invalid."""
    try:
        return _MESSAGE.validate_json(text)
    except ValidationError:
        return None
