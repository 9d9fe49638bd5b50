"""Consent items and answers as data: the values exchanged between consent and terminal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Item(StrEnum):
    """One kind of information the patient may share; values are the codes of OQSCD036, plus the high-cost limit."""

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
    """Certificates of medical subsidies (医療費助成の受給者証): use or do not use."""


VIEWING: Final = (Item.DIAGNOSIS, Item.MEDICINES, Item.SURGERY, Item.HEALTH_CHECKUP)
"""Items whose data the institution may view for a day. Those who may not share cannot grant them."""


class QuestionKind(StrEnum):
    SHARING = "sharing"
    """May be answered together with the other sharing questions."""
    SPECIFIC_DISEASE = "specific-disease"
    LIMIT = "limit"
    SUBSIDIES = "subsidies"


class AnsweredBy(StrEnum):
    """Who answered the questions; recorded only if the patient chose it."""

    PERSON = "person"
    GUARDIAN = "guardian"
    """Who may answer by law: a child's parent, an adult's guardian (成年被後見人)."""
    COMPANION = "companion"
    """A companion who asked the person."""
    PROXY = "proxy"
    """A person who came in the holder's place, for example to collect medicine."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as shown on the screen.

    `id` is the key of its wording in the message catalogues ("care", "medicines", "health-checkup-specific",
    "health-checkup-elderly", "surgery", "specific-disease", "subsidies", "limit", "limit-guides"). One answer covers
    all of `items`.
    """

    id: str
    kind: QuestionKind
    items: tuple[Item, ...]
    bundled_as: str = ""
    """The topic under which it is shown if all sharing questions are asked together; empty: its own."""

    @property
    def topic(self) -> str:
        """Key of its topic in the message catalogues, if all are asked together."""
        return self.bundled_as or self.id


@dataclass(frozen=True, slots=True)
class Wording:
    """How a question was shown on the screen: keys of its sentences in the message catalogues, and their language."""

    language: str
    sentence: str
    topic: str = ""
    """The topic it was shown under if several were asked together."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided about one item whose question was on the screen."""

    item: Item
    granted: bool
    answered_at: datetime | None
    """When the patient answered, with time zone; None if the question was shown but never answered."""
    question_id: str

    def __post_init__(self) -> None:
        if self.granted and self.answered_at is None:
            raise ValueError(f"{self.item}: a consent needs the moment it was given")
        if self.answered_at is not None and self.answered_at.tzinfo is None:
            raise ValueError(f"{self.item}: answered_at needs a time zone")


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """Facts about the holder from the opened check that decide which questions are asked."""

    age: int
    """Age in years on the day of the check."""
    late_elderly: bool
    """Insured under 後期高齢者医療 (insurer number 39…)."""
    has_specific_disease_certificate: bool
    has_subsidies: bool = False
    """Holds a certificate of a medical subsidy that can be used today."""
    may_share: bool = True
    """False for those whose data is never shared (日雇特例, 自衛官, 医療扶助) and during the certificate's grace."""
