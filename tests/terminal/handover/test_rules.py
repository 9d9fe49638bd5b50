"""Consistency rules, tested with one contradiction per file and with boundary values."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from lxml import etree

from terminal.handover.check import check_bytes
from terminal.handover.parts import LayoutFault
from terminal.handover.values import Severity
from terminal.handover.xml import write_document
from tests.terminal.handover.requests import drugs
from tests.terminal.handover.test_check import FACE, face

PLAIN = "OQSsiquc01res_202611210001.xml"
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
HEAD, BODY = "MessageHeader", "MessageBody"
RECORD = f"{BODY}/ResultList/ResultOfQualificationConfirmation"
SUBSIDY = f"{BODY}/MedicalSubsidyResult"

Edits = dict[str, str | None]
"""New text by element path; None removes the element."""
Contradictions = list[tuple[str, Severity]]


def with_edits(edits: Mapping[str, str | None], text: str | None = None) -> bytes:
    """Apply `edits` to `text` (default: a card reader result). Missing elements are added."""
    root: Any = etree.fromstring((text or face()).encode())
    for path, value in edits.items():
        element = root.find(path)
        if element is None:
            element = root
            for name in path.split("/"):
                child = element.find(name)
                element = etree.SubElement(element, name) if child is None else child
        if value is None:
            element.getparent().remove(element)
        else:
            element.text = value
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False))


def contradictions(data: bytes, name: str = FACE) -> Contradictions:
    """Return the element name and severity of each contradiction, sorted by name."""
    findings = check_bytes(name, data).findings
    return sorted(
        (finding.path.rpartition("/")[2], finding.severity)
        for finding in findings
        if finding.fault is LayoutFault.INCONSISTENT
    )


def medicine_times(at: str, until: str) -> Edits:
    """Return edits that set the times of medicines and prescriptions, which share one answer."""
    stems = ("PharmacistsInfo", "PrescriptionInfo")
    times: Edits = {f"{RECORD}/{stem}ConsTime": at for stem in stems}
    return times | {f"{RECORD}/{stem}AvailableTime": until for stem in stems}


def test_unedited_file_has_no_contradictions() -> None:
    assert contradictions(with_edits({})) == []


VALIDITY, SEGMENT = f"{BODY}/QualificationValidity", f"{HEAD}/SegmentOfResult"
OWN_RATIO = f"{RECORD}/InsuredPartialContributionRatio"
RECIPIENT_RATIO = f"{RECORD}/ElderlyRecipientCertificateInfo/ElderlyRecipientContributionRatio"
LIMIT = f"{RECORD}/LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateClassificationFlag"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # outcome of the check
        ({f"{HEAD}/ErrorCode": "E1"}, [("ErrorCode", ERROR)]),
        ({f"{HEAD}/ErrorMessage": "E1"}, [("ErrorCode", ERROR)]),
        ({SEGMENT: "9"}, [("ErrorCode", ERROR)]),
        ({SEGMENT: "9", f"{HEAD}/ErrorCode": "E1"}, []),
        ({SEGMENT: "2"}, []),
        ({BODY: None}, [("SegmentOfResult", ERROR)]),
        ({BODY: None, SEGMENT: "2"}, []),
        ({f"{BODY}/ProcessingResultStatus": "2"}, [("ProcessingResultCode", WARNING)]),
        ({f"{BODY}/ProcessingResultStatus": "2", f"{BODY}/ProcessingResultCode": "E1"}, []),
        # validity and results
        ({VALIDITY: "4"}, [("ResultList", WARNING)]),
        ({VALIDITY: "5"}, [("ResultList", NOTE)]),
        ({VALIDITY: "6"}, [("InsuredCardClassification", WARNING)]),
        ({VALIDITY: "6", f"{RECORD}/InsuredCardClassification": "A1"}, []),
        ({VALIDITY: "6", f"{RECORD}/InsuredCardClassification": None}, []),
        ({VALIDITY: "2"}, [("DisqualificationDate", NOTE)]),
        ({VALIDITY: "2", f"{RECORD}/DisqualificationDate": "20261001"}, []),
        ({VALIDITY: "1", f"{BODY}/ResultList": None}, [("ResultList", ERROR)]),
        ({VALIDITY: "2", f"{BODY}/ResultList": None}, [("ResultList", ERROR)]),
        ({VALIDITY: "6", f"{BODY}/ResultList": None}, [("ResultList", ERROR)]),
        ({VALIDITY: "4", f"{BODY}/ResultList": None}, []),
        ({VALIDITY: "5", f"{BODY}/ResultList": None}, []),
        # dates
        ({f"{RECORD}/Birthdate": "20261121"}, []),
        ({f"{RECORD}/Birthdate": "20261122"}, [("Birthdate", WARNING)]),
        ({f"{RECORD}/InsuredCardExpirationDate": "20240401"}, []),
        ({f"{RECORD}/InsuredCardExpirationDate": "20240331"}, [("InsuredCardExpirationDate", WARNING)]),
        # characters not allowed in claims
        ({f"{RECORD}/Name": "模擬　●子"}, [("Name", NOTE)]),
        ({f"{RECORD}/Name": "𠮷田　花子"}, [("Name", NOTE)]),
        ({f"{RECORD}/NameOfOther": "髙田　花子"}, [("NameOfOther", NOTE)]),
        ({f"{RECORD}/InsuredName": "模擬　●子"}, [("InsuredName", NOTE)]),
        # a ratio of 30% implies the income of the working-age population
        ({LIMIT: "B01", OWN_RATIO: "030"}, []),
        ({LIMIT: "B01", OWN_RATIO: "020"}, [("InsuredPartialContributionRatio", WARNING)]),
        ({LIMIT: "B05", OWN_RATIO: "030"}, [("InsuredPartialContributionRatio", WARNING)]),
        ({LIMIT: "B01", RECIPIENT_RATIO: "020"}, [("ElderlyRecipientCertificateInfo", WARNING)]),
        ({LIMIT: "B05", RECIPIENT_RATIO: "020"}, []),
        ({LIMIT: "A03", OWN_RATIO: "030"}, []),
        ({LIMIT: "B01"}, []),
    ],
)
def test_contradictions_in_service_result_are_reported(edits: Edits, expected: Contradictions) -> None:
    assert contradictions(with_edits(edits)) == expected


SURGERY = f"{RECORD}/OperationInfo"
LIMIT_CONSENT, DISEASES = f"{RECORD}/LimitApplicationCertificateRelated", f"{RECORD}/SpecificDiseasesCertificate"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # an item refused or not asked about has no times
        ({f"{SURGERY}AvailableTime": "20261122091500"}, [("OperationInfoAvailableTime", ERROR)]),
        ({f"{RECORD}/DiagnosisNameConsTime": "20261121091500"}, [("DiagnosisNameConsTime", ERROR)]),
        (
            {f"{RECORD}/PharmacistsInfoConsFlg": "3", f"{RECORD}/PrescriptionInfoConsFlg": "3"},
            [
                ("PharmacistsInfoAvailableTime", ERROR),
                ("PharmacistsInfoConsTime", ERROR),
                ("PrescriptionInfoAvailableTime", ERROR),
                ("PrescriptionInfoConsTime", ERROR),
            ],
        ),
        ({f"{RECORD}/PharmacistsInfoConsFlg": "2", f"{RECORD}/PrescriptionInfoConsFlg": "2"}, []),
        # an accepted item requires consent time and expiry
        ({f"{RECORD}/PharmacistsInfoConsTime": None}, [("PharmacistsInfoConsTime", ERROR)]),
        ({f"{RECORD}/PharmacistsInfoAvailableTime": None}, [("PharmacistsInfoAvailableTime", ERROR)]),
        ({f"{DISEASES}RelatedConsTime": None}, [("SpecificDiseasesCertificateRelatedConsTime", ERROR)]),
        # since 2024 the limit is provided by law; it needs no consent time and applies to this visit only
        ({f"{LIMIT_CONSENT}ConsTime": None}, [("LimitApplicationCertificateRelatedConsTime", NOTE)]),
        (
            {f"{LIMIT_CONSENT}AvailableTime": "20261122091500"},
            [("LimitApplicationCertificateRelatedAvailableTime", ERROR)],
        ),
        # one answer also covers the elements added in 2025
        ({f"{RECORD}/InfectiousInfoConsFlg": "2"}, [("InfectiousInfoConsFlg", NOTE)]),
        ({f"{RECORD}/InfectiousInfoConsFlg": None}, []),
        # data without consent
        ({f"{DISEASES}List": ""}, []),
        (
            {f"{DISEASES}List": "", f"{DISEASES}RelatedConsFlg": "0", f"{DISEASES}RelatedConsTime": None},
            [("SpecificDiseasesCertificateList", ERROR)],
        ),
        # clocks may differ by a minute, and a consent is valid for a day
        (medicine_times("20261121091604", "20261122091604"), []),
        (
            medicine_times("20261121091605", "20261122091605"),
            [("PharmacistsInfoConsTime", WARNING), ("PrescriptionInfoConsTime", WARNING)],
        ),
        (medicine_times("20261120091504", "20261121091504"), []),
        (
            medicine_times("20261120091503", "20261121091503"),
            [("PharmacistsInfoConsTime", WARNING), ("PrescriptionInfoConsTime", WARNING)],
        ),
    ],
)
def test_contradictions_in_consents_are_reported(edits: Edits, expected: Contradictions) -> None:
    assert contradictions(with_edits(edits)) == expected


SECOND_READER = ("</ResultList>", "<ResultOfQualificationConfirmation/></ResultList>")


def test_search_and_second_person_are_reported_only_in_card_reader_results() -> None:
    searched = with_edits({f"{BODY}/QualificationConfirmSearchInfo/Birthdate": "19810412"})
    assert contradictions(searched) == [("QualificationConfirmSearchInfo", WARNING)]
    assert contradictions(searched, PLAIN) == []
    two = with_edits({}, face().replace(*SECOND_READER))
    assert contradictions(two) == [("ResultList", NOTE)]
    assert contradictions(two, PLAIN) == []


def test_consents_in_check_by_number_are_reported() -> None:
    by_number = {f"{HEAD}/ReferenceClassification": "2"}
    assert contradictions(with_edits({}), PLAIN) == []
    asked_orally = {"LimitApplicationCertificateRelatedConsFlg", "SpecificDiseasesCertificateRelatedConsFlg"}
    granted = set(re.findall("<(\\w+ConsFlg)>1<", face()))
    assert {"DiagnosisInfoConsFlg", "PharmacistsInfoConsFlg"} | asked_orally < granted
    assert contradictions(with_edits(by_number), PLAIN) == [(name, ERROR) for name in sorted(granted - asked_orally)]


def test_newer_qualification_is_allowed_only_in_checks_by_number() -> None:
    newer: Edits = {VALIDITY: "3", f"{RECORD}/DisqualificationDate": "20261001"}
    assert contradictions(with_edits(newer), PLAIN) == [("QualificationValidity", WARNING)]
    by_number = contradictions(with_edits(newer | {f"{HEAD}/ReferenceClassification": "2"}), PLAIN)
    assert ("QualificationValidity", WARNING) not in by_number


def subsidy(status: str, flag: str = "", time: str = "", days: tuple[str, str] | None = None) -> Edits:
    edits: Edits = {f"{SUBSIDY}/MedicalSubsidyStatus": status}
    if flag:
        edits[f"{SUBSIDY}/MedicalSubsidyConsFlg"] = flag
    if time:
        edits[f"{SUBSIDY}/MedicalSubsidyConsTime"] = time
    if days:
        certificate = f"{SUBSIDY}/MedicalSubsidyList/MedicalSubsidyInfo"
        edits[f"{certificate}/MedicalSubsidyValidFrom"], edits[f"{certificate}/MedicalSubsidyValidTo"] = days
    return edits


NOW, TODAY = "20261121091500", ("20261121", "20261121")


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (subsidy("1", "1", NOW, TODAY), []),
        (subsidy("1", "1", NOW), ["MedicalSubsidyList"]),
        (subsidy("1", "1", "", TODAY), ["MedicalSubsidyConsTime"]),
        (subsidy("1", "", "", TODAY), ["MedicalSubsidyConsFlg"]),
        (subsidy("1", "1", NOW, ("20261122", "20271231")), ["MedicalSubsidyValidTo"]),
        (subsidy("1", "1", NOW, ("20200101", "20261120")), ["MedicalSubsidyValidTo"]),
        (subsidy("2", "0"), []),
        (subsidy("2", "0", NOW), ["MedicalSubsidyConsTime"]),
        (subsidy("2", "0", "", TODAY), ["MedicalSubsidyList"]),
        (subsidy("2", "1", NOW), ["MedicalSubsidyConsFlg"]),
        (subsidy("3"), []),
        (subsidy("3", "0"), ["MedicalSubsidyConsFlg"]),
    ],
)
def test_contradictions_in_subsidies_are_reported(edits: Edits, expected: list[str]) -> None:
    assert [element for element, _ in contradictions(with_edits(edits))] == expected


BULK = "<XmlMsg><MessageHeader/><MessageBody><BulkConfirmUnit/><BulkConfirmUnit/></MessageBody></XmlMsg>"


def counts(processed: str, normal: str, errors: str) -> Edits:
    names = ("NumberOfProcessingResult", "NumberOfNormalProcessing", "NumberOfError")
    return {f"{HEAD}/{name}": number for name, number in zip(names, (processed, normal, errors), strict=True)}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (counts("2", "2", "0"), []),
        (counts("2", "1", "1"), []),
        (counts("3", "2", "1"), ["NumberOfProcessingResult"]),
        (counts("2", "2", "1"), ["NumberOfNormalProcessing"]),
        (counts("2", "3", "1"), ["NumberOfNormalProcessing"]),
        # invalid numbers are not also reported as contradictions
        (counts("some", "2", "1"), []),
        (counts("２", "2", "1"), []),
        (counts("9" * 10, "2", "1"), []),
    ],
)
def test_bulk_result_counts_must_match_its_entries(edits: Edits, expected: list[str]) -> None:
    assert [element for element, _ in contradictions(with_edits(edits, BULK), "OQSmuquc02res_1.xml")] == expected


def test_every_record_in_bulk_result_is_checked() -> None:
    birthdate = {f"{BODY}/BulkConfirmUnit/ResultOfQualificationConfirmation/Birthdate": "20261122"}
    edits = {f"{HEAD}/QualificationConfirmationDate": "20261121", **counts("2", "2", "0"), **birthdate}
    assert contradictions(with_edits(edits, BULK), "OQSmuquc02res_1.xml") == [("Birthdate", WARNING)]


@pytest.mark.parametrize("job", ["OQSmuhvq02res_1.xml", "OQSmuonq02res_1.xml"])
def test_consents_for_home_and_online_care_may_last_one_month(job: str) -> None:
    text = face().replace("ResultList>", "BulkConfirmUnit>")
    month_long = {
        path.replace("ResultList", "BulkConfirmUnit"): at
        for path, at in medicine_times("20261101090000", "20261201090000").items()
    }
    times = ["PharmacistsInfoAvailableTime", "PharmacistsInfoConsTime"]
    at_home = [element for element, _ in contradictions(with_edits(month_long, text), job)]
    visit = [element for element, _ in contradictions(with_edits(month_long, text), "OQSmuquc02res_1.xml")]
    assert [element for element in at_home if element in times] == []
    assert [element for element in visit if element in times] == times


def test_reversed_date_range_is_reported() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 2)
    for start, end, expected in ((first, last, []), (first, first, []), (last, first, [("StartDate", ERROR)])):
        assert contradictions(write_document(drugs(start=start, end=end)).data, "YZKsiquc01req_1.xml") == expected
