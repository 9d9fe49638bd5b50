"""The rules a reception follows, as data: what is offered, how often, how long, and what is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from config.settings import ConsentSettings
from terminal.qualification.contract import CertificateStanding


class Now(NamedTuple):
    """The moment of a step: `monotonic` seconds for timeouts, `wall` (with zone) for what is written down."""

    monotonic: float
    wall: datetime


TIMEOUTS: Mapping[str, float] = {
    "Reading": 15,
    "ChoosingMethod": 60,
    "PrintedCodeEntry": 90,
    "FaceCheck": 45,
    "PinEntry": 60,
    "StaffCheck": 120,
    "Opening": 45,
    "Notice": 60,
    "Registration": 60,
    "Consent": 90,
    "SpecificDisease": 60,
    "Prescription": 60,
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
    face_attempts: int = 3
    code_tries_floor: int = 3
    """With fewer tries left for the printed code only staff may use it: only the city hall lifts its lock."""
    require_genuine_record: bool = True
    staff_enabled: bool = False
    grace_months: int = 3
    grace_to_month_end: bool = True
    expiring_within: timedelta = timedelta(days=90)
    challenge_margin: timedelta = timedelta(seconds=20)
    """A challenge this near to its end is fetched anew rather than signed."""
    show_answers: float = 5
    """Seconds the answers stay on the screen after completion."""
    remind_every: float = 5
    alert_staff_after: float = 60
    languages: tuple[str, ...] = ("ja", "en")


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    following = date(year + (month == 12), month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))


def grace_ends(not_after: date, rules: Rules) -> date:
    """Last day on which an expired certificate still serves to show the qualification."""
    end = add_months(not_after, rules.grace_months)
    if rules.grace_to_month_end:
        end = add_months(end.replace(day=1), 1) - timedelta(days=1)
    return end


def standing(not_after: datetime, now: Now, rules: Rules) -> CertificateStanding | None:
    """How the certificate stands at `now`; None beyond its grace."""
    if now.wall > not_after:
        in_grace = now.wall.date() <= grace_ends(not_after.astimezone(now.wall.tzinfo).date(), rules)
        return CertificateStanding.GRACE if in_grace else None
    if now.wall > not_after - rules.expiring_within:
        return CertificateStanding.EXPIRING
    return CertificateStanding.VALID
