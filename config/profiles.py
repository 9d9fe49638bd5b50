"""Profiles: differences between the terminals of clinics, pharmacies and others, as one table.

A row lists only values that differ from the defaults of the settings. Values set by the user take precedence, if the
row allows them. Clinics and pharmacies both ask about health check-ups, because pharmacists may view them too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Profile(StrEnum):
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    QUALIFICATION_ONLY = "qualification-only"
    """資格確認限定型: therapists and others who check the insurance but may not view data. By PIN or staff only."""


class LimitPolicy(StrEnum):
    ASK = "ask"
    """Ask, as in the ministry's guides."""
    BY_LAW = "by-law"
    """Provide it without asking, as permitted since 2024-10-07. Recorded as provided by law, not as consent."""


class PrescriptionPolicy(StrEnum):
    NOT_USED = "not-used"
    """Neither ask for a form nor submit one."""
    ASK = "ask"
    """Ask the patient: electronic or paper."""
    ELECTRONIC = "electronic"
    """Always electronic, without asking."""
    PAPER = "paper"
    """Always on paper, without asking."""


class DispensingPolicy(StrEnum):
    NOT_USED = "not-used"
    """Prescriptions to dispense are chosen at the counter."""
    ASK = "ask"
    """Ask the patient if there are several electronic prescriptions."""


class AntiPhoto(StrEnum):
    """Protection of the face check against photographs held to the camera. Not certified attack detection."""

    OFF = "off"
    """Only refuse a frozen picture."""
    STANDARD = "standard"
    """Patients must turn their head once, to a randomly chosen side."""
    STRICT = "strict"
    """Patients must turn their head twice without a mistake."""


_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfileRow:
    prescription_allowed: frozenset[PrescriptionPolicy]
    """Only an institution that issues prescriptions can ask for their form."""
    dispenses: bool = False
    """Only a pharmacy can ask which prescriptions to dispense."""
    consent: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """Values of `consent` settings that differ from the model's defaults, by name."""
    vision: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """The same for `vision` settings."""
    voice: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """The same for `voice` settings."""


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
