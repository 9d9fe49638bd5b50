"""Profiles: what differs between a clinic's terminal and a pharmacy's, as one table.

A row's `consent` values apply where the user set nothing; a value the user set wins, if the row allows it. Health
check-ups are asked in both: pharmacists may view them too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Profile(StrEnum):
    CLINIC = "clinic"
    PHARMACY = "pharmacy"


class LimitPolicy(StrEnum):
    ASK = "ask"
    """Ask, as the guides show it."""
    BY_LAW = "by-law"
    """Provide without asking, as the practice is since 2024-10-07. Recorded as provision by law, never as a consent."""


class PrescriptionPolicy(StrEnum):
    NOT_USED = "not-used"
    """No form is asked for and none is submitted."""
    ASK = "ask"
    """Ask the patient: electronic or paper."""
    ELECTRONIC = "electronic"
    """Always electronic, without asking."""
    PAPER = "paper"
    """Always on paper, without asking."""


class AntiPhoto(StrEnum):
    """What the face check does against a photograph held before the camera. Not certified attack detection."""

    OFF = "off"
    """Nothing but refusing a frozen picture."""
    STANDARD = "standard"
    """The patient turns the head once, to a side drawn by chance."""
    STRICT = "strict"
    """Twice, without a mistake."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words a sentence on the screen needs to name the place and its people."""

    institution: str
    staff: str


@dataclass(frozen=True, slots=True)
class ProfileRow:
    words: Mapping[str, Words]
    """By language tag ("ja", "en"); a language without an entry uses "en"."""
    consent: Mapping[str, object]
    """Default of every `consent` setting, by its name."""
    vision: Mapping[str, object]
    """Default of those `vision` settings that differ from place to place, by name."""
    prescription_allowed: frozenset[PrescriptionPolicy]
    """Only who issues prescriptions can ask in which form."""

    def words_in(self, language: str) -> Words:
        return self.words.get(language, self.words["en"])


PROFILES: Mapping[Profile, ProfileRow] = MappingProxyType(
    {
        Profile.CLINIC: ProfileRow(
            words=MappingProxyType({"ja": Words("この医院", "医師"), "en": Words("this clinic", "doctor")}),
            consent=MappingProxyType(
                {
                    "care_and_medicines": True,
                    "health_checkup": True,
                    "surgery": False,
                    "specific_disease": True,
                    "subsidies": False,
                    "limit": LimitPolicy.ASK,
                    "prescription": PrescriptionPolicy.NOT_USED,
                }
            ),
            vision=MappingProxyType({"anti_photo": AntiPhoto.STANDARD}),
            prescription_allowed=frozenset(PrescriptionPolicy),
        ),
        Profile.PHARMACY: ProfileRow(
            words=MappingProxyType({"ja": Words("この薬局", "薬剤師"), "en": Words("this pharmacy", "pharmacist")}),
            consent=MappingProxyType(
                {
                    "care_and_medicines": True,
                    "health_checkup": True,
                    "surgery": False,
                    "specific_disease": True,
                    "subsidies": False,
                    "limit": LimitPolicy.ASK,
                    "prescription": PrescriptionPolicy.NOT_USED,
                }
            ),
            vision=MappingProxyType({"anti_photo": AntiPhoto.STANDARD}),
            prescription_allowed=frozenset({PrescriptionPolicy.NOT_USED}),
        ),
    }
)
