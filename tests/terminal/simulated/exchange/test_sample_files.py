"""Tests that the sample result files contain every element and pass the checker."""

from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from config.japan import JAPAN
from terminal.cli.main import app
from terminal.handover.check import check_bytes
from terminal.handover.values import Severity
from terminal.simulated.exchange.sample_files import SAMPLES, Sample, all_files, face_file, files_by_element
from terminal.simulated.service.people import fictitious_people

PEOPLE = fictitious_people()


def uketsuke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


NOW = datetime(2026, 11, 26, 9, 0, 0, tzinfo=JAPAN)
FILES = all_files(PEOPLE, NOW, institution="1319999999")
SUBSIDY = "MessageBody/MedicalSubsidyResult"


def root_of(person: str, answers: str = "all") -> etree._Element:
    return etree.fromstring(face_file(Sample("t", person, answers), PEOPLE, NOW, institution="1319999999").data)


def test_every_element_is_in_a_sample() -> None:
    elements = files_by_element(FILES)
    assert len(elements) >= 66
    assert [name for name, files in elements.items() if not files] == []


def test_checker_reports_only_the_deliberate_contradiction() -> None:
    for file in FILES:
        findings = check_bytes(file.name, file.data)
        faults = [finding for finding in findings.findings if finding.severity is not Severity.NOTE]
        assert bool(faults) is (file.title == "ratio and limit contradict each other"), findings.text()
    assert len({file.name for file in FILES}) == len(FILES) == len(SAMPLES) + 2


@pytest.mark.parametrize(
    ("person", "answers", "status", "flag", "certificates"),
    [
        ("subsidy-rare-disease", "all", "1", "1", 1),
        ("subsidy-two", "subsidies=yes", "1", "1", 2),
        ("subsidy-two", "subsidies=no", "2", "0", 0),
        ("subsidy-ended", "medicines=yes", "4", None, 0),
        ("subsidy-not-connected", "medicines=yes", "5", None, 0),
    ],
)
def test_subsidy_status_consent_and_certificates_are_written(
    person: str, answers: str, status: str, flag: str | None, certificates: int
) -> None:
    root = root_of(person, answers)
    assert root.findtext(f"{SUBSIDY}/MedicalSubsidyStatus") == status
    assert root.findtext(f"{SUBSIDY}/MedicalSubsidyConsFlg") == flag
    assert len(root.findall(f"{SUBSIDY}/MedicalSubsidyList/MedicalSubsidyInfo")) == certificates


def test_subsidy_certificate_details_are_written() -> None:
    (info,) = root_of("subsidy-rare-disease").findall(f"{SUBSIDY}/MedicalSubsidyList/MedicalSubsidyInfo")
    assert info.findtext("MedicalSubsidyInsurerNumber") == "54139999"
    assert info.findtext("MedicalSubsidyMaxCopaymentAmount") == "10000"
    assert info.findtext("MedicalSubsidyIsAlwaysReimbursement") == "0"
    (reimbursed,) = root_of("subsidy-reimbursement").findall(f"{SUBSIDY}/MedicalSubsidyList/MedicalSubsidyInfo")
    assert reimbursed.findtext("MedicalSubsidyIsAlwaysReimbursement") == "1"


def test_file_without_subsidies_has_no_subsidy_element() -> None:
    assert root_of("adult").find(SUBSIDY) is None


def test_medicines_can_be_shared_without_past_care() -> None:
    """The only published sample has these answers."""
    record = root_of("adult", "medicines=yes,diagnosis=no").find(".//ResultOfQualificationConfirmation")
    assert record is not None
    assert (record.findtext("PharmacistsInfoConsFlg"), record.findtext("DiagnosisInfoConsFlg")) == ("1", "0")
    assert record.find("OperationInfoConsFlg") is None


def test_sample_command_writes_files_or_explains_errors(tmp_path: Path) -> None:
    code, output = uketsuke("handover", "sample", "elder", "--answers", "medicines=yes", "--folder", str(tmp_path))
    assert code == 0, output
    (file,) = tmp_path.glob("*.xml")
    assert "見本　太郎" in file.read_text(encoding="utf-8")
    code, output = uketsuke("handover", "sample", "--all", "--folder", str(tmp_path / "all"))
    count = len(files_by_element(FILES))
    assert (code, f"{count} of {count} elements" in output) == (0, True)
    for arguments, message in (
        (["sample", "nobody"], "nobody: unknown person"),
        (["sample", "adult", "--answers", "drugs=yes"], "use NAME=yes or NAME=no"),
        (["sample", "self-defence", "--answers", "medicines=yes"], "never shared"),
        (["sample"], "Specify either a person or --all"),
    ):
        code, output = uketsuke("handover", *arguments)
        assert (code, message in output) == (1, True), output


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("Status>1<", "Status>3<", "MedicalSubsidyList"),
        ("MedicalSubsidyConsFlg>1<", "MedicalSubsidyConsFlg>0<", "MedicalSubsidyConsFlg"),
        ("ValidFrom>20251001<", "ValidFrom>20270101<", "MedicalSubsidyValidTo"),
        ("Number>54139999<", "Number>541<", "MedicalSubsidyInsurerNumber"),
    ],
)
def test_checker_reports_contradictory_subsidies(old: str, new: str, path: str) -> None:
    file = face_file(Sample("t", "subsidy-rare-disease"), PEOPLE, NOW, institution="1319999999")
    findings = check_bytes(file.name, file.data.replace(old.encode(), new.encode())).findings
    assert path in {finding.path.rpartition("/")[2] for finding in findings if finding.severity is Severity.ERROR}


@pytest.mark.parametrize(("value", "severity"), [("7", Severity.NOTE), ("8", Severity.NOTE), ("9", Severity.ERROR)])
def test_checker_notes_values_used_by_vendors(value: str, severity: Severity) -> None:
    data = FILES[0].data.replace(b"Classification>1<", f"Classification>{value}<".encode())
    findings = check_bytes(FILES[0].name, data).findings
    (finding,) = [finding for finding in findings if finding.path.endswith("/ReferenceClassification")]
    assert finding.severity is severity


@pytest.mark.parametrize(
    ("title", "note"),
    [
        ("● in a name", "which replaces an unsupported character"),
        ("third-level character", "claims with other characters are returned"),
        ("two qualifications in force", "open-source programs only read the first"),
        ("ratio and limit contradict each other", "a ratio consistent with the limit"),
    ],
)
def test_checker_notes_known_pitfalls(title: str, note: str) -> None:
    (file,) = [file for file in FILES if file.title == title]
    assert note in check_bytes(file.name, file.data).text()
