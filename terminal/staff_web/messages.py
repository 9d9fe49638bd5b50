"""Messages from the staff page, as a strict union. Passwords are sent separately."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from consent.items import Item
from terminal.front.messages import PictureDrawn, StrictMessage

Reception = Annotated[str, Field(pattern=r"^(r-[0-9a-f]{16}|r[0-9]{1,6})?$")]


class Here(StrictMessage):
    """Activity on the page, which extends the session."""

    type: Literal["here"]


class Speak(StrictMessage):
    type: Literal["language"]
    language: Literal["ja", "en"]


class CallAnswered(StrictMessage):
    """Staff answered a call."""

    type: Literal["answer"]
    call: Annotated[int, Field(ge=0)]


class Withdraw(StrictMessage):
    """Withdraw consents of a reception at the patient's request. Confirmed on the page."""

    type: Literal["withdraw"]
    reception: Reception
    items: Annotated[tuple[Annotated[Item, Field(strict=False)], ...], Field(min_length=1, max_length=7, strict=False)]


class DecideHandOver(StrictMessage):
    """Retry the handover of an undelivered result, or close it. Confirmed on the page."""

    type: Literal["hand-over"]
    reception: Reception
    again: bool


class Discard(StrictMessage):
    """Discard the current reception. Confirmed on the page."""

    type: Literal["discard"]
    reception: Reception


class ByEye(StrictMessage):
    """Confirm the patient by eye, in this reception or, if empty, in the next one."""

    type: Literal["by-eye"]
    reception: Reception


class Decide(StrictMessage):
    """Decision after the comparison by eye, with proof that the password was entered again."""

    type: Literal["decide"]
    reception: Reception
    same: bool
    reason: Annotated[str, Field(pattern=r"^[a-z-]{0,20}$")]
    proof: Annotated[str, Field(max_length=64)]


class CloseName(StrictMessage):
    """The name image was read and can be wiped."""

    type: Literal["close-name"]
    reception: Reception


class Stop(StrictMessage):
    """Stop the terminal. Confirmed on the page."""

    type: Literal["stop"]


Message = (
    Here | Speak | CallAnswered | Withdraw | DecideHandOver | Discard | ByEye | Decide | PictureDrawn | CloseName | Stop
)
_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def read_message(text: str) -> Message | None:
    """Parse a message. Return None if it is invalid."""
    try:
        return _ANY.validate_json(text)
    except ValidationError:
        return None
