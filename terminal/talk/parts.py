"""Screen contents as plain values, independent of UI toolkits and without secrets."""

from enum import Enum, StrEnum

from msgspec import Struct
from msgspec.structs import replace

from terminal.session.events import Event
from terminal.session.rules import Rules
from terminal.session.states import Display
from terminal.words.catalogue import Words


class GuideStep(Enum):
    """The four steps in the ministry's guides, in order."""

    READ = "step.read"
    CONFIRM = "step.confirm"
    CONSENT = "step.consent"
    DONE = "step.done"


class PadKind(StrEnum):
    NONE = ""
    PIN = "pin"
    CODE = "code"


class Sign(StrEnum):
    """Animated sign above the answers."""

    NONE = ""
    PUT_CARD = "put-card"
    WAIT = "wait"
    TAKE_CARD = "take-card"
    SHOW_CARD = "show-card"
    """Show the front of the card to the camera. The camera picture is not displayed, to protect the printed data."""


class Remark(StrEnum):
    """Temporary notice. The value is its message id."""

    NONE = ""
    STAFF_COMING = "staff.coming"
    VOICE_MISSING = "problem.voice-missing"
    TOO_EARLY = "touch.too-early"
    """The last touch was too early or for the previous question."""


class LineKind(StrEnum):
    HINT = "hint"
    REASON = "reason"
    """Reason for this screen, for example a failed attempt."""
    CHOICE = "choice"
    """List item."""
    ORIGINAL = "original"
    """Japanese wording of a consent in small print, for languages not reviewed by a native speaker."""
    CALL = "call"
    """Urgent request, highlighted and blinking once a second."""


class Line(Struct, frozen=True):
    text: str
    kind: LineKind = LineKind.HINT
    language: str = ""
    """Language of the text, if it differs from the screen's."""


class Button(Struct, frozen=True, kw_only=True):
    """Button. Touching it or pressing its key posts the event."""

    id: str
    label: str
    event: Event
    hint: str = ""
    language: str = ""
    """Language of the label, if it differs from the screen's."""
    names: tuple[tuple[str, str], ...] = ()
    """Languages offered behind this button, with their own names. Front ends that draw them omit the hint."""
    key: str = ""
    keypad_key: str = ""
    """Numeric keypad key, shown on the button. Used if `key` is not a digit."""
    back: bool = False
    """Whether this button goes back. All other answers are drawn with equal prominence."""


class Body(Struct, frozen=True, kw_only=True):
    """Screen contents without the parts common to all screens."""

    step: GuideStep
    question: str
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()
    pad: PadKind = PadKind.NONE
    camera: bool = False
    photo: bool = False
    progress: tuple[int, int] | None = None
    towards: int = 0
    """Direction of the arrow in the camera picture: -1 left, 1 right, 0 for no arrow."""
    sign: Sign = Sign.NONE
    code: str = ""
    """Problem code, shown in small print."""


class Talk(Struct, frozen=True, kw_only=True):
    """Complete screen contents, drawn or spoken by a front end."""

    serial: int = 0
    """Number of the question. A touch returns it and is ignored if the question has changed (see `serial.py`)."""
    state: str
    language: str
    display: Display
    steps: tuple[str, ...]
    body: Body
    card: str
    """Card status text in the footer."""
    footer: tuple[Button, ...]
    keys: tuple[Button, ...] = ()
    """Keypad functions that are not shown on the screen."""
    warning: str = ""
    """Warning that the state is about to time out."""
    notice: str = ""
    """Temporary notice that replaces the card status in the footer."""

    def numbered(self, serial: int) -> "Talk":
        return replace(self, serial=serial)

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons: the answers followed by the footer."""
        return (*self.body.buttons, *self.footer)

    def pressed(self, key: str, *, typed: bool = False) -> Button | None:
        """Return the button for a numeric keypad key: a digit, `enter`, or one of `*/+-.`

        Return None for keys used by a PIN or code pad: digits, `enter`, and `*` if digits have been `typed`.
        """
        if self.body.pad and (key.isdigit() or key == "enter" or (key == "*" and typed)):
            return None
        by_key = [button for button in (*self.keys, *self.buttons) if button.key == key]
        return next((button for button in (*by_key, *self.buttons) if key in (button.key, button.keypad_key)), None)

    @property
    def step(self) -> int:
        return list(GuideStep).index(self.body.step)


class TalkContext(Struct, frozen=True):
    """Context for generating a state's text."""

    say: Words
    rules: Rules
    original: Words | None = None
    """Japanese messages, if consents must also show the Japanese wording."""


def numbered(*buttons: Button | None, keys: str = "123456789") -> tuple[Button, ...]:
    """Drop None and assign the keys to the buttons from left to right."""
    present = [button for button in buttons if button is not None]
    return tuple(replace(button, key=key) for button, key in zip(present, keys, strict=False))


def hints(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts if text)
