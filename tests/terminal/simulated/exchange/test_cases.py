"""Regression tests with files from receipt software (tests/fixtures/exchange-cases)."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from terminal.handover.check import check_bytes, check_file
from terminal.handover.values import Severity
from terminal.handover.xml import write_document
from terminal.simulated.exchange.service import ExchangeRules
from tests.terminal.handover.requests import bulk, check, drugs, fetch
from tests.terminal.simulated.exchange.conftest import Counter
from tests.terminal.simulated.exchange.test_data import ask, face, is_refused

CASES = Path(__file__).parents[3] / "fixtures" / "exchange-cases"
DAY = datetime(2026, 11, 26, 1, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def set_clock(counter: Counter) -> None:
    counter.now = DAY


def put_case(counter: Counter, case: str, name: str | None = None) -> None:
    shutil.copyfile(CASES / case, counter.folders.req / (name or case))
    counter.scan(3)


def answer_to(counter: Counter, case: str) -> Any:
    put_case(counter, case)
    return counter.read(case.replace("req_", "res_"))


# --- the requested day ---------------------------------------------------------------------------------------


def test_check_returns_the_qualification_of_the_requested_day(counter: Counter) -> None:
    answer = answer_to(counter, "OQSsiquc01req_past-day.xml")
    assert (answer.header.confirmation_date, answer.body.validity) == (date(2026, 9, 15), "1")


@pytest.mark.parametrize(
    ("day", "validity"),
    [(date(2026, 9, 30), "1"), (date(2026, 10, 1), "2"), (date(2015, 4, 1), "1"), (date(2015, 3, 31), "4")],
)
def test_qualification_is_invalid_from_the_day_of_loss(counter: Counter, day: date, validity: str) -> None:
    lost = {"insurer_number": "06139999", "insured_card_symbol": "見本４", "insured_identification_number": "6789"}
    message = check(**lost, insured_branch_number="00", birth_date=date(1985, 7, 7), day=day)
    body = counter.ask("OQSsiquc01req_1.xml", message).body
    assert body.validity == validity
    assert bool(body.results) is (validity != "4")


def test_check_for_a_day_before_the_qualification_has_no_match(counter: Counter) -> None:
    answer = answer_to(counter, "OQSsiquc01req_before-start.xml")
    assert (answer.body.validity, answer.body.results) == ("4", ())


@pytest.mark.parametrize(("day", "validity"), [(date(2026, 6, 30), "1"), (date(2026, 7, 1), "3")])
def test_old_insurer_is_valid_only_before_the_change(counter: Counter, day: date, validity: str) -> None:
    old = {"insurer_number": "01139999", "insured_card_symbol": "99990005", "insured_identification_number": "90"}
    message = check(**old, insured_branch_number="00", birth_date=date(1987, 9, 3), day=day)
    assert counter.ask("OQSsiquc01req_1.xml", message).body.validity == validity


def test_limit_covers_the_benefit_year_of_the_requested_day(counter: Counter) -> None:
    limit = answer_to(counter, "OQSsiquc01req_limit-past-day.xml").body.results[0].limit
    assert (limit.valid_start_date, limit.valid_end_date) == (date(2025, 8, 1), date(2026, 7, 31))


def test_bulk_checks_use_the_requested_day(counter: Counter) -> None:
    number = counter.ask("OQSmuquc01req_1.xml", bulk(day=date(2001, 1, 1))).body.reception_number
    counter.advance(20)
    assert counter.ask("OQSmuquc02req_1.xml", fetch(number)).body.units[0].validity == "4"


def test_welfare_check_returns_the_ticket_of_the_requested_month(counter: Counter) -> None:
    body = answer_to(counter, "OQSsiquc01req_welfare-december.xml").body
    ticket = body.results[0].medical_tickets[0]
    assert (body.validity, ticket.treatment_month) == ("1", "202612")
    assert (ticket.valid_date, ticket.expiration_date) == (date(2026, 12, 1), date(2026, 12, 31))


@pytest.mark.parametrize(("now", "day"), [(datetime(2028, 2, 15, tzinfo=UTC), date(2028, 2, 15)), (DAY, DAY.date())])
def test_welfare_is_valid_with_or_without_a_ticket(counter: Counter, now: datetime, day: date) -> None:
    counter.now = now
    person: dict[str, Any] = {
        "insurer_number": "12139999",
        "insured_card_symbol": None,
        "insured_branch_number": None,
        "day": day,
    }
    with_ticket: dict[str, Any] = {"insured_identification_number": "0000123", "birth_date": date(1959, 11, 11)}
    body = counter.ask("OQSsiquc01req_1.xml", check(**person, **with_ticket)).body
    assert (body.validity, body.results[0].medical_tickets[0].treatment_month) == ("1", f"{day:%Y%m}")
    assert body.results[0].medical_tickets[0].expiration_date.month == day.month
    without: dict[str, Any] = {"insured_identification_number": "0000124", "birth_date": date(1961, 12, 1)}
    body = counter.ask("OQSsiquc01req_2.xml", check(**person, **without)).body
    assert (body.validity, body.results[0].medical_tickets) == ("6", ())


# --- encodings and names -------------------------------------------------------------------------------------


def test_answer_uses_the_encoding_of_the_request(counter: Counter) -> None:
    put_case(counter, "OQSsiquc01req_sjis-request.xml")
    data = (counter.folders.res / "OQSsiquc01res_sjis-request.xml").read_bytes()
    assert b'encoding="Shift_JIS"' in data
    assert "模擬　花子".encode("cp932") in data
    root = etree.fromstring(data.replace(b"Shift_JIS", b"cp932"))
    assert root.findtext("MessageHeader/CharacterCodeIdentifier") == "1"


def test_error_file_uses_the_configured_encoding(counter: Counter) -> None:
    invalid = write_document(check(), "Shift_JIS").data.replace(b">0</Limit", b">7</Limit")
    counter.put("OQSsiquc01req_1.xml", invalid)
    counter.start(ExchangeRules(encoding="UTF-8"))
    counter.put("OQSsiquc01req_2.xml", invalid)
    counter.scan(3)
    assert b'encoding="UTF-8"' in (counter.folders.res / "OQSsiquc01req_2.err").read_bytes()


def test_answer_to_a_corrected_request_removes_the_error_file(counter: Counter) -> None:
    name, answer = "OQSsiquc01req_corrected.xml", "OQSsiquc01res_corrected.xml"
    put_case(counter, "OQSsiquc01req_corrected-1.xml", name)
    assert counter.answers() == ["OQSsiquc01req_corrected.err"]
    put_case(counter, "OQSsiquc01req_corrected-2.xml", name)
    assert counter.answers() == [answer]


@pytest.mark.parametrize("name", ["OQSsiquc01req_upper.XML", "oqssiquc01req_upper.xml", "OQSSIQUC01REQ_upper.Xml"])
def test_file_names_are_case_insensitive(counter: Counter, name: str) -> None:
    put_case(counter, "OQSsiquc01req_upper.XML", name)
    assert counter.read("OQSsiquc01res_upper.xml").body.validity == "1"
    assert counter.requests() == []


@pytest.mark.parametrize("name", ["EPSsiDMP01req_202611260001.xml", "EPSsiPIR01req_1.XML", "CIPsiquc01req_1.xml"])
def test_unsupported_request_kinds_get_an_error_file(counter: Counter, name: str) -> None:
    put_case(counter, "EPSsiDMP01req_202611260001.xml", name)
    (error,) = counter.answers()
    assert error == f"{name[:-4]}.err"
    root = etree.fromstring((counter.folders.res / error).read_bytes())
    assert root.findtext("MessageHeader/ArbitraryFileIdentifier") == "EPS-1"
    assert root.findtext("MessageHeader/ErrorCode") == "SIMX0002E"
    (finding,) = check_bytes(name, (CASES / "EPSsiDMP01req_202611260001.xml").read_bytes()).findings
    assert (finding.severity, finding.expected) == (
        Severity.NOTE,
        "a simulated kind; this kind is neither simulated nor checked",
    )


def test_ignored_files_are_logged_once(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("OQSsiquc01req_1.txt", "OQSsiquc01res_1.xml", "OQSsiquc01req_2.xml.tmp", ".hidden"):
        counter.put(name, b"<XmlMsg/>")
    assert counter.scan(4).ignored == 2
    assert caplog.text.count("2 files in the request folder ignored") == 1


# --- folders -------------------------------------------------------------------------------------------------


def test_requests_are_answered_without_the_face_folder(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    counter.folders.face.rmdir()
    put_case(counter, "OQSsiquc01req_corrected-2.xml")
    assert counter.answers() == ["OQSsiquc01res_corrected-2.xml"]
    assert caplog.text.count("cannot read the folder of card reader results") == 1
    counter.folders.face.mkdir()
    face(counter, at=DAY - timedelta(minutes=5), medicines=1)
    assert ask(counter, drugs(end=DAY.date())).header.result == "1"


# --- data ----------------------------------------------------------------------------------------------------


def test_outpatient_consent_does_not_cover_home_visits(counter: Counter) -> None:
    face(counter, at=DAY - timedelta(minutes=5), medicines=1)
    assert ask(counter, drugs(end=DAY.date())).header.result == "1"
    assert is_refused(answer_to(counter, "YZKsiquc01req_visit-care.xml"), "SIMX0014E")


def test_published_face_file_has_only_a_warning() -> None:
    findings = check_file(CASES / "OQSsiquc01res_face_20230221174835.xml").findings
    assert [finding.severity for finding in findings] == [Severity.WARNING]
