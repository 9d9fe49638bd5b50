"""What a page may say to the server: a closed union, small and strict."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Serial = Annotated[int, Field(ge=0, le=2**53)]


Key = Annotated[str, Field(max_length=10)]
"""Name of the key that was pressed; empty for a finger."""


class _Message(BaseModel):
    # The input may hold a digit of the PIN: it appears in no error.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Touched(_Message):
    """An offer was touched, or its key pressed."""

    type: Literal["touch"]
    serial: Serial
    offer: Annotated[str, Field(min_length=1, max_length=64)]
    key: Key = ""


class Typed(_Message):
    """A key of the pad."""

    type: Literal["key"]
    serial: Serial
    key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "enter", "erase"]


class Shown(_Message):
    """The last picture has been drawn: the next one may come."""

    type: Literal["shown"]


class Attended(_Message):
    """A key or a touch that means nothing here: somebody stands there."""

    type: Literal["attend"]
    key: Key = ""


PageMessage = Annotated[Touched | Typed | Attended | Shown, Field(discriminator="type")]
_ANY: TypeAdapter[Touched | Typed | Attended | Shown] = TypeAdapter(PageMessage)


def read_message(text: str) -> Touched | Typed | Attended | Shown | None:
    """None for anything that is not one of them."""
    try:
        return _ANY.validate_json(text)
    except ValidationError:
        return None
