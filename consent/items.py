"""Consent items, questions and answers, exchanged between the consent and terminal packages."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Item(StrEnum):
    """Information a patient can share. Values are OQSCD036 codes, except LIMIT for the high-cost limit."""

    DIAGNOSIS = "SRJ"
    """Past care (診療情報)."""
    MEDICINES = "YZK"
    """Medicines and prescriptions (薬剤情報)."""
    SURGERY = "SHJ"
    """Operations (手術情報)."""
    HEALTH_CHECKUP = "TKK"
    """特定健診 below 75, 後期高齢者健診 from 75."""
    SPECIFIC_DISEASE = "TSR"
    """特定疾病療養受療証."""
    HIGH_COST_LIMIT = "LIMIT"
    """限度額 (limit of the high-cost medical expense benefit)."""
    SUBSIDIES = "PMH"
    """Medical subsidy certificates (医療費助成の受給者証): whether to use them."""


VIEWING: Final = (Item.DIAGNOSIS, Item.MEDICINES, Item.SURGERY, Item.HEALTH_CHECKUP)
"""Items whose data the institution may view for a day. See `HolderFacts.may_share`."""


class QuestionKind(StrEnum):
    SHARING = "sharing"
    """Answered individually, or together with the other sharing questions."""
    SPECIFIC_DISEASE = "specific-disease"
    LIMIT = "limit"
    SUBSIDIES = "subsidies"


class AnsweredBy(StrEnum):
    """Person who answered the questions. Recorded only if selected on the screen."""

    PERSON = "person"
    GUARDIAN = "guardian"
    """Legal representative: a child's parent, or the guardian of an adult (成年被後見人)."""
    COMPANION = "companion"
    """Companion who consulted the patient."""
    PROXY = "proxy"
    """Someone acting for an absent holder, for example to collect medicine."""


class Question(Struct, frozen=True):
    """Question to show on the screen.

    `id` is its message id in the catalogues ("care", "medicines", "health-checkup-specific",
    "health-checkup-elderly", "surgery", "specific-disease", "subsidies", "limit", "limit-guides"). One answer covers
    all of `items`.
    """

    id: str
    kind: QuestionKind
    items: tuple[Item, ...]
    bundled_as: str = ""
    """Topic if all sharing questions are asked together; empty if the question has its own topic."""

    @property
    def topic(self) -> str:
        """Message id of the topic if all sharing questions are asked together."""
        return self.bundled_as or self.id


class Wording(Struct, frozen=True):
    """Wording of a question on the screen: language and message ids."""

    language: str
    sentence: str
    topic: str = ""
    """Topic, if questions were asked together."""


class Answer(Struct, frozen=True):
    """Decision on one item whose question was shown."""

    item: Item
    granted: bool
    answered_at: datetime | None
    """Time of the answer, timezone-aware; None if the question was shown but not answered."""
    question_id: str

    def __post_init__(self) -> None:
        if self.granted and self.answered_at is None:
            raise ValueError(f"{self.item}: a granted item requires answered_at")
        if self.answered_at is not None and self.answered_at.tzinfo is None:
            raise ValueError(f"{self.item}: answered_at must be timezone-aware")


class HolderFacts(Struct, frozen=True):
    """Holder attributes from the opened check that determine the questions."""

    age: int
    """Age in years on the day of the check."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39…)."""
    has_specific_disease_certificate: bool
    has_subsidies: bool = False
    """Whether the holder has a medical subsidy certificate valid today."""
    may_share: bool = True
    """False during the certificate's grace period, and for holders whose data is never shared (日雇特例, 自衛官,
    医療扶助)."""
