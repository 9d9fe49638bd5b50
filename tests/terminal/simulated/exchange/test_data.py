"""Tests that drug and check-up data are returned only within the limits of a consent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.items import Item
from terminal.handover.options import FaceOptions
from terminal.handover.result_name import result_file_name
from terminal.handover.result_xml import result_document
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.simulated.service.people import fictitious_people
from tests.terminal.handover.requests import INSTITUTION, check, checkups, drugs, registration
from tests.terminal.simulated.exchange.conftest import MORNING, Counter

CONSENTED = datetime(2026, 11, 21, 0, 0, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
_files = iter(range(1000))


def face(
    counter: Counter, at: datetime = CONSENTED, until: timedelta = DAY, institution: str = INSTITUTION, **flags: int
) -> str:
    """Write a card reader's result for 模擬　花子 and return its check id."""
    outcomes = tuple(
        ConsentOutcome(
            item=Item[name.upper()],
            flag=1 if flag else 0,
            consent_time=at if flag else None,
            available_time=at + until if flag else None,
        )
        for name, flag in flags.items()
    )
    check_id = f"check-{next(_files)}"
    result = QualificationResult(
        check_id=check_id,
        processed_at=at,
        qualification_date=date(2026, 11, 21),
        institution_code=institution,
        status="1",
        validity="1",
        qualifications=fictitious_people()["adult"].qualifications,
        consents=outcomes,
        simulated=True,
    )
    (counter.folders.face / result_file_name(institution, check_id, at)).write_bytes(result_document(result).data)
    return check_id


def ask(counter: Counter, message: Any, kind: str = "YZK") -> Any:
    return counter.ask(f"{kind}siquc01req_{next(_files):04}.xml", message)


def is_refused(answer: Any, code: str) -> bool:
    return (answer.header.result, answer.header.message_code, answer.header.patient, answer.body) == (
        "9",
        code,
        None,
        None,
    )


def test_data_is_refused_without_consent(counter: Counter) -> None:
    assert is_refused(ask(counter, drugs()), "SIMX0008E")
    assert is_refused(ask(counter, checkups(), "TKK"), "SIMX0008E")


def test_data_is_returned_with_consent(counter: Counter) -> None:
    face(counter, medicines=1, health_checkup=1)
    answer = ask(counter, drugs())
    assert (answer.header.result, answer.header.file_identifier, answer.header.patient.name) == (
        "1",
        "YZK-1",
        "模擬　花子",
    )
    days = [day.dispensed for month in answer.body.months for day in month.days]
    assert days == [date(2026, 9, 10), date(2026, 10, 10)], "there are no claims for the current month"
    (dispensed,), (prescribed,) = answer.body.dispensings.months, answer.body.prescriptions.months
    assert (dispensed.days[0].dispensed, prescribed.days[0].prescribed) == (date(2026, 11, 10),) * 2
    assert [month.prescriber_code == INSTITUTION for month in answer.body.months] == [False, True]
    assert answer.body.months[0].days[0].treatments == (), "there is no consent for past care"
    assert all("架空" in (drug.name or "") for month in answer.body.months for drug in month.days[0].drugs)
    checkup = ask(counter, checkups(), "TKK")
    assert checkup.header.result == "1"
    before, last = checkup.body.checkups
    assert all("架空" in (value.item_name or "") for value in (*before.values, *last.values))
    assert {len(value.item_code or "") for value in last.values} == {17}
    assert (before.effective, last.effective) == (date(2024, 6, 1), date(2025, 6, 1))


def test_treatments_require_consent_for_past_care(counter: Counter) -> None:
    face(counter, medicines=1, diagnosis=1)
    treatments = ask(counter, drugs()).body.months[0].days[0].treatments
    assert [bool(treatment.code and treatment.name) for treatment in treatments] == [True, True]


def test_electronic_prescriptions_are_returned_only_on_request(counter: Counter) -> None:
    face(counter, medicines=1)
    body = ask(counter, drugs(classification="0")).body
    assert (body.prescriptions, body.dispensings, len(body.months)) == (None, None, 2)


def test_consent_for_drugs_does_not_cover_checkups(counter: Counter) -> None:
    face(counter, medicines=1, health_checkup=0)
    assert ask(counter, drugs()).header.result == "1"
    assert is_refused(ask(counter, checkups(), "TKK"), "SIMX0008E")


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, True), (1, False)])
def test_consent_is_valid_until_its_last_second(counter: Counter, seconds: int, expected: bool) -> None:
    face(counter, medicines=1)
    counter.scan()
    counter.now = CONSENTED + DAY + timedelta(seconds=seconds - 1)  # the answer arrives at the second poll
    answer = ask(counter, drugs())
    assert answer.header.executed_at == CONSENTED + DAY + timedelta(seconds=seconds)
    assert (answer.header.result == "1") is expected


