"""Consistency rules: files with one contradiction each, and files just within the limits."""

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
Found = list[tuple[str, Severity]]


def edited(edits: Mapping[str, str | None], text: str | None = None) -> bytes:
    """Apply `edits` to `text` (default: a card reader's result), adding missing elements."""
    root: Any = etree.fromstring((text or face()).encode())
    for path, value in edits.items():
        found = root.find(path)
        if found is None:
            found = root
            for name in path.split("/"):
                child = found.find(name)
                found = etree.SubElement(found, name) if child is None else child
        if value is None:
            found.getparent().remove(found)
        else:
            found.text = value
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False))


def contradictions(data: bytes, name: str = FACE) -> Found:
    """Return last path element and severity of each contradiction, in alphabetical order."""
    found = check_bytes(name, data).findings
    return sorted((one.path.rpartition("/")[2], one.severity) for one in found if one.fault is LayoutFault.INCONSISTENT)


def given(at: str, until: str) -> Edits:
    """Set the times of medicines and prescriptions, which share one answer."""
    stems = ("PharmacistsInfo", "PrescriptionInfo")
    times: Edits = {f"{RECORD}/{stem}ConsTime": at for stem in stems}
    return times | {f"{RECORD}/{stem}AvailableTime": until for stem in stems}


def test_unedited_file_has_no_contradictions() -> None:
    assert contradictions(edited({})) == []


VALIDITY, SEGMENT = f"{BODY}/QualificationValidity", f"{HEAD}/SegmentOfResult"
OWN_RATIO = f"{RECORD}/InsuredPartialContributionRatio"
RECIPIENTS_RATIO = f"{RECORD}/ElderlyRecipientCertificateInfo/ElderlyRecipientContributionRatio"
LIMIT = f"{RECORD}/LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateClassificationFlag"


@pytest.mark.parametrize(
    ("edits", "found"),
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
        # names that a claim cannot contain
        ({f"{RECORD}/Name": "模擬　●子"}, [("Name", NOTE)]),
        ({f"{RECORD}/Name": "𠮷田　花子"}, [("Name", NOTE)]),
        ({f"{RECORD}/NameOfOther": "髙田　花子"}, [("NameOfOther", NOTE)]),
        ({f"{RECORD}/InsuredName": "模擬　●子"}, [("InsuredName", NOTE)]),
        # a ratio of 30 % implies an income as in working life
        ({LIMIT: "B01", OWN_RATIO: "030"}, []),
        ({LIMIT: "B01", OWN_RATIO: "020"}, [("InsuredPartialContributionRatio", WARNING)]),
        ({LIMIT: "B05", OWN_RATIO: "030"}, [("InsuredPartialContributionRatio", WARNING)]),
        ({LIMIT: "B01", RECIPIENTS_RATIO: "020"}, [("ElderlyRecipientCertificateInfo", WARNING)]),
        ({LIMIT: "B05", RECIPIENTS_RATIO: "020"}, []),
        ({LIMIT: "A03", OWN_RATIO: "030"}, []),
        ({LIMIT: "B01"}, []),
    ],
)
def test_contradictions_in_the_services_answer(edits: Edits, found: Found) -> None:
    assert contradictions(edited(edits)) == found


SURGERY = f"{RECORD}/OperationInfo"
BY_LAW, DISEASES = f"{RECORD}/LimitApplicationCertificateRelated", f"{RECORD}/SpecificDiseasesCertificate"


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        # refused or not asked: no times
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
        # agreed: consent time and expiry required
        ({f"{RECORD}/PharmacistsInfoConsTime": None}, [("PharmacistsInfoConsTime", ERROR)]),
        ({f"{RECORD}/PharmacistsInfoAvailableTime": None}, [("PharmacistsInfoAvailableTime", ERROR)]),
        ({f"{DISEASES}RelatedConsTime": None}, [("SpecificDiseasesCertificateRelatedConsTime", ERROR)]),
        # since 2024 the limit is provided by law: no time required, valid for this visit only
        ({f"{BY_LAW}ConsTime": None}, [("LimitApplicationCertificateRelatedConsTime", NOTE)]),
        (
            {f"{BY_LAW}AvailableTime": "20261122091500"},
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
        # clocks may differ by a minute, and a consent lasts a day
        (given("20261121091604", "20261122091604"), []),
        (
            given("20261121091605", "20261122091605"),
            [("PharmacistsInfoConsTime", WARNING), ("PrescriptionInfoConsTime", WARNING)],
        ),
        (given("20261120091504", "20261121091504"), []),
        (
            given("20261120091503", "20261121091503"),
            [("PharmacistsInfoConsTime", WARNING), ("PrescriptionInfoConsTime", WARNING)],
        ),
    ],
)
def test_contradictions_in_the_patients_answers(edits: Edits, found: Found) -> None:
    assert contradictions(edited(edits)) == found


