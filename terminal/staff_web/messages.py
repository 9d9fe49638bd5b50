"""Messages from the staff page: a closed union of strictly validated models. Passwords are sent separately."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from consent.items import Item
from terminal.front.messages import FrameDrawn, StrictMessage

Reception = Annotated[str, Field(pattern=r"^(r-[0-9a-f]{16}|r[0-9]{1,6})?$")]


class Activity(StrictMessage):
    """Activity on the page, which extends the session."""

    type: Literal["activity"]


class SetLanguage(StrictMessage):
    type: Literal["language"]
    language: Literal["ja", "en"]


class AnswerCall(StrictMessage):
    """Mark a call as answered."""

    type: Literal["answer"]
    call: Annotated[int, Field(ge=0)]


class Withdraw(StrictMessage):
    """Withdraw consents of a reception at the patient's request. Confirmed on the page."""

    type: Literal["withdraw"]
    reception: Reception
    items: Annotated[tuple[Annotated[Item, Field(strict=False)], ...], Field(min_length=1, max_length=7, strict=False)]


class ResolveHandover(StrictMessage):
    """Retry the handover of an undelivered result, or close it. Confirmed on the page."""

    type: Literal["hand-over"]
    reception: Reception
    retry: bool


class Discard(StrictMessage):
    """Discard the current reception. Confirmed on the page."""

    type: Literal["discard"]
    reception: Reception


class ConfirmByEye(StrictMessage):
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
    """Wipe the name image, which staff have read."""

    type: Literal["close-name"]
    reception: Reception


class Stop(StrictMessage):
    """Stop the terminal. Confirmed on the page."""

    type: Literal["stop"]


Message = (
    Activity
    | SetLanguage
    | AnswerCall
    | Withdraw
    | ResolveHandover
    | Discard
    | ConfirmByEye
    | Decide
    | FrameDrawn
    | CloseName
    | Stop
)
_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def read_message(text: str) -> Message | None:
    """Parse a message. Return None if it is invalid."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return None
