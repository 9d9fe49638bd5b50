"""Rules for receptions: offered methods, attempts, time limits and questions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct, field

from config.settings import ConsentSettings, FaceAndPinPolicy, GraceRule
from terminal.session.display import Display


class Now(NamedTuple):
    """Time of a step: `monotonic` in seconds for timeouts, `wall` with timezone for records."""

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
"""Timeouts in seconds by state name."""


class Rules(Struct, frozen=True):
    """Rules for receptions. The defaults are for a clinic. `terminal.assembly` derives rules from the settings."""

    consent: ConsentSettings = field(default_factory=ConsentSettings)
    timeouts: Mapping[str, float] = field(default_factory=lambda: TIMEOUTS)
    warn_before: float = 10
    """Seconds before a timeout at which the patient is warned."""
    face: bool = True
    """Whether the face check is offered."""
    face_attempts: int = 3
    face_and_pin: FaceAndPinPolicy = FaceAndPinPolicy.NEVER
    """Whether both face and PIN are required; see `terminal.session.face_and_pin`."""
    code_tries_floor: int = 3
    """With fewer tries left, only staff may enter the printed code. Only the city hall can unlock it."""
    camera_stays_on: bool = False
    """Keep the camera open between receptions and discard its frames without decoding them."""
    reads_fronts: bool = False
    """Whether a camera can read the code printed on a card's front."""
    reads_ahead: bool = False
    """Whether this camera is mounted above the reader and reads the front in parallel with the chip."""
    min_tries_for_scanned_code: int = 5
    """With fewer tries left, a scanned code is not sent automatically."""
    require_genuine_record: bool = True
    staff_enabled: bool = False
    grace: GraceRule = GraceRule.MONTH_END
    challenge_margin: timedelta = timedelta(seconds=20)
    """A challenge that expires within this time is replaced before signing."""
    show_answers: float = 5
    """Seconds the answers are shown after completion and on request."""
    show_left: float = 6
    """Seconds the first screen shows why a reception ended early."""
    show_japanese: float = 10
    """Seconds a screen is shown in Japanese for staff."""
    more_time_factor: float = 3
    """Factor applied to time limits after the patient asked for more time."""
    phone: bool = False
    """Whether a phone reader is set up."""
    voices: tuple[str, ...] = ()
    """Languages in which the voice is available."""
    voice_from_start: bool = False
    """Whether the voice is initially on in every reception."""
    headset: bool = False
    """Whether the voice is played over a headset, audible to the patient only."""
    remind_every: float = 5
    alert_staff_after: float = 60
    languages: tuple[str, ...] = ("ja", "en")
    """Offered languages. Every reception begins in the first one."""

    @property
    def first_display(self) -> Display:
        """Display settings at the beginning of a reception."""
        return Display(language=self.languages[0], voice=self.voice_from_start)