SECOND = ("</ResultList>", "<ResultOfQualificationConfirmation/></ResultList>")


def test_card_reader_result_has_no_search_and_one_person() -> None:
    searched = edited({f"{BODY}/QualificationConfirmSearchInfo/Birthdate": "19810412"})
    assert contradictions(searched) == [("QualificationConfirmSearchInfo", WARNING)]
    assert contradictions(searched, PLAIN) == []
    two = edited({}, face().replace(*SECOND))
    assert contradictions(two) == [("ResultList", NOTE)]
    assert contradictions(two, PLAIN) == []


def test_check_by_number_must_not_contain_consents() -> None:
    by_number = {f"{HEAD}/ReferenceClassification": "2"}
    assert contradictions(edited({}), PLAIN) == []
    asked_orally = {"LimitApplicationCertificateRelatedConsFlg", "SpecificDiseasesCertificateRelatedConsFlg"}
    granted = set(re.findall("<(\\w+ConsFlg)>1<", face()))
    assert {"DiagnosisInfoConsFlg", "PharmacistsInfoConsFlg"} | asked_orally < granted
    assert contradictions(edited(by_number), PLAIN) == [(name, ERROR) for name in sorted(granted - asked_orally)]


def test_newer_qualification_is_reported_only_by_checks_by_number() -> None:
    newer: Edits = {VALIDITY: "3", f"{RECORD}/DisqualificationDate": "20261001"}
    assert contradictions(edited(newer), PLAIN) == [("QualificationValidity", WARNING)]
    by_number = contradictions(edited(newer | {f"{HEAD}/ReferenceClassification": "2"}), PLAIN)
    assert ("QualificationValidity", WARNING) not in by_number


def subsidy(standing: str, flag: str = "", time: str = "", days: tuple[str, str] | None = None) -> Edits:
    edits: Edits = {f"{SUBSIDY}/MedicalSubsidyStatus": standing}
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
    ("edits", "found"),
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
def test_contradictions_in_subsidies(edits: Edits, found: list[str]) -> None:
    assert [element for element, _ in contradictions(edited(edits))] == found


BULK = "<XmlMsg><MessageHeader/><MessageBody><BulkConfirmUnit/><BulkConfirmUnit/></MessageBody></XmlMsg>"


def counted(processed: str, normal: str, errors: str) -> Edits:
    names = ("NumberOfProcessingResult", "NumberOfNormalProcessing", "NumberOfError")
    return {f"{HEAD}/{name}": number for name, number in zip(names, (processed, normal, errors), strict=True)}


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        (counted("2", "2", "0"), []),
        (counted("2", "1", "1"), []),
        (counted("3", "2", "1"), ["NumberOfProcessingResult"]),
        (counted("2", "2", "1"), ["NumberOfNormalProcessing"]),
        (counted("2", "3", "1"), ["NumberOfNormalProcessing"]),
        # invalid numbers are reported as invalid values instead
        (counted("some", "2", "1"), []),
        (counted("２", "2", "1"), []),
        (counted("9" * 10, "2", "1"), []),
    ],
)
def test_bulk_result_counts_match_its_entries(edits: Edits, found: list[str]) -> None:
    assert [element for element, _ in contradictions(edited(edits, BULK), "OQSmuquc02res_1.xml")] == found


def test_every_record_of_a_bulk_result_is_checked() -> None:
    born = {f"{BODY}/BulkConfirmUnit/ResultOfQualificationConfirmation/Birthdate": "20261122"}
    edits = {f"{HEAD}/QualificationConfirmationDate": "20261121", **counted("2", "2", "0"), **born}
    assert contradictions(edited(edits, BULK), "OQSmuquc02res_1.xml") == [("Birthdate", WARNING)]


@pytest.mark.parametrize("job", ["OQSmuhvq02res_1.xml", "OQSmuonq02res_1.xml"])
def test_consents_of_home_and_online_care_last_longer(job: str) -> None:
    text = face().replace("ResultList>", "BulkConfirmUnit>")
    month = {
        path.replace("ResultList", "BulkConfirmUnit"): at
        for path, at in given("20261101090000", "20261201090000").items()
    }
    times = ["PharmacistsInfoAvailableTime", "PharmacistsInfoConsTime"]
    at_home = [element for element, _ in contradictions(edited(month, text), job)]
    visit = [element for element, _ in contradictions(edited(month, text), "OQSmuquc02res_1.xml")]
    assert [element for element in at_home if element in times] == []
    assert [element for element in visit if element in times] == times


def test_reversed_date_range_is_reported() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 2)
    for start, end, found in ((first, last, []), (first, first, []), (last, first, [("StartDate", ERROR)])):
        assert contradictions(write_document(drugs(start=start, end=end)).data, "YZKsiquc01req_1.xml") == found
