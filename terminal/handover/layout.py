"""The layout of a result file as data: element names, their order, and how values are written.

Order and names as public readers of such files know them; a date is yyyyMMdd, a time yyyyMMddHHmmss in Japan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from consent.items import Item
from terminal.qualification.contract import Qualification

JAPAN: Final = timezone(timedelta(hours=9), "JST")
INSURER_NUMBER_LENGTH: Final = 8

BY_MY_NUMBER_CARD: Final = "1"
"""ReferenceClassification (OQSCD002)."""
ENDED_NORMALLY: Final = "1"
"""SegmentOfResult (OQSCD003)."""
CHARACTER_CODES: Final = {"UTF-8": "0", "Shift_JIS": "1"}
"""CharacterCodeIdentifier (OQSCD005)."""


def day(value: date) -> str:
    return f"{value:%Y%m%d}"


def date_time(value: datetime) -> str:
    """Raises `ValueError` for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    return f"{value.astimezone(JAPAN):%Y%m%d%H%M%S}"


def insurer_number(value: str) -> str:
    """Eight characters, filled with spaces from the left."""
    return value.rjust(INSURER_NUMBER_LENGTH)


def _optional_day(value: date | None) -> str | None:
    return None if value is None else day(value)


QUALIFICATION: Final[tuple[tuple[str, Callable[[Qualification], str | None]], ...]] = (
    ("InsuredCardClassification", lambda q: q.insured_card_classification),
    ("InsurerNumber", lambda q: insurer_number(q.insurer_number)),
    ("InsuredCardSymbol", lambda q: q.insured_card_symbol),
    ("InsuredIdentificationNumber", lambda q: q.insured_identification_number),
    ("InsuredBranchNumber", lambda q: q.insured_branch_number),
    ("PersonalFamilyClassification", lambda q: q.personal_family_classification),
    ("InsuredName", lambda q: q.insured_name),
    ("Name", lambda q: q.name),
    ("NameKana", lambda q: q.name_kana),
    ("Sex1", lambda q: q.sex),
    ("Birthdate", lambda q: day(q.birth_date)),
    ("Address", lambda q: q.address),
    ("PostNumber", lambda q: q.post_number),
    ("QualificationDate", lambda q: _optional_day(q.qualification_date)),
    ("DisqualificationDate", lambda q: _optional_day(q.disqualification_date)),
    ("InsuredCardValidDate", lambda q: _optional_day(q.card_valid_date)),
    ("InsuredPartialContributionRatio", lambda q: q.insured_partial_contribution_ratio),
    ("PreschoolClassification", lambda q: q.preschool_classification),
    ("ReasonOfLoss", lambda q: q.reason_of_loss),
    ("InsurerName", lambda q: q.insurer_name),
)


@dataclass(frozen=True, slots=True)
class ConsentElements:
    """`<stem>ConsFlg`, `<stem>ConsTime` and, where there is one, `<stem>AvailableTime`."""

    stem: str
    has_available_time: bool = True

    @property
    def flag(self) -> str:
        return f"{self.stem}ConsFlg"

    @property
    def consent_time(self) -> str:
        return f"{self.stem}ConsTime"

    @property
    def available_time(self) -> str:
        return f"{self.stem}AvailableTime"


CONSENTS: Final[dict[Item, ConsentElements]] = {
    Item.HIGH_COST_LIMIT: ConsentElements("LimitApplicationCertificateRelated", has_available_time=False),
    Item.SPECIFIC_DISEASE: ConsentElements("SpecificDiseasesCertificateRelated", has_available_time=False),
    Item.HEALTH_CHECKUP: ConsentElements("SpecificHealthCheckupsInfo"),
    Item.MEDICINES: ConsentElements("PharmacistsInfo"),
    Item.DIAGNOSIS: ConsentElements("DiagnosisInfo"),
    Item.SURGERY: ConsentElements("OperationInfo"),
}
"""In the order of the file."""
