"""Profiles: settings that differ between clinics, pharmacies and other institutions.

A row lists only values that differ from the defaults. The user's settings override the profile within the limits of
`prescription_allowed` and `dispenses`. Pharmacies also ask about health check-ups, which pharmacists may view.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Profile(StrEnum):
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    QUALIFICATION_ONLY = "qualification-only"
    """資格確認限定型: therapists and others who check the insurance but may not view data. PIN or staff only."""


class LimitPolicy(StrEnum):
    ASK = "ask"
    """Ask, following the ministry's guides."""
    BY_LAW = "by-law"
    """Provide it without asking, as permitted since 2024-10-07. Recorded as provided by law, not as consent."""


class PrescriptionPolicy(StrEnum):
    NOT_USED = "not-used"
    """Do not ask, and submit no form."""
    ASK = "ask"
    """Ask the patient: electronic or paper."""
    ELECTRONIC = "electronic"
    """Always electronic, without asking."""
    PAPER = "paper"
    """Always on paper, without asking."""


class DispensingPolicy(StrEnum):
    NOT_USED = "not-used"
    """Do not ask; the prescriptions are chosen at the counter."""
    ASK = "ask"
    """Ask patients who have more than one electronic prescription."""


class AntiPhoto(StrEnum):
    """Protection against photographs held up to the camera. Not certified presentation attack detection."""

    OFF = "off"
    """Only reject a frozen image."""
    STANDARD = "standard"
    """Patients must turn their head once, to a random side."""
    STRICT = "strict"
    """Patients must turn their head twice without a mistake."""


_NO_CHANGES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfileRow:
    prescription_allowed: frozenset[PrescriptionPolicy]
    """Allowed policies. Only institutions that issue prescriptions can ask for the form."""
    dispenses: bool = False
    """Whether the institution dispenses prescriptions and can ask which ones."""
    consent: Mapping[str, object] = field(default_factory=lambda: _NO_CHANGES)
    """`consent` settings that differ from the defaults, by name."""
    vision: Mapping[str, object] = field(default_factory=lambda: _NO_CHANGES)
    """`vision` settings that differ."""
    voice: Mapping[str, object] = field(default_factory=lambda: _NO_CHANGES)
    """`voice` settings that differ."""


PROFILES: Mapping[Profile, ProfileRow] = MappingProxyType(
    {
        Profile.CLINIC: ProfileRow(
            prescription_allowed=frozenset(PrescriptionPolicy),
        ),
        Profile.PHARMACY: ProfileRow(
            prescription_allowed=frozenset({PrescriptionPolicy.NOT_USED}),
            dispenses=True,
        ),
        Profile.QUALIFICATION_ONLY: ProfileRow(
            prescription_allowed=frozenset({PrescriptionPolicy.NOT_USED}),
            consent=MappingProxyType({"sharing": False}),
            vision=MappingProxyType({"face": False}),
        ),
    }
)
