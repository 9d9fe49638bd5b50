"""Tests for bulk jobs: welfare by month, home visits, online care and patient numbers, as XML or ZIP."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from terminal.handover.check import check_bytes, check_file
from terminal.handover.xml import write_document
from terminal.simulated.exchange.service import ExchangeRules
from tests.terminal.handover.requests import check, fetch
from tests.terminal.simulated.exchange.conftest import Counter
from tests.terminal.simulated.exchange.test_cases import CASES, DAY


@pytest.fixture(autouse=True)
def set_clock(counter: Counter) -> None:
    counter.now = DAY


def upload(counter: Counter, job: str, old: str = "", new: str = "") -> Any:
    """Upload the request of a case, with `old` replaced by `new`, and return the answer."""
    name = f"{job}01req_202611260001.xml"
    counter.put(name, (CASES / name).read_bytes().replace(old.encode(), new.encode()))
    counter.scan(3)
    return counter.read(name.replace("req_", "res_"))


def result(counter: Counter, job: str, number: str, name: str = "1") -> Any:
    return counter.ask(f"{job}02req_{name}.xml", fetch(number))


def people(answer: Any) -> list[str]:
    return [unit.result.name for unit in answer.body.units]


@pytest.mark.parametrize("job", ["OQSmutic", "OQSmuhvq", "OQSmuonq", "OQSmuimm"])
def test_bulk_job_is_in_progress_before_its_result_is_ready(counter: Counter, job: str) -> None:
    accepted = upload(counter, job)
    assert (accepted.header.segment, accepted.header.file_identifier) == ("1", f"{job[-3:].upper()}-1")
    number = accepted.body.reception_number
    early = result(counter, job, number)
    assert (early.header.segment, early.body) == ("2", None)
    counter.advance(10)
    done = result(counter, job, number, "2")
    assert (done.header.segment, done.header.reception_number) == ("1", number)
    assert done.header.file_identifier == f"{job[-3:].upper()}-1"
    assert int(done.header.processed) == len(done.body.units) >= 1
    for path in counter.folders.res.iterdir():
        assert path.is_dir() or check_file(path).ok, check_file(path).text()


def test_welfare_list_contains_the_tickets_of_the_requested_month(counter: Counter) -> None:
    number = upload(counter, "OQSmutic", "202611", "202701").body.reception_number
    counter.advance(10)
    done = result(counter, "OQSmutic", number)
    tickets = {unit.result.name: unit.result.medical_tickets[0] for unit in done.body.units}
    assert set(tickets) == {"試験　援助", "試験　調剤"}
    assert {ticket.treatment_month for ticket in tickets.values()} == {"202701"}


@pytest.mark.parametrize(("job", "names"), [("OQSmuhvq", ["模擬　訪問", "模擬　期限"]), ("OQSmuonq", ["模擬　遠隔"])])
def test_consent_list_contains_people_with_that_kind_of_care(counter: Counter, job: str, names: list[str]) -> None:
    number = upload(counter, job).body.reception_number
    counter.advance(10)
    done = result(counter, job, number)
    assert people(done) == names
    assert done.body.units[0].result.medicines.flag == "1"
    if job == "OQSmuhvq":
        ended = done.body.units[1].result.medicines
        assert (ended.flag, ended.consent_time) == ("2", None)


def test_consent_list_is_limited_to_the_requested_period(counter: Counter) -> None:
    number = upload(counter, "OQSmuhvq", "20261101", "20261110").body.reception_number
    counter.advance(10)
    assert people(result(counter, "OQSmuhvq", number)) == ["模擬　訪問"]


@pytest.mark.parametrize(
    ("job", "old", "new", "code"),
    [
        ("OQSmuhvq", ">2</MedicalTreatmentFlag", ">3</MedicalTreatmentFlag", "SIMX0015E"),
        ("OQSmuonq", ">3</MedicalTreatmentFlag", ">1</MedicalTreatmentFlag", "SIMX0015E"),
        ("OQSmuhvq", "20261101", "20261201", "SIMX0012E"),
        ("OQSmuhvq", "<ConsentDateTo>20261126</ConsentDateTo>", "", "SIMX0016E"),
    ],
)
def test_invalid_list_requests_are_refused(counter: Counter, job: str, old: str, new: str, code: str) -> None:
    answer = upload(counter, job, old, new)
    assert (answer.header.segment, answer.header.error_code, answer.body) == ("9", code, None)


def test_bulk_registration_reports_unknown_people(counter: Counter) -> None:
    number = upload(counter, "OQSmuimm", "00009876", "00000404").body.reception_number
    counter.advance(10)
    good, bad = result(counter, "OQSmuimm", number).body.units
    assert (good.status, good.info.reference_number) == ("1", "24434")
    assert (bad.status, bad.result_code, bad.info.reference_number) == ("2", "SIMX0006E", "24435")
    assert counter.ask("OQSsiquc01req_1.xml", check()).body.results[0].reference_number == "24434"


def test_reception_number_of_another_job_is_refused(counter: Counter) -> None:
    number = upload(counter, "OQSmutic").body.reception_number
    assert result(counter, "OQSmuhvq", number).header.error_code == "SIMX0007E"


def test_bulk_result_can_be_a_zip_file(counter: Counter, tmp_path: Path) -> None:
    counter.start(ExchangeRules(zip_bulk=True))
    number = upload(counter, "OQSmutic").body.reception_number
    counter.advance(10)
    counter.put("OQSmutic02req_7.xml", write_document(fetch(number)).data)
    counter.scan(3)
    data = (counter.folders.res / "OQSmutic02res_7.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["OQSmutic02res_7.xml"]
        assert check_bytes("OQSmutic02res_7.xml", archive.read("OQSmutic02res_7.xml")).ok
    assert check_file(counter.folders.res / "OQSmutic02res_7.zip").ok
    assert counter.requests() == []


def test_checker_refuses_malformed_and_oversized_zip_files(tmp_path: Path) -> None:
    broken = tmp_path / "OQSmutic02res_1.zip"
    broken.write_bytes(b"PK garbage")
    assert "a ZIP file containing one XML file" in check_file(broken).text()
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OQSmutic02res_1.xml", b"<" + b"0" * 20_000_000)
    assert "at most" in check_file(broken).text()
    shutil.copyfile(CASES / "OQSmutic01req_202611260001.xml", tmp_path / "OQSmutic01req_1.xml")
    assert check_file(tmp_path / "OQSmutic01req_1.xml").ok
