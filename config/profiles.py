"""Profiles: the differences between a clinic's terminal and a pharmacy's, as one table.

A row lists only differences from the settings' own defaults. Its values apply if the user set nothing; a value set by
the user wins, if the row allows it. Health check-ups are asked in both: pharmacists may view them too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Profile(StrEnum):
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    QUALIFICATION_ONLY = "qualification-only"
    """資格確認限定型: therapists and others who check the insurance and may view no data. By PIN or staff."""


class LimitPolicy(StrEnum):
    ASK = "ask"
    """Ask, as the guides show it."""
    BY_LAW = "by-law"
    """Provide it without asking, the practice since 2024-10-07. Recorded as provided by law, never as a consent."""


class PrescriptionPolicy(StrEnum):
    NOT_USED = "not-used"
    """No form is asked for and none is submitted."""
    ASK = "ask"
    """Ask the patient: electronic or paper."""
    ELECTRONIC = "electronic"
    """Always electronic, without asking."""
    PAPER = "paper"
    """Always on paper, without asking."""


class DispensingPolicy(StrEnum):
    NOT_USED = "not-used"
    """Which prescriptions to dispense is settled at the counter."""
    ASK = "ask"
    """Ask the patient where several electronic prescriptions wait."""


class AntiPhoto(StrEnum):
    """What the face check does against a photograph held up to the camera. Not certified attack detection."""

    OFF = "off"
    """Only a frozen picture is refused."""
    STANDARD = "standard"
    """Patients turn their head once, to a randomly chosen side."""
    STRICT = "strict"
    """Twice, without a mistake."""


_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfileRow:
    prescription_allowed: frozenset[PrescriptionPolicy]
    """Only an institution that issues prescriptions can ask in which form."""
    dispenses: bool = False
    """Only a pharmacy can ask which prescriptions to dispense."""
    consent: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """Defaults of `consent` settings that differ from the model's own, by name."""
    vision: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """Defaults of `vision` settings, likewise."""
    voice: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    """Defaults of `voice` settings, likewise."""


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
