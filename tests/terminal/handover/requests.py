"""Build the requests that receipt software sends."""

from datetime import date
from typing import Any

from terminal.handover.messages.bulk import BulkFetch, BulkRequest, BulkSearch, BulkTicket
from terminal.handover.messages.data import CheckupRequest, DataHeader, DataSearch, DrugRequest, DrugSearch
from terminal.handover.messages.header import DatedRequestHeader, RequestHeader
from terminal.handover.messages.qualification import QualificationRequest, SearchBody, SearchInfo
from terminal.handover.messages.reference import RegistrationBody, RegistrationInfo, RegistrationRequest

INSTITUTION = "1319999999"
ADULT: dict[str, Any] = {
    "insurer_number": "138999",
    "insured_card_symbol": "試－１",
    "insured_identification_number": "0001234",
    "insured_branch_number": "01",
    "birth_date": date(1981, 4, 12),
}
"""The fictitious person 模擬　花子."""


def search(**changes: Any) -> SearchInfo:
    return SearchInfo(**{**ADULT, "limit_consent": "0", "arbitrary_identifier": "visit-77", **changes})


def check(
    identifier: str | None = "KSK-0001",
    institution: str = INSTITUTION,
    day: date = date(2026, 11, 21),
    **changes: Any,
) -> QualificationRequest:
    return QualificationRequest(
        header=DatedRequestHeader(confirmation_date=day, institution_code=institution, file_identifier=identifier),
        body=SearchBody(search=search(**changes)),
    )


def registration(number: str = "24434", **changes: Any) -> RegistrationRequest:
    person = {key: value for key, value in ADULT.items() if key != "birth_date"}
    return RegistrationRequest(
        header=RequestHeader(institution_code=INSTITUTION, file_identifier="REF-1"),
        body=RegistrationBody(info=RegistrationInfo(**{"reference_number": number, **person, **changes})),
    )


def _data_header(identifier: str, institution: str, changes: dict[str, Any]) -> DataHeader:
    person = {key: value for key, value in ADULT.items() if key != "birth_date"}
    return DataHeader(**{"institution_code": institution, "file_identifier": identifier, **person, **changes})


def drugs(
    start: date = date(2026, 9, 1), end: date = date(2026, 11, 21), category: str = "2", **changes: Any
) -> DrugRequest:
    classification = changes.pop("classification", "1")
    return DrugRequest(
        header=_data_header("YZK-1", changes.pop("institution", INSTITUTION), changes),
        body=DrugSearch(start=start, end=end, file_category=category, classification=classification, care="1"),
    )


def checkups(**changes: Any) -> CheckupRequest:
    return CheckupRequest(
        header=_data_header("TKK-1", INSTITUTION, changes),
        body=DataSearch(file_category="2", classification="1", care="1"),
    )


def bulk(*searches: SearchInfo, day: date = date(2026, 11, 21)) -> BulkRequest:
    return BulkRequest(
        header=DatedRequestHeader(confirmation_date=day, institution_code=INSTITUTION, file_identifier="BULK-1"),
        body=BulkSearch(searches=searches or (search(),)),
    )


def fetch(number: str, institution: str = INSTITUTION) -> BulkFetch:
    return BulkFetch(header=RequestHeader(institution_code=institution), body=BulkTicket(reception_number=number))
