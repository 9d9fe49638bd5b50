"""Checks of XML files: mistakes are reported with their line, and correct files have no findings."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from consent.items import Item
from terminal.handover.check import Findings, check_bytes, check_file
from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.options import FaceOptions
from terminal.handover.parts import LayoutFault
from terminal.handover.result_xml import result_document
from terminal.handover.values import Severity
from terminal.handover.xml import MAX_BULK_SIZE, Encoding, write_document
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.simulated.service.people import fictitious_people
from tests.terminal.handover.requests import check, checkups, drugs, registration

FACE = "OQSsiquc01res_face_1319999999001_20261121091504.xml"
REQUEST = "OQSsiquc01req_202611210001.xml"
CONSENTED = datetime(2026, 11, 21, 0, 15, 0, tzinfo=UTC)
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


def result(person: str = "adult", **changes: Any) -> QualificationResult:
    """Return a result with consent to every item except surgery."""
    people = fictitious_people()
    consents = tuple(
        ConsentOutcome(item=item, flag=0)
        if item is Item.SURGERY
        else ConsentOutcome(
            item=item,
            flag=1,
            consent_time=CONSENTED,
            available_time=None
            if item in (Item.HIGH_COST_LIMIT, Item.SPECIFIC_DISEASE)
            else CONSENTED + timedelta(hours=24),
        )
        for item in Item
    )
    limit = people[person].limit
    return QualificationResult(
        **{
            "check_id": "c-1",
            "processed_at": CONSENTED + timedelta(seconds=4),
            "qualification_date": date(2026, 11, 21),
            "institution_code": "1319999999",
            "status": "1",
            "validity": people[person].validity,
            "qualifications": people[person].qualifications,
            "consents": consents,
            "limit": limit.on(date(2026, 11, 21)) if limit else None,
            "specific_diseases": people[person].specific_diseases,
            "simulated": True,
            **changes,
        }
    )


def face(encoding: Encoding = "UTF-8", **changes: Any) -> str:
    data = result_document(result(**changes), encoding, FaceOptions(newer_consents=True)).data
    return data.decode("utf-8" if encoding == "UTF-8" else "cp932")


def errors_and_warnings(findings: Findings) -> list[tuple[str, str]]:
    """Return the element name and the fault of each error and warning."""
    return [
        (finding.path.rpartition("/")[2], finding.fault.value)
        for finding in findings.findings
        if finding.severity is not Severity.NOTE
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("person", sorted(set(fictitious_people()) - {"contradictory"}))
def test_generated_results_have_no_findings(person: str, encoding: Encoding) -> None:
    # Validity 3, a newer qualification, occurs only in checks without a card.
    validity = "2" if fictitious_people()[person].validity == "3" else fictitious_people()[person].validity
    for newer in (False, True):
        options = FaceOptions(newer_consents=newer)
        data = result_document(result(person, validity=validity), encoding, options).data
        assert errors_and_warnings(check_bytes(FACE, data)) == []


CASES = [
    # (old text, new text, reported element, fault)
    ("PharmacistsInfoConsFlg", "PharmaceuticalInfoConsFlg", "PharmaceuticalInfoConsFlg", "unknown"),
    ("DiagnosisInfoConsTime", "DiagnosisInfoConsTim", "DiagnosisInfoConsTim", "unknown"),
    ("OperationInfoConsFlg", "OperationInfoConsFlag", "OperationInfoConsFlag", "unknown"),
    ("TestInfoAvailableTime", "TestInfoAcquisitionTime", "TestInfoAcquisitionTime", "unknown"),
    ("Birthdate", "BirthDate", "BirthDate", "unknown"),
    ("<OperationInfoConsFlg>0", "<OperationInfoConsFlg>1", "OperationInfoConsTime", "inconsistent"),
    (
        "<OperationInfoConsFlg>0</OperationInfoConsFlg>",
        "<OperationInfoConsFlg>0</OperationInfoConsFlg><OperationInfoConsTime>20261121091500</OperationInfoConsTime>",
        "OperationInfoConsTime",
        "inconsistent",
    ),
    (
        "<PharmacistsInfoAvailableTime>20261122091500",
        "<PharmacistsInfoAvailableTime>20261122091501",
        "PharmacistsInfoAvailableTime",
        "inconsistent",
    ),
    ("<PharmacistsInfoConsFlg>1", "<PharmacistsInfoConsFlg>有", "PharmacistsInfoConsFlg", "invalid"),
    ("<PharmacistsInfoConsFlg>1</PharmacistsInfoConsFlg>", "", "PharmacistsInfoConsFlg", "missing"),
    ("  138999", "138999", "InsurerNumber", "invalid"),
    ("  138999", "00138999", "InsurerNumber", "invalid"),
    ("19810412", "1981-04-12", "Birthdate", "invalid"),
    ("19810412", "S560412", "Birthdate", "invalid"),
    ("19810412", "20270101", "Birthdate", "inconsistent"),
    ("20261121091504", "2026112109150", "ProcessExecutionTime", "invalid"),
    ("<Sex1>2", "<Sex1>F", "Sex1", "invalid"),
    ("<QualificationValidity>1", "<QualificationValidity>9", "QualificationValidity", "invalid"),
    ("<QualificationValidity>1", "<QualificationValidity>4", "ResultList", "inconsistent"),
    ("<QualificationValidity>1", "<QualificationValidity>3", "QualificationValidity", "inconsistent"),
    ("<SegmentOfResult>1", "<SegmentOfResult>9", "ErrorCode", "inconsistent"),
    ("<SegmentOfResult>1", "<SegmentOfResult>3", "SegmentOfResult", "invalid"),
    ("<ReferenceClassification>1", "<ReferenceClassification>2", "ReferenceClassification", "inconsistent"),
    ("<CharacterCodeIdentifier>0", "<CharacterCodeIdentifier>1", "CharacterCodeIdentifier", "inconsistent"),
    ("<ProcessingResultStatus>1", "<ProcessingResultStatus>2", "ProcessingResultCode", "inconsistent"),
    ("ﾓｷﾞ ﾊﾅｺ", "モギ　ハナコ", "NameKana", "invalid"),
    ("100-0000", "1000000", "PostNumber", "invalid"),
    ("XmlMsg", "Message", "XmlMsg", "invalid"),
    ("</XmlMsg>", "", "XmlMsg", "unreadable"),
    (
        "<LimitApplicationCertificateRelatedConsFlg>1",
        "<LimitApplicationCertificateRelatedConsFlg>0",
        "LimitApplicationCertificateRelatedInfo",
        "inconsistent",
    ),
]


@pytest.mark.parametrize(("old", "new", "element", "fault"), CASES)
def test_mistake_is_reported_with_its_line(old: str, new: str, element: str, fault: str) -> None:
    correct = face()
    assert old in correct
    faulty = correct.replace(old, new)
    findings = check_bytes(FACE, faulty.encode())
    assert (element, fault) in errors_and_warnings(findings)
    (finding, *_) = [
        finding for finding in findings.findings if finding.path.endswith(element) and finding.fault.value == fault
    ]
    lines = faulty.splitlines()
    if f"<{element}>" in faulty and fault != "unreadable":
        assert f"<{element}" in lines[finding.line - 1]
    # One mistake must not cause many findings.
    assert len(errors_and_warnings(findings)) <= 3, errors_and_warnings(findings)


def test_misspelled_element_is_not_also_reported_as_missing() -> None:
    findings = check_bytes(
        FACE, face().replace("PharmacistsInfoAvailableTime", "PharmacistsInfoAcquisitionTime").encode()
    )
    assert errors_and_warnings(findings) == [("PharmacistsInfoAcquisitionTime", "unknown")]
    (error,) = [finding for finding in findings.findings if finding.severity is Severity.ERROR]
    assert error.expected.startswith("PharmacistsInfoAvailableTime")


def test_misplaced_element_finding_names_its_parent() -> None:
    misplaced = face().replace("<MessageBody>", "<MessageBody><ReferenceNumber>1</ReferenceNumber>")
    (error,) = [
        finding for finding in check_bytes(FACE, misplaced.encode()).findings if finding.severity is Severity.ERROR
    ]
    assert error.expected == "this element in MessageBody/ResultOfQualificationConfirmation"


def test_element_between_list_entries_is_reported() -> None:
    misplaced = face().replace("<ResultList>", "<ResultList><Sex1>2</Sex1>")
    (finding,) = [
        finding for finding in check_bytes(FACE, misplaced.encode()).findings if finding.severity is not Severity.NOTE
    ]
    assert (finding.path, finding.fault) == ("XmlMsg/MessageBody/ResultList/Sex1", LayoutFault.UNKNOWN)
    assert finding.expected == "this element in MessageBody/ResultOfQualificationConfirmation"


def test_drug_request_rejects_element_names_from_other_messages() -> None:
    text = write_document(drugs()).data.decode().replace("InsuranceCardSymbol", "InsuredCardSymbol")
    text = text.replace("<BranchNumber>01</BranchNumber>", "<InsuredBranchNumber>01</InsuredBranchNumber>")
    assert errors_and_warnings(check_bytes("YZKsiquc01req_1.xml", text.encode())) == [
        ("InsuredCardSymbol", "unknown"),
        ("InsuredBranchNumber", "unknown"),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_element_order_is_not_checked(encoding: Encoding) -> None:
    text = face(encoding)
    start, end = text.index("<MessageHeader>"), text.index("</MessageHeader>") + len("</MessageHeader>")
    reordered = text[:start] + text[end:].replace("</XmlMsg>", text[start:end] + "</XmlMsg>")
    codec = "utf-8" if encoding == "UTF-8" else "cp932"
    assert errors_and_warnings(check_bytes(FACE, reordered.encode(codec))) == []


@pytest.mark.parametrize(
    ("text", "codec", "severity", "expected"),
    [
        (face(), "cp932", Severity.ERROR, "characters in the declared encoding (UTF-8); the file is Shift_JIS"),
        (
            face("Shift_JIS"),
            "utf-8",
            Severity.ERROR,
            "characters in the declared encoding (Shift_JIS); the file is UTF-8",
        ),
        (face().split("\n", 1)[1], "utf-8", Severity.WARNING, "an XML declaration with an encoding"),
        (face("Shift_JIS").replace("Shift_JIS", "windows-31j", 1), "cp932", Severity.WARNING, "UTF-8 or Shift_JIS as"),
        (face(), "utf-8-sig", Severity.NOTE, "no byte order mark"),
        (face().replace(' standalone="no"', ""), "utf-8", Severity.NOTE, "standalone"),
        (
            face("Shift_JIS").replace("模擬　花子", "模擬　髙子"),
            "cp932",
            Severity.NOTE,
            "plain Shift_JIS characters",
        ),
    ],
)
def test_encoding_problems_are_reported(text: str, codec: str, severity: Severity, expected: str) -> None:
    findings = [
        finding for finding in check_bytes(FACE, text.encode(codec)).findings if finding.fault is LayoutFault.ENCODING
    ]
    assert [
        (finding.severity, finding.expected[: len(expected)])
        for finding in findings
        if finding.expected.startswith(expected)
    ] == [(severity, expected)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("YKZsiquc01req_1.xml", "YZKsiquc01req_"),
        ("oqssiquc01req_1.xml", "OQSsiquc01req_"),
        ("result.xml", "starting with a known prefix"),
        ("OQSsiquc01res_face_20261121091504.xml", "OQSsiquc01res_face_<id>_<yyyyMMddHHmmss>.xml"),
        ("OQSsiquc01req_患者.xml", "letters, digits"),
        ("OQSsihvq01req_1.xml", "a simulated kind"),
    ],
)
def test_file_name_problems_are_reported(name: str, expected: str) -> None:
    (finding,) = [
        finding
        for finding in check_bytes(name, write_document(check()).data).findings
        if finding.fault is LayoutFault.NAME
    ]
    assert expected in finding.expected


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (write_document(check()).data, "資格確認要求"),
        (write_document(registration()).data, "照会番号登録要求"),
        (write_document(drugs()).data, "薬剤情報要求"),
        (write_document(checkups()).data, "特定健診情報要求"),
        (face().encode(), "資格確認結果（顔認証付きカードリーダー）"),
        (b"<html><head/><body><p/></body></html>", None),
    ],
)
def test_kind_of_misnamed_file_is_detected_from_content(data: bytes, title: str | None) -> None:
    assert check_bytes("something.xml", data).title == title


def test_text_report_lists_findings_and_totals(tmp_path: Path) -> None:
    path = tmp_path / FACE
    path.write_bytes(face().replace("<Sex1>2", "<Sex1>F").encode())
    findings = check_file(path)
    assert not findings.ok
    text = findings.text().splitlines()
    assert text[0] == f"{FACE}: 資格確認結果（顔認証付きカードリーダー）"
    assert text[1].split()[:3] == ["line", str(findings.findings[0].line), "error"]
    assert text[2].strip() == "invalid: expected one of 1, 2, 3 (OQSCD007) [seen in public code]"
    assert text[-1] == "1 error, 0 warnings, 0 notes"
    path.write_bytes(face().encode())
    assert check_file(path).ok
    assert check_file(path).text().endswith("0 errors, 0 warnings, 0 notes")


def test_missing_file_raises_and_oversized_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_file(tmp_path / "x.xml")
    huge = tmp_path / REQUEST
    with huge.open("wb") as file:
        file.truncate(MAX_BULK_SIZE + 1)
    assert [finding.fault for finding in check_file(huge).findings] == [LayoutFault.UNREADABLE]


def test_findings_do_not_repeat_personal_data() -> None:
    text = face().replace("<Sex1>2", "<Sex1>模擬　花子").replace("19810412", "模擬　花子").replace("<Name>", "<Namae>")
    text = text.replace("</Name>", "</Namae>").replace("<SegmentOfResult>1", "<SegmentOfResult>0001234")
    findings = check_bytes(FACE, text.encode())
    assert len(errors_and_warnings(findings)) >= 3
    for personal in ("模擬　花子", "0001234", "138999", "19810412"):
        assert personal not in findings.text()
        assert personal not in repr(findings)


def test_empty_messages_are_reported_without_header() -> None:
    for kind in FILE_KINDS:
        findings = check_bytes(f"{kind.prefix}1.xml", b"<XmlMsg/>")
        assert not findings.ok
        assert any(
            finding.fault is LayoutFault.MISSING and finding.path.endswith("MessageHeader")
            for finding in findings.findings
        )
