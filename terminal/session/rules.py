"""The rules a reception follows, as data: what is offered, how often, how long, and what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from config.settings import AlsoPin, ConsentSettings, GraceRule
from terminal.session.display import Display


class Now(NamedTuple):
    """The moment of a step: `monotonic` seconds for timeouts, `wall` (with zone) for what is written down."""

    monotonic: float
    wall: datetime


TIMEOUTS: Mapping[str, float] = {
    "CardShown": 15,
    "Reading": 15,
    "ChoosingMethod": 60,
    "PrintedCodeEntry": 90,
    "FaceCheck": 45,
    "PinEntry": 60,
    "PhoneCheck": 60,
    "StaffCheck": 120,
    "Opening": 45,
    "Notice": 60,
    "Registration": 60,
    "Consent": 90,
    "SpecificDisease": 60,
    "Subsidies": 60,
    "Prescription": 60,
    "Dispensing": 60,
    "Limit": 60,
    "Summary": 60,
    "Submitting": 45,
    "Complete": 180,
    "Problem": 60,
    "Inquiry": 30,
}
"""Seconds until a state gives up, by the state's name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Defaults are the clinic's; `terminal.assembly` derives them from settings and profile."""

    consent: ConsentSettings = field(default_factory=ConsentSettings)
    timeouts: Mapping[str, float] = field(default_factory=lambda: TIMEOUTS)
    warn_before: float = 10
    """The patient is warned this long before a timeout."""
    face: bool = True
    """The face check is offered."""
    face_attempts: int = 3
    also_pin: AlsoPin = AlsoPin.NEVER
    """Whether the face alone, or the PIN alone, is not enough; `terminal.session.certainty` says when."""
    code_tries_floor: int = 3
    """With fewer tries left for the printed code only staff may use it: only the city hall lifts its lock."""
    camera_stays_on: bool = False
    """The camera is open between receptions too, its frames thrown away undecoded."""
    reads_fronts: bool = False
    """A camera can read the code printed on a card's front."""
    reads_ahead: bool = False
    """That camera is over the reader: the front is read while the chip is, before the code is needed."""
    code_sent_unasked_from: int = 5
    """With fewer tries left a printed code that was scanned or shown is not sent automatically."""
    require_genuine_record: bool = True
    staff_enabled: bool = False
    grace: GraceRule = GraceRule.MONTH_END
    challenge_margin: timedelta = timedelta(seconds=20)
    """A challenge this close to expiry is not signed; a new one is fetched."""
    show_answers: float = 5
    """Seconds the answers stay on the screen after completion, and again when they are asked for."""
    say_left: float = 6
    """Seconds the first screen says that a reception was left."""
    show_japanese: float = 10
    """Seconds staff reads a screen in Japanese."""
    more_time_factor: float = 3
    """Factor by which every time limit is longer for patients who asked for more time."""
    phone: bool = False
    """A phone reader is set up."""
    voices: tuple[str, ...] = ()
    """Languages in which a voice can be asked for."""
    voice_from_start: bool = False
    """Every reception begins with it."""
    headset: bool = False
    """Only the patient hears the voice."""
    remind_every: float = 5
    alert_staff_after: float = 60
    languages: tuple[str, ...] = ("ja", "en")
    """Offered in this order; every reception begins in the first."""

    @property
    def first_display(self) -> Display:
        """How every patient is addressed at first."""
        return Display(language=self.languages[0], voice=self.voice_from_start)