def test_later_refusal_revokes_only_the_refused_item(counter: Counter) -> None:
    face(counter, medicines=1, health_checkup=1)
    face(counter, at=CONSENTED + timedelta(seconds=60), medicines=0)
    assert is_refused(ask(counter, drugs()), "SIMX0008E")
    assert ask(counter, checkups(), "TKK").header.result == "1"


def test_late_file_does_not_override_a_newer_refusal(counter: Counter) -> None:
    face(counter, at=CONSENTED + timedelta(seconds=60), medicines=0)
    counter.scan()
    face(counter, medicines=1)
    assert is_refused(ask(counter, drugs()), "SIMX0008E")


def test_consent_is_valid_for_at_most_one_day(counter: Counter) -> None:
    face(counter, until=timedelta(days=900), medicines=1)
    counter.scan()
    counter.now = CONSENTED + DAY + timedelta(minutes=1)
    assert is_refused(ask(counter, drugs()), "SIMX0008E")


def test_consent_applies_only_to_its_institution_and_patient(counter: Counter) -> None:
    face(counter, medicines=1)
    assert is_refused(ask(counter, drugs(institution="1310000000")), "SIMX0008E")
    assert is_refused(ask(counter, drugs(insured_identification_number="404")), "SIMX0004W")
    other: dict[str, Any] = {
        "insurer_number": "39139999",
        "insured_card_symbol": None,
        "insured_identification_number": "00009876",
    }
    assert is_refused(ask(counter, drugs(**other, insured_branch_number=None)), "SIMX0008E")


def test_consent_remains_valid_after_the_result_file_is_deleted(counter: Counter) -> None:
    face(counter, medicines=1)
    counter.scan()
    for path in counter.folders.face.iterdir():
        path.unlink()
    assert ask(counter, drugs()).header.result == "1"


def test_exchange_does_not_change_result_files(counter: Counter) -> None:
    face(counter, medicines=1)
    before = {path.name: path.read_bytes() for path in counter.folders.face.iterdir()}
    assert counter.scan().consents == 1
    assert counter.scan().consents == 0
    assert {path.name: path.read_bytes() for path in counter.folders.face.iterdir()} == before


def test_incomplete_result_is_read_again_when_it_changes(counter: Counter) -> None:
    face(counter, medicines=1)
    (path,) = counter.folders.face.iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:400])
    assert counter.scan(2).consents == 0
    path.write_bytes(data)
    assert counter.scan().consents == 1


def test_pdf_requests_and_reversed_periods_are_refused(counter: Counter) -> None:
    face(counter, medicines=1)
    assert is_refused(ask(counter, drugs(category="1")), "SIMX0009E")
    assert is_refused(ask(counter, drugs(start=date(2026, 11, 2), end=date(2026, 11, 1))), "SIMX0012E")


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), 0),
        (date(2026, 10, 10), date(2026, 11, 10), 2),
        (date(2026, 11, 10), date(2026, 11, 10), 1),
        (date(1, 1, 1), date(9999, 12, 31), 3),
        (date(2027, 1, 1), date(2027, 12, 31), 0),
        (date(1, 1, 1), date(1, 1, 9), 0),
    ],
)
def test_data_is_limited_to_the_requested_period(counter: Counter, start: date, end: date, count: int) -> None:
    face(counter, medicines=1)
    answer = ask(counter, drugs(start=start, end=end))
    assert answer.header.result == "1"
    months = (*answer.body.months, *answer.body.dispensings.months) if count else ()
    days = [day.dispensed for month in months for day in month.days]
    assert len(days) == count
    assert all(start <= day <= min(end, date(2026, 11, 21)) for day in days)


def test_registered_patient_number_is_in_the_next_result_file(counter: Counter) -> None:
    counter.ask("OQSsiimm01req_1.xml", registration("24434"))
    people = fictitious_people()
    numbers = counter.store.numbers
    result = QualificationResult(
        check_id="c-1",
        processed_at=MORNING,
        qualification_date=date(2026, 11, 21),
        institution_code=INSTITUTION,
        status="1",
        validity="1",
        qualifications=people["adult"].qualifications,
        simulated=True,
    )
    document = result_document(result, options=FaceOptions(reference_number=numbers)).data
    assert b"<ReferenceNumber>24434</ReferenceNumber>" in document
    for other in (
        result.model_copy(update={"institution_code": "1310000000"}),
        result.model_copy(update={"qualifications": people["elder"].qualifications}),
    ):
        assert b"ReferenceNumber" not in result_document(other, options=FaceOptions(reference_number=numbers)).data
    assert counter.ask("OQSsiquc01req_1.xml", check()).body.results[0].reference_number == "24434"
