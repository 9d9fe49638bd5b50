"""Tests that files written by the exchange pass the checker."""

from typing import Any

from terminal.handover.check import check_bytes, check_file
from terminal.handover.parts import Confidence, LayoutFault
from terminal.handover.values import Severity
from terminal.handover.xml import write_document
from tests.terminal.handover.requests import bulk, check, checkups, drugs, fetch, registration, search
from tests.terminal.handover.test_check import FACE, REQUEST, errors_and_warnings, face
from tests.terminal.simulated.exchange.conftest import Counter


def test_checker_has_no_findings_for_answers_and_requests(counter: Counter) -> None:
    messages: dict[str, Any] = {
        "OQSsiimm01req_1.xml": registration(),
        "OQSsiimm01req_2.xml": registration(insured_identification_number="404"),
        "OQSsiquc01req_1.xml": check(limit_consent="1"),
        "OQSsiquc01req_2.xml": check(insured_identification_number="404"),
        "OQSsiquc01req_3.xml": check("SIM-FAIL"),
        "YZKsiquc01req_1.xml": drugs(),
        "TKKsiquc01req_1.xml": checkups(),
        "OQSmuquc01req_1.xml": bulk(search(), search(insured_identification_number="404")),
    }
    (counter.folders.face / FACE).write_bytes(face().encode())
    for name, message in messages.items():
        assert errors_and_warnings(check_bytes(name, write_document(message).data)) == []
        counter.ask(name, message)
    number = counter.read("OQSmuquc01res_1.xml").body.reception_number
    counter.ask("OQSmuquc02req_1.xml", fetch(number))
    counter.advance(20)
    counter.ask("OQSmuquc02req_2.xml", fetch(number))
    assert counter.read("YZKsiquc01res_1.xml").header.result == "1"
    answers = counter.answers()
    assert len(answers) == len(messages) + 2
    for name in answers:
        assert errors_and_warnings(check_file(counter.folders.res / name)) == [], name


def test_checker_reports_a_consent_added_to_an_answer(counter: Counter) -> None:
    counter.ask(REQUEST, check())
    name = REQUEST.replace("req_", "res_")
    answer = (counter.folders.res / name).read_text()
    altered = answer.replace(
        "</ResultOfQualificationConfirmation>",
        "<PharmacistsInfoConsFlg>1</PharmacistsInfoConsFlg>"
        "<PharmacistsInfoConsTime>20261121090313</PharmacistsInfoConsTime>"
        "<PharmacistsInfoAvailableTime>20261122090313</PharmacistsInfoAvailableTime>"
        "</ResultOfQualificationConfirmation>",
    )
    (error,) = [f for f in check_bytes(name, altered.encode()).findings if f.severity is Severity.ERROR]
    assert (error.path.rpartition("/")[2], error.confidence) == ("PharmacistsInfoConsFlg", Confidence.DOCUMENTED)


def test_checker_reports_wrong_counts_in_a_bulk_result(counter: Counter) -> None:
    number = counter.ask("OQSmuquc01req_1.xml", bulk(search())).body.reception_number
    counter.advance(20)
    counter.ask("OQSmuquc02req_1.xml", fetch(number))
    text = (counter.folders.res / "OQSmuquc02res_1.xml").read_text()
    wrong = text.replace("<NumberOfProcessingResult>1", "<NumberOfProcessingResult>2")
    assert errors_and_warnings(check_bytes("OQSmuquc02res_1.xml", wrong.encode())) == [
        ("NumberOfProcessingResult", "inconsistent"),
        ("NumberOfNormalProcessing", "inconsistent"),
    ]


def test_checker_recognises_the_kind_of_file_by_content(counter: Counter) -> None:
    counter.ask(REQUEST, check())
    data = (counter.folders.res / REQUEST.replace("req_", "res_")).read_bytes()
    findings = check_bytes("answer.xml", data)
    assert findings.title == "資格確認結果"
    assert [f.fault for f in findings.findings] == [LayoutFault.NAME]
