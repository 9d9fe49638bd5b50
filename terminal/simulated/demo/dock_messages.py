"""What the dock's page may say: a closed union, small and strict."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from terminal.front.dock import Service

Name = Annotated[str, Field(max_length=64)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Choose(_Message):
    """Somebody else comes."""

    type: Literal["choose"]
    name: Name


class Open(_Message):
    """Another list."""

    type: Literal["list"]
    drill: Name


class Reset(_Message):
    """The list from its beginning, everything on the counter as in the morning."""

    type: Literal["reset"]


class PutCard(_Message):
    """Put a card on the reader, by persona; empty: take the one that lies there."""

    type: Literal["card"]
    card: Name


class CoverCamera(_Message):
    type: Literal["cover"]
    on: bool


class Unplug(_Message):
    type: Literal["unplug"]
    device: Literal["camera", "reader"]
    on: bool


class Treat(_Message):
    type: Literal["service"]
    service: Annotated[Service, Field(strict=False)]


class Late(_Message):
    type: Literal["late"]
    on: bool


class Power(_Message):
    type: Literal["power"]


class OwnFace(_Message):
    """The trainer sits down before the browser's camera, or stands up again."""

    type: Literal["own-face"]
    on: bool


class Agree(_Message):
    """The portrait may be taken, or not."""

    type: Literal["agree"]
    yes: bool


Hand = Choose | Open | Reset | PutCard | CoverCamera | Unplug | Treat | Late | Power | OwnFace
_ANY: TypeAdapter[Hand | Agree] = TypeAdapter(Annotated[Hand | Agree, Field(discriminator="type")])


def read_message(text: str) -> Hand | Agree | None:
    """None for anything that is not one of them."""
    try:
        return _ANY.validate_json(text)
    except ValidationError:
        return None
