"""What a screen consists of, as plain values: no Textual here, no rule, no secret."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum

from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import Display
from terminal.words.catalogue import Words

Speak = Callable[[str], Words]
"""`speak(language)` gives that language's sentences, the institution's own words filled in."""


class Stage(Enum):
    """The four steps of the guides, in their order."""

    READ = "step.read"
    CONFIRM = "step.confirm"
    CONSENT = "step.consent"
    DONE = "step.done"


class Pad(StrEnum):
    NONE = ""
    PIN = "pin"
    CODE = "code"


class Sign(StrEnum):
    """The moving sign above the answers."""

    NONE = ""
    PUT_CARD = "put-card"
    WAIT = "wait"
    TAKE_CARD = "take-card"


class LineKind(StrEnum):
    HINT = "hint"
    REASON = "reason"
    """Why this screen is here: something did not work."""
    CHOICE = "choice"
    """One entry of a list."""
    CALL = "call"
    """Must not be overlooked: stands out and changes once a second."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    kind: LineKind = LineKind.HINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One target: touching it, or its key, posts the event."""

    id: str
    label: str
    event: Event
    hint: str = ""
    key: str = ""
    back: bool = False
    """The way back; any other answer weighs the same as its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What one state says and asks."""

    stage: Stage
    question: str
    lines: tuple[Line, ...] = ()
    answers: tuple[Answer, ...] = ()
    pad: Pad = Pad.NONE
    camera: bool = False
    photo: bool = False
    progress: tuple[int, int] | None = None
    towards: int = 0
    """Which way the arrow in the camera's picture points: -1 left, 1 right, 0 there is none."""
    sign: Sign = Sign.NONE
    code: str = ""
    """A problem's small code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A whole screen."""

    state: str
    language: str
    display: Display
    steps: tuple[str, ...]
    talk: Talk
    card: str
    """The card's state in words, in the foot."""
    foot: tuple[Answer, ...]
    warning: str = ""
    """Said while the state is about to give up."""
    notice: str = ""
    """A passing word in the foot, in place of the card's state."""

    @property
    def step(self) -> int:
        return list(Stage).index(self.talk.stage)


@dataclass(frozen=True, slots=True)
class Scene:
    """What every state's words need."""

    say: Words
    rules: Rules


def numbered(*answers: Answer | None, keys: str = "123456789") -> tuple[Answer, ...]:
    """The answers that exist, left to right, with their keys."""
    present = [answer for answer in answers if answer is not None]
    return tuple(
        Answer(id=answer.id, label=answer.label, event=answer.event, hint=answer.hint, key=key, back=answer.back)
        for answer, key in zip(present, keys, strict=False)
    )


def hints(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts if text)
