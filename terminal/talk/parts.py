"""What a front end draws, as plain values: without toolkit, rules or secrets."""

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import Display
from terminal.words.catalogue import Words


class GuideStep(Enum):
    """The four steps of the guides, in their order."""

    READ = "step.read"
    CONFIRM = "step.confirm"
    CONSENT = "step.consent"
    DONE = "step.done"


class PadKind(StrEnum):
    NONE = ""
    PIN = "pin"
    CODE = "code"


class Sign(StrEnum):
    """The moving sign above the offers."""

    NONE = ""
    PUT_CARD = "put-card"
    WAIT = "wait"
    TAKE_CARD = "take-card"
    SHOW_CARD = "show-card"
    """The front of the card, held before the camera. The camera's picture is not shown: a queue stands behind."""


class Remark(StrEnum):
    """A passing word: the value is its id."""

    NONE = ""
    STAFF_COMING = "staff.coming"
    VOICE_MISSING = "problem.voice-missing"
    NOT_YET = "touch.not-yet"
    """The last touch came too early, or was meant for the question before."""


class LineKind(StrEnum):
    HINT = "hint"
    REASON = "reason"
    """Why this screen is here: something did not work."""
    CHOICE = "choice"
    """One entry of a list."""
    ORIGINAL = "original"
    """A consent in Japanese, in small letters, below one in a language that no native speaker has checked."""
    CALL = "call"
    """Must not be overlooked: stands out and changes once a second."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    kind: LineKind = LineKind.HINT
    language: str = ""
    """What it is written in, where that is not the screen's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One target: touching it, or its key, posts the event."""

    id: str
    label: str
    event: Event
    hint: str = ""
    language: str = ""
    """What the label is written in, where it is not the screen's language."""
    names: tuple[tuple[str, str], ...] = ()
    """Languages this leads to: each one and its own name. A front end that draws them leaves out the hint."""
    key: str = ""
    ten: str = ""
    """Key of a numeric keypad, shown beside the target, if `key` is not one of its digits."""
    back: bool = False
    """The way back; any other answer weighs the same as its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What one state says and asks, without what every screen has around it."""

    step: GuideStep
    question: str
    lines: tuple[Line, ...] = ()
    offers: tuple[Offer, ...] = ()
    pad: PadKind = PadKind.NONE
    camera: bool = False
    photo: bool = False
    progress: tuple[int, int] | None = None
    towards: int = 0
    """Which way the arrow in the camera's picture points: -1 left, 1 right, 0 there is none."""
    sign: Sign = Sign.NONE
    code: str = ""
    """A problem's small code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Everything a front end draws or says for one state."""

    serial: int = 0
    """Which question this is: a touch carries it back, and counts for this one only (see `serial.py`)."""
    state: str
    language: str
    display: Display
    steps: tuple[str, ...]
    body: Body
    card: str
    """The card's state in words, in the foot."""
    foot: tuple[Offer, ...]
    keys: tuple[Offer, ...] = ()
    """What a numeric keypad does besides: without a target."""
    warning: str = ""
    """Said while the state is about to give up."""
    notice: str = ""
    """A passing word in the foot, in place of the card's state."""

    def numbered(self, serial: int) -> "Talk":
        return replace(self, serial=serial)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """All there is to touch: the answers, then the foot."""
        return (*self.body.offers, *self.foot)

    def pressed(self, key: str, *, typed: bool = False) -> Offer | None:
        """The offer that a key of a numeric keypad means: a digit, `enter`, or one of `*/+-.`

        `typed`: digits stand on the pad, which takes digits, `enter` and, as long as there are some, `*`.
        """
        if self.body.pad and (key.isdigit() or key == "enter" or (key == "*" and typed)):
            return None
        by_key = [offer for offer in (*self.keys, *self.offers) if offer.key == key]
        return next((offer for offer in (*by_key, *self.offers) if key in (offer.key, offer.ten)), None)

    @property
    def step(self) -> int:
        return list(GuideStep).index(self.body.step)


@dataclass(frozen=True, slots=True)
class TalkContext:
    """What the words of every state need."""

    say: Words
    rules: Rules
    original: Words | None = None
    """The Japanese sentences, where a consent needs them below its own."""


def numbered(*offers: Offer | None, keys: str = "123456789") -> tuple[Offer, ...]:
    """The offers that exist, left to right, with their keys."""
    present = [offer for offer in offers if offer is not None]
    return tuple(replace(offer, key=key) for offer, key in zip(present, keys, strict=False))


def hints(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts if text)
