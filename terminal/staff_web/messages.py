"""Messages that the staff page may send: a closed union, small and strict. Passwords are never sent this way."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from consent.items import Item
from terminal.front.messages import PictureDrawn, StrictMessage

Reception = Annotated[str, Field(pattern=r"^(r-[0-9a-f]{16}|r[0-9]{1,6})?$")]


class Here(StrictMessage):
    """The page was touched: the session is extended."""

    type: Literal["here"]


class Speak(StrictMessage):
    type: Literal["language"]
    language: Literal["ja", "en"]


class CallAnswered(StrictMessage):
    """Staff sees to a call."""

    type: Literal["answer"]
    call: Annotated[int, Field(ge=0)]


class TakeBack(StrictMessage):
    """Consents of a reception end at the patient's wish. The page has asked first."""

    type: Literal["withdraw"]
    reception: Reception
    items: Annotated[tuple[Annotated[Item, Field(strict=False)], ...], Field(min_length=1, max_length=7, strict=False)]


class DecideHandOver(StrictMessage):
    """A result astray is handed over again, or closed. The page has asked first."""

    type: Literal["hand-over"]
    reception: Reception
    again: bool


class Discard(StrictMessage):
    """Throw the reception under way away. The page has asked first."""

    type: Literal["discard"]
    reception: Reception


class ByEye(StrictMessage):
    """The reception under way - or, where it is empty, the next one - is confirmed by eye."""

    type: Literal["by-eye"]
    reception: Reception


class Decide(StrictMessage):
    """What staff saw, at the decision: with the password given again."""

    type: Literal["decide"]
    reception: Reception
    same: bool
    reason: Annotated[str, Field(pattern=r"^[a-z-]{0,20}$")]
    proof: Annotated[str, Field(max_length=64)]


class CloseName(StrictMessage):
    """The picture of the name has been read."""

    type: Literal["close-name"]
    reception: Reception


class Stop(StrictMessage):
    """End the terminal. The page has asked first."""

    type: Literal["stop"]


Message = (
    Here | Speak | CallAnswered | TakeBack | DecideHandOver | Discard | ByEye | Decide | PictureDrawn | CloseName | Stop
)
_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def read_message(text: str) -> Message | None:
    """Return None for any other text."""
    try:
        return _ANY.validate_json(text)
    except ValidationError:
        return None
