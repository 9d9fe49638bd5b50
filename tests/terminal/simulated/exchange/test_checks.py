"""Tests for single checks, patient numbers and bulk checks."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from config.japan import JAPAN
from consent.items import Item
from terminal.qualification.contract import NoAnswer, NoAnswerReason, RefusalReason, Refused
from terminal.simulated.exchange.checks import CheckQuery, LocalChecks
from terminal.simulated.exchange.insured import Criteria, LocalInsured
from terminal.simulated.exchange.service import ExchangeRules
from terminal.simulated.service.people import fictitious_people
from tests.terminal.handover.requests import ADULT, INSTITUTION, bulk, check, fetch, registration, search
from tests.terminal.simulated.exchange.conftest import Counter

NAME = "OQSsiquc01req_202611210001.xml"


def test_check_by_number_returns_the_insured_person(counter: Counter) -> None:
    answer = counter.ask(NAME, check())
    assert (answer.header.segment, answer.header.reference, answer.header.file_identifier) == ("1", "2", "KSK-0001")
    assert answer.header.executed_at == datetime(2026, 11, 21, 9, 3, 13, tzinfo=JAPAN)
    assert answer.body.search == search()
    assert (answer.body.status, answer.body.validity, answer.body.result_code) == ("1", "1", "SIMQ0100I")
    (record,) = answer.body.results
    assert (record.name, record.birth_date, record.insurer_number) == ("模擬　花子", date(1981, 4, 12), "138999")
    assert record.limit_consent.flag == "0"
    assert record.limit_consent.consent_time is None
    assert record.limit is None
    assert record.arbitrary_identifier == "visit-77"
    assert (record.medicines, record.checkups, record.diagnosis, record.surgery) == (None, None, None, None)
    assert counter.requests() == []


def test_limit_is_returned_with_oral_consent(counter: Counter) -> None:
    (record,) = counter.ask(NAME, check(limit_consent="1")).body.results
    assert record.limit_consent.flag == "1"
    assert record.limit_consent.consent_time == datetime(2026, 11, 21, 9, 3, 13, tzinfo=JAPAN)
    assert (record.limit.classification_flag, record.limit.valid_end_date) == ("A03", date(2027, 7, 31))


def test_check_ignores_a_missing_branch_padding_and_character_width(counter: Counter) -> None:
    answer = counter.ask(NAME, check(insured_branch_number=None, insured_card_symbol="試-1", insurer_number="00138999"))
    assert answer.body.validity == "1"
    assert answer.body.search.insured_card_symbol == "試-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"insurer_number": "138998"},
        {"insured_identification_number": "1234"},
        {"birth_date": date(1981, 4, 13)},
        {"insured_card_symbol": "試－２"},
        {"insured_branch_number": "02"},
    ],
)
def test_check_without_a_match_returns_no_records(counter: Counter, changes: dict[str, Any]) -> None:
    body = counter.ask(NAME, check(**changes)).body
    assert (body.status, body.validity, body.results, body.result_code) == ("1", "4", (), "SIMX0004W")


def test_lost_qualification_is_returned_as_invalid(counter: Counter) -> None:
    lost: dict[str, Any] = {
        "insurer_number": "06139999",
        "insured_card_symbol": "見本４",
        "insured_identification_number": "6789",
        "insured_branch_number": "00",
        "birth_date": date(1985, 7, 7),
    }
    body = counter.ask(NAME, check(**lost)).body
    assert body.validity == "2"
    assert (body.results[0].disqualification_date, body.results[0].reason_of_loss) == (date(2026, 10, 1), "99")


def test_check_of_a_replaced_qualification_reports_validity_3(counter: Counter) -> None:
    """The answer contains the requested qualification, not the newer one."""
    people = fictitious_people()
    former = (
        people["adult"]
        .qualifications[0]
        .model_copy(update={"insured_identification_number": "0009999", "disqualification_date": date(2026, 10, 1)})
    )
    moved = people["adult"].model_copy(update={"former": (former,)})
    counter.checks = LocalChecks({"adult": moved})
    counter.start()
    body = counter.ask(NAME, check(insured_identification_number="0009999")).body
    assert body.validity == "3"
    assert [record.insured_identification_number for record in body.results] == ["0009999"]
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.validity == "1"


def test_twins_are_not_distinguished_without_a_branch_number(counter: Counter) -> None:
    adult = fictitious_people()["adult"]
    entry = adult.qualifications[0].model_copy(update={"insured_branch_number": "02", "name": "模擬　双葉"})
    twins = {"one": adult, "two": adult.model_copy(update={"qualifications": (entry,)})}
    counter.checks = LocalChecks(twins)
    counter.start()
    body = counter.ask(NAME, check(insured_branch_number=None)).body
    assert (body.validity, body.results, body.result_code) == ("5", (), "SIMX0005W")
    body = counter.ask("OQSsiquc01req_2.xml", check(insured_branch_number="02")).body
    assert [record.name for record in body.results] == ["模擬　双葉"]


def test_people_are_found_by_any_combination_of_numbers() -> None:
    adult = fictitious_people()["adult"]
    entry = adult.qualifications[0].model_copy(update={"insured_branch_number": "02"})
    insured = LocalInsured({"one": adult, "two": adult.model_copy(update={"qualifications": (entry,)})})

    def branches(**changes: Any) -> list[str]:
        search_terms = {"insurer_number": "138999", "insured_identification_number": "0001234", **changes}
        matches = insured.find(Criteria(**search_terms), date(2026, 11, 21))
        return [match.record.insured_branch_number or "" for match in matches if match.record]

    assert branches() == ["01", "02"]
    assert branches(insured_branch_number="02") == ["02"]
    assert branches(insured_branch_number="02", birth_date=date(1981, 4, 12), insured_card_symbol="試－１") == ["02"]
    assert branches(birth_date=date(1981, 4, 13)) == []
    assert branches(insured_card_symbol="試－９") == []
    for invalid in ({"insured_identification_number": ""}, {"insured_branch_number": "x"}, {"insurer_number": "Ａ"}):
        assert branches(**invalid) == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (NoAnswer(NoAnswerReason.TIMEOUT), "SIMX0013E"),
        (Refused(reason=RefusalReason.UNKNOWN_TERMINAL, code="SIMQ0012E", message="模擬", simulated=True), "SIMQ0012E"),
    ],
)
def test_failed_service_requests_are_reported_in_the_answer(counter: Counter, outcome: Any, code: str) -> None:
    class UnavailableService:
        def check(self, query: CheckQuery, institution: str, now: datetime) -> Any:
            return outcome

        def is_valid(self, check_id: str | None, item: Item) -> bool:
            return False

    counter.checks = UnavailableService()
    counter.start()
    answer = counter.ask(NAME, check())
    assert (answer.header.segment, answer.header.error_code, answer.body) == ("9", code, None)
    number = counter.ask("OQSmuquc01req_1.xml", bulk(search())).body.reception_number
    counter.advance(20)
    done = counter.ask("OQSmuquc02req_1.xml", fetch(number))
    assert (done.header.segment, done.header.normal, done.header.errors) == ("1", "0", "1")
    assert (done.body.units[0].status, done.body.units[0].result_code) == ("2", code)


def test_requests_of_another_institution_are_refused(
    counter: Counter, restart: Callable[[ExchangeRules], None]
) -> None:
    restart(ExchangeRules(institution_code=INSTITUTION))
    answer = counter.ask(NAME, check(institution="1310000000"))
    assert (answer.header.segment, answer.header.error_code, answer.body) == ("9", "SIMX0003E", None)
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.validity == "1"


def test_registered_patient_number_is_returned_to_the_same_institution(counter: Counter) -> None:
    assert counter.ask(NAME, check()).body.results[0].reference_number is None
    answer = counter.ask("OQSsiimm01req_202611210001.xml", registration("24434"), "Shift_JIS")
    assert (answer.body.status, answer.body.info.reference_number) == ("1", "24434")
    assert (answer.header.character_code, answer.header.segment) == ("1", "1")
    assert counter.ask("OQSsiquc01req_2.xml", check()).body.results[0].reference_number == "24434"
    counter.ask("OQSsiimm01req_202611210002.xml", registration("00077"))
    assert counter.ask("OQSsiquc01req_3.xml", check()).body.results[0].reference_number == "00077"
    # each institution has its own numbers
    other = counter.ask("OQSsiquc01req_4.xml", check(institution="1310000000"))
    assert other.body.results[0].reference_number is None


def test_patient_number_of_an_unknown_person_is_refused(counter: Counter) -> None:
    answer = counter.ask("OQSsiimm01req_1.xml", registration(insured_identification_number="404"))
    assert (answer.header.segment, answer.body.status, answer.body.result_code) == ("1", "2", "SIMX0006E")


def test_bulk_check_returns_a_result_for_each_person(counter: Counter) -> None:
    counter.ask("OQSsiimm01req_1.xml", registration("24434"))
    searches = (search(limit_consent="1"), search(insured_identification_number="404"))
    accepted = counter.ask("OQSmuquc01req_1.xml", bulk(*searches))
    number = accepted.body.reception_number
    assert (accepted.header.segment, accepted.body.status, number[:8]) == ("1", "1", "20261121")

    early = counter.ask("OQSmuquc02req_1.xml", fetch(number))
    assert (early.header.segment, early.header.reception_number, early.body) == ("2", number, None)

    counter.advance(10)
    done = counter.ask("OQSmuquc02req_2.xml", fetch(number))
    assert (done.header.segment, done.header.file_identifier) == ("1", "BULK-1")
    assert (done.header.processed, done.header.normal, done.header.errors) == ("2", "2", "0")
    adult, unknown = done.body.units
    assert adult.search == searches[0]
    assert (adult.validity, adult.result.name, adult.reference_number) == ("1", "模擬　花子", "24434")
    assert (adult.result.limit_changed, adult.result.limit, adult.result.limit_consent) == ("1", None, None)
    assert (unknown.validity, unknown.result, unknown.reference_number) == ("4", None, None)


def test_unknown_reception_numbers_are_refused(counter: Counter) -> None:
    answer = counter.ask("OQSmuquc02req_1.xml", fetch("202611210000000009"))
    assert (answer.header.segment, answer.header.error_code) == ("9", "SIMX0007E")
    number = counter.ask("OQSmuquc01req_1.xml", bulk(search())).body.reception_number
    counter.advance(20)
    from_another = counter.ask("OQSmuquc02req_2.xml", fetch(number, "1310000000"))
    assert from_another.header.error_code == "SIMX0007E"


def test_bulk_result_is_available_for_a_day(counter: Counter) -> None:
    number = counter.ask("OQSmuquc01req_1.xml", bulk(search())).body.reception_number
    counter.advance(23 * 3600)
    assert counter.ask("OQSmuquc02req_1.xml", fetch(number)).header.segment == "1"
    counter.advance(2 * 3600)
    assert counter.ask("OQSmuquc02req_2.xml", fetch(number)).header.error_code == "SIMX0007E"


def test_uploads_get_consecutive_reception_numbers(counter: Counter) -> None:
    first = counter.ask("OQSmuquc01req_1.xml", bulk(search())).body.reception_number
    second = counter.ask("OQSmuquc01req_2.xml", bulk(search())).body.reception_number
    assert int(second) == int(first) + 1
    assert ADULT["insured_identification_number"] not in first


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS"])
def test_answers_use_the_configured_encoding(
    counter: Counter, restart: Callable[[ExchangeRules], None], encoding: Any
) -> None:
    restart(ExchangeRules(encoding=encoding))
    answer = counter.ask(NAME, check())
    data = (counter.folders.res / NAME.replace("req_", "res_")).read_bytes()
    assert f'encoding="{encoding}"'.encode() in data
    assert "模擬　花子".encode("utf-8" if encoding == "UTF-8" else "cp932") in data
    assert answer.header.character_code == ("0" if encoding == "UTF-8" else "1")
