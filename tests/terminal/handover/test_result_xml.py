"""Elements, encodings and consents of the result XML."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from consent.items import Item
from terminal.handover.layout import CONSENTS
from terminal.handover.options import FaceOptions
from terminal.handover.result_xml import SUBSTITUTE, result_document
from terminal.handover.xml import Document
from terminal.qualification.contract import (
    ConsentOutcome,
    ElderlyRecipient,
    LimitCertificate,
    Qualification,
    QualificationResult,
    SpecificDiseaseCertificate,
)
from terminal.qualification.insured import MedicalTicket

EXPECTED_HEADER = {
    "ProcessExecutionTime": "20261121091504",
    "QualificationConfirmationDate": "20261121",
    "MedicalInstitutionCode": "1319999999",
    "ArbitraryFileIdentifier": "0123456789abcdef0123456789abcdef",
    "ReferenceClassification": "1",
    "SegmentOfResult": "1",
    "CharacterCodeIdentifier": "0",
}
EXPECTED_BODY = {
    "PrescriptionIssueSelect": "1",
    "ProcessingResultStatus": "1",
    "ProcessingResultCode": "SIMQ0101I",
    "ProcessingResultMessage": "電子証明書の有効期限が近づいています。",
    "QualificationValidity": "1",
}
EXPECTED_RESULT = [
    ("InsuredCardClassification", "01"),
    ("InsurerNumber", "39139999"),
    ("InsuredIdentificationNumber", "00009876"),
    ("Name", "見本　太郎"),
    ("NameKana", "ﾐﾎﾝ ﾀﾛｳ"),
    ("Sex1", "1"),
    ("Birthdate", "19480105"),
    ("QualificationDate", "20230105"),
    ("InsuredPartialContributionRatio", "010"),
    ("InsurerName", "模擬後期高齢者医療広域連合"),
    ("LimitApplicationCertificateRelatedConsFlg", "1"),
    ("LimitApplicationCertificateRelatedConsTime", "20261121091504"),
    ("LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateClassification", "02"),
    ("LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateClassificationFlag", "B05"),
    ("LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateValidStartDate", "20260801"),
    ("LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateValidEndDate", "20270731"),
    ("SpecificDiseasesCertificateRelatedConsFlg", "0"),
    ("SpecificHealthCheckupsInfoConsFlg", "1"),
    ("SpecificHealthCheckupsInfoConsTime", "20261121091504"),
    ("SpecificHealthCheckupsInfoAvailableTime", "20261122091504"),
    ("PharmacistsInfoConsFlg", "1"),
    ("PharmacistsInfoConsTime", "20261121091504"),
    ("PharmacistsInfoAvailableTime", "20261122091504"),
    ("DiagnosisInfoConsFlg", "1"),
    ("DiagnosisInfoConsTime", "20261121091504"),
    ("DiagnosisInfoAvailableTime", "20261122091504"),
    ("OperationInfoConsFlg", "0"),
]


def parse_result(document: Document, codec: str = "utf-8") -> Any:
    """Parse strictly, decoding with `codec` (cp932 for Shift_JIS)."""
    text = document.data.decode(codec)
    declaration, _, body = text.partition("\n")
    assert declaration.startswith("<?xml")
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False))


def leaves(element: Any, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for child in element:
        if len(child):
            found += leaves(child, f"{prefix}{child.tag}/")
        else:
            found.append((f"{prefix}{child.tag}", child.text))
    return found


def result_elements(root: Any) -> dict[str, str]:
    return dict(leaves(root.find("MessageBody/ResultList/ResultOfQualificationConfirmation")))


def test_result_contains_every_expected_element(elder_result: QualificationResult) -> None:
    document = result_document(elder_result)
    assert document.data.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<XmlMsg>')
    assert document.substituted == 0
    root = etree.fromstring(document.data)
    assert root.tag == "XmlMsg"
    assert [child.tag for child in root] == ["MessageHeader", "MessageBody"]
    assert dict(leaves(root.find("MessageHeader"))) == EXPECTED_HEADER
    body = root.find("MessageBody")
    assert body is not None
    assert {child.tag: child.text for child in body if not len(child)} == EXPECTED_BODY
    assert [child.tag for child in body][-1] == "ResultList"
    assert leaves(body.find("ResultList/ResultOfQualificationConfirmation")) == EXPECTED_RESULT


def test_shift_jis_result_contains_the_same_elements(elder_result: QualificationResult) -> None:
    document = result_document(elder_result, "Shift_JIS")
    assert document.data.startswith(b'<?xml version="1.0" encoding="Shift_JIS" standalone="no"?>\n')
    assert document.substituted == 0
    assert "ﾐﾎﾝ ﾀﾛｳ".encode("cp932") in document.data
    root = parse_result(document, "cp932")
    assert root.findtext("MessageHeader/CharacterCodeIdentifier") == "1"
    assert leaves(root.find("MessageBody/ResultList/ResultOfQualificationConfirmation")) == EXPECTED_RESULT


def with_name(result: QualificationResult, name: str) -> QualificationResult:
    qualification = result.qualifications[0].model_copy(update={"name": name})
    return result.model_copy(update={"qualifications": (qualification,)})


@pytest.mark.parametrize(
    ("name", "utf_8", "shift_jis", "substituted"),
    [
        ("髙﨑　①", "髙﨑　①", "髙﨑　①", 0),  # NEC and IBM extensions in CP932
        ("𠮷田　🙂", "𠮷田　🙂", "●田　●", 2),
        ("葛\U000e0100飾", "葛\U000e0100飾", "葛●飾", 1),
        ("か\u3099ま", "か\u3099ま", "がま", 0),
        ("波〜線−", "波〜線−", "波～線－", 0),  # mapped to the corresponding CP932 characters
        ("表ソ能", "表ソ能", "表ソ能", 0),  # the second byte is a backslash
    ],
)
def test_characters_outside_cp932_are_substituted(
    elder_result: QualificationResult, name: str, utf_8: str, shift_jis: str, substituted: int
) -> None:
    result = with_name(elder_result, name)
    assert result_elements(parse_result(result_document(result)))["Name"] == utf_8
    assert result_document(result).substituted == 0
    document = result_document(result, "Shift_JIS")
    assert result_elements(parse_result(document, "cp932"))["Name"] == shift_jis
    assert document.substituted == substituted


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS"])
def test_characters_invalid_in_xml_are_substituted(elder_result: QualificationResult, encoding: Any) -> None:
    document = result_document(with_name(elder_result, "a\x00b\x1bc\ufffed"), encoding)
    codec = "utf-8" if encoding == "UTF-8" else "cp932"
    assert result_elements(parse_result(document, codec))["Name"] == f"a{SUBSTITUTE}b{SUBSTITUTE}c{SUBSTITUTE}d"
    assert document.substituted == 3


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS"])
def test_markup_in_name_is_escaped(elder_result: QualificationResult, encoding: Any) -> None:
    name = "<Name>&amp;]]>\"'</Name>"
    codec = "utf-8" if encoding == "UTF-8" else "cp932"
    root = parse_result(result_document(with_name(elder_result, name), encoding), codec)
    assert result_elements(root)["Name"] == name


def test_short_insurer_number_is_padded_with_spaces(elder_result: QualificationResult) -> None:
    qualification = elder_result.qualifications[0].model_copy(update={"insurer_number": "138999"})
    root = parse_result(result_document(elder_result.model_copy(update={"qualifications": (qualification,)})))
    assert result_elements(root)["InsurerNumber"] == "  138999"


def test_times_are_written_in_japan_time(elder_result: QualificationResult) -> None:
    late = elder_result.model_copy(update={"processed_at": datetime(2026, 12, 31, 15, 0, 0, tzinfo=UTC)})
    assert parse_result(result_document(late)).findtext("MessageHeader/ProcessExecutionTime") == "20270101000000"
    with pytest.raises(ValueError, match="zone"):
        result_document(elder_result.model_copy(update={"processed_at": datetime(2026, 12, 31)}))


def test_result_list_is_omitted_without_qualification(elder_result: QualificationResult) -> None:
    root = parse_result(result_document(elder_result.model_copy(update={"qualifications": (), "validity": "4"})))
    assert root.findtext("MessageBody/QualificationValidity") == "4"
    assert root.find("MessageBody/ResultList") is None


def test_ended_qualification_has_date_and_reason(elder_result: QualificationResult) -> None:
    qualification = elder_result.qualifications[0].model_copy(
        update={"disqualification_date": date(2026, 10, 1), "reason_of_loss": "03"}
    )
    result = elder_result.model_copy(update={"qualifications": (qualification,), "validity": "2"})
    found = result_elements(parse_result(result_document(result)))
    assert (found["DisqualificationDate"], found["ReasonOfLoss"]) == ("20261001", "03")


def test_elderly_recipient_and_specific_disease_are_written(elder_result: QualificationResult) -> None:
    recipient = ElderlyRecipient(
        valid_start_date=date(2024, 7, 1), valid_end_date=date(2029, 6, 30), contribution_ratio="020"
    )
    qualification = elder_result.qualifications[0].model_copy(update={"elderly_recipient": recipient})
    granted = ConsentOutcome(item=Item.SPECIFIC_DISEASE, flag=1, consent_time=elder_result.processed_at)
    result = elder_result.model_copy(
        update={
            "qualifications": (qualification,),
            "consents": (granted,),
            "specific_diseases": (
                SpecificDiseaseCertificate(disease_category="1", valid_start_date=date(2020, 8, 1), self_pay="10000"),
            ),
        }
    )
    found = result_elements(parse_result(result_document(result)))
    info = "ElderlyRecipientCertificateInfo"
    assert found[f"{info}/ElderlyRecipientValidStartDate"] == "20240701"
    assert found[f"{info}/ElderlyRecipientContributionRatio"] == "020"
    assert found["SpecificDiseasesCertificateRelatedConsFlg"] == "1"
    disease = "SpecificDiseasesCertificateList/SpecificDiseasesCertificateInfo"
    assert found[f"{disease}/SpecificDiseasesDiseaseCategory"] == "1"
    assert found[f"{disease}/SpecificDiseasesSelfPay"] == "10000"
    assert f"{disease}/SpecificDiseasesValidEndDate" not in found
    assert "LimitApplicationCertificateRelatedConsFlg" not in found


def test_medical_ticket_and_rare_elements_are_written(elder_result: QualificationResult) -> None:
    ticket = MedicalTicket(
        ticket_type="01",
        valid_date=date(2026, 11, 1),
        expiration_date=date(2026, 11, 30),
        treatment_month="202611",
        institution_code="1319999999",
        institution_flag="0",
        injury_names=("模擬の傷病",),
        treatment_type="02",
        infection="02",
        remarks=("一", "二", "三"),
    )
    changes = {
        "medical_tickets": (ticket,),
        "name_of_other": "模擬　通称",
        "sex_on_certificate": "2",
        "card_expiration_date": date(2027, 7, 31),
        "certificate_issuance_date": date(2026, 8, 1),
        "reference_number": "00077",
    }
    qualification = elder_result.qualifications[0].model_copy(update=changes)
    document = result_document(elder_result.model_copy(update={"qualifications": (qualification,)}))
    found = result_elements(parse_result(document))
    info = "PublicExpenseResultList/MedicalTicketInfo"
    assert {name.removeprefix(f"{info}/"): text for name, text in found.items() if name.startswith(info)} == {
        "TicketType": "01",
        "MedicalTicketValidDate": "20261101",
        "MedicalTicketExpirationDate": "20261130",
        "MedicalTreatmentMonth": "202611",
        "DesignatedMedicalInstitutionCode": "1319999999",
        "DesignatedMedicalInstitutionFlag": "0",
        "InjuryName1": "模擬の傷病",
        "MedicalTreatmentType": "02",
        "StatusOfInfecton": "02",
        "Remarks1": "一",
        "Remarks2": "二",
        "Remarks3": "三",
    }
    assert (found["NameOfOther"], found["Sex2"], found["ReferenceNumber"]) == ("模擬　通称", "2", "00077")
    assert (found["InsuredCardExpirationDate"], found["InsuredCertificateIssuanceDate"]) == ("20270731", "20260801")


def test_failed_check_has_error_code_and_no_result_list(elder_result: QualificationResult) -> None:
    changes = {"segment": "9", "error_code": "SIMQ0500E", "error_message": "模擬のエラーです。", "qualifications": ()}
    root = parse_result(result_document(elder_result.model_copy(update=changes)))
    assert root.findtext("MessageHeader/SegmentOfResult") == "9"
    assert root.findtext("MessageHeader/ErrorCode") == "SIMQ0500E"
    assert root.find("MessageBody/ResultList") is None


def test_limit_provided_by_law_has_flag_but_no_time(elder_result: QualificationResult) -> None:
    result = elder_result.model_copy(update={"consents": (), "by_law": (Item.HIGH_COST_LIMIT,)})
    found = result_elements(parse_result(result_document(result)))
    assert found["LimitApplicationCertificateRelatedConsFlg"] == "1"
    assert "LimitApplicationCertificateRelatedConsTime" not in found
    assert found["LimitApplicationCertificateRelatedInfo/LimitApplicationCertificateClassificationFlag"] == "B05"


def test_newer_consent_elements_follow_their_group_if_enabled(elder_result: QualificationResult) -> None:
    plain = result_elements(parse_result(result_document(elder_result)))
    newer = result_elements(parse_result(result_document(elder_result, options=FaceOptions(newer_consents=True))))
    added_elements = {name: newer[name] for name in newer if name not in plain}
    granted_stems = ("AllergyInfo", "ContraindicationInfo", "TestInfo", "PrescriptionInfo")
    refused_stems = ("DiagnosisName", "InfectiousInfo")
    assert added_elements == {
        **{f"{stem}ConsFlg": "1" for stem in granted_stems},
        **{f"{stem}ConsTime": "20261121091504" for stem in granted_stems},
        **{f"{stem}AvailableTime": "20261122091504" for stem in granted_stems},
        **{f"{stem}ConsFlg": "0" for stem in refused_stems},
    }
    no_consents = elder_result.model_copy(update={"consents": ()})
    without_consents = result_elements(
        parse_result(result_document(no_consents, options=FaceOptions(newer_consents=True)))
    )
    assert [name for name in without_consents if "Cons" in name] == []


# --- all combinations of consents ----------------------------------------------------------------------------

CONSENT_PERIOD = timedelta(hours=24)
times = st.datetimes(datetime(2020, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))
decisions = st.dictionaries(st.sampled_from(list(CONSENTS)), st.none() | times)
"""Time of consent by item, or None for a refusal."""


@given(answers=decisions, by_law=st.booleans(), limit=st.booleans(), encoding=st.sampled_from(["UTF-8", "Shift_JIS"]))
def test_consent_flags_and_times_for_every_combination(
    answers: dict[Item, datetime | None], by_law: bool, limit: bool, encoding: Any
) -> None:
    provided_by_law = (Item.HIGH_COST_LIMIT,) if by_law and Item.HIGH_COST_LIMIT not in answers else ()
    result = QualificationResult(
        check_id="c",
        processed_at=datetime(2026, 11, 21, tzinfo=UTC),
        qualification_date=date(2026, 11, 21),
        institution_code="1319999999",
        status="1",
        validity="1",
        qualifications=(Qualification(insurer_number="138999", name="模擬", sex="3", birth_date=date(1980, 2, 29)),),
        consents=tuple(_consent_outcome(item, timestamp) for item, timestamp in answers.items()),
        by_law=provided_by_law,
        limit=_limit() if limit else None,
    )
    document = result_document(result, encoding)
    written = result_elements(parse_result(document, "utf-8" if encoding == "UTF-8" else "cp932"))
    for item, elements in CONSENTS.items():
        flag, consent_time = written.get(elements.flag), written.get(elements.consent_time)
        available_time = written.get(elements.available_time)
        if item in provided_by_law:
            assert (flag, consent_time, available_time) == ("1", None, None)
        elif item not in answers:
            assert (flag, consent_time, available_time) == (None, None, None)
        elif answers[item] is None:
            assert (flag, consent_time, available_time) == ("0", None, None)
        else:
            assert flag == "1"
            assert consent_time is not None
            assert (available_time is not None) is elements.has_available_time
            assert (
                available_time is None
                or _parse_timestamp(available_time) - _parse_timestamp(consent_time) == CONSENT_PERIOD
            )
    has_limit = any(name.startswith("LimitApplicationCertificateRelatedInfo/") for name in written)
    assert has_limit is (limit and (bool(provided_by_law) or bool(answers.get(Item.HIGH_COST_LIMIT))))


def _consent_outcome(item: Item, timestamp: datetime | None) -> ConsentOutcome:
    if timestamp is None:
        return ConsentOutcome(item=item, flag=0)
    expires = CONSENTS[item].has_available_time
    return ConsentOutcome(
        item=item, flag=1, consent_time=timestamp, available_time=timestamp + CONSENT_PERIOD if expires else None
    )


def _limit() -> LimitCertificate:
    return LimitCertificate(
        classification="01",
        classification_flag="A03",
        valid_start_date=date(2026, 8, 1),
        valid_end_date=date(2027, 7, 31),
    )


def _parse_timestamp(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S")
