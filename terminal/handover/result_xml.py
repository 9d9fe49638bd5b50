"""`QualificationResult` as the file that receipt computers read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consent.items import Item
from terminal.handover.layout import attributes_of
from terminal.handover.messages.header import QualificationHeader
from terminal.handover.messages.insured import DiseaseInfo, ElderlyRecipientInfo, Insured, LimitInfo
from terminal.handover.messages.qualification import QualificationAnswer, QualificationBody
from terminal.handover.parts import Consent
from terminal.handover.xml import CHARACTER_CODES, SUBSTITUTE, Document, Encoding, write_document
from terminal.qualification.contract import (
    ConsentOutcome,
    ElderlyRecipient,
    Limit,
    Qualification,
    QualificationResult,
    SpecificDisease,
)

__all__ = ["SUBSTITUTE", "Encoding", "FaceOptions", "ResultDocument", "result_answer", "result_document"]

ResultDocument = Document
BY_MY_NUMBER_CARD: Final = "1"
"""ReferenceClassification (OQSCD002)."""
ENDED_NORMALLY: Final = "1"
"""SegmentOfResult (OQSCD003)."""


@dataclass(frozen=True, slots=True)
class FaceOptions:
    reference_number: Callable[[str, Qualification], str | None] | None = None
    """The institution's own number (照会番号) for the person of a qualification, by institution code."""
    newer_consents: bool = False
    """Write the consents of 2025 (処方, 検査, アレルギー, 傷病名, 感染症) too. That they stand here is inferred."""


def result_document(
    result: QualificationResult, encoding: Encoding = "UTF-8", options: FaceOptions | None = None
) -> ResultDocument:
    """Shift_JIS follows CP932, as receipt computers read it."""
    return write_document(result_answer(result, encoding, options), encoding)


def result_answer(
    result: QualificationResult, encoding: Encoding = "UTF-8", options: FaceOptions | None = None
) -> QualificationAnswer:
    """The check's id is the file identifier: it ties the file to ledger and service and says nothing of the person."""
    options = options or FaceOptions()
    return QualificationAnswer(
        header=QualificationHeader(
            executed_at=result.processed_at,
            confirmation_date=result.qualification_date,
            institution_code=result.institution_code,
            file_identifier=result.check_id,
            reference=BY_MY_NUMBER_CARD,
            segment=ENDED_NORMALLY,
            character_code=CHARACTER_CODES[encoding],
        ),
        body=QualificationBody(
            prescription=result.prescription_form,
            status=result.status,
            result_code=result.code,
            result_message=result.message,
            validity=result.validity,
            results=tuple(_insured(entry, result, options) for entry in result.qualifications),
        ),
    )


def _insured(qualification: Qualification, result: QualificationResult, options: FaceOptions) -> Insured:
    added = _consents(result, options)
    if options.reference_number is not None:
        added["reference_number"] = options.reference_number(result.institution_code, qualification)
    return insured_of(qualification).model_copy(update=added)


def insured_of(qualification: Qualification) -> Insured:
    """What the insurer's record says, without any consent."""
    recipient = qualification.elderly_recipient
    return Insured(
        card_classification=qualification.insured_card_classification,
        insurer_number=qualification.insurer_number,
        card_symbol=qualification.insured_card_symbol,
        identification_number=qualification.insured_identification_number,
        branch_number=qualification.insured_branch_number,
        family=qualification.personal_family_classification,
        insured_name=qualification.insured_name,
        name=qualification.name,
        name_kana=qualification.name_kana,
        sex=qualification.sex,
        birth_date=qualification.birth_date,
        address=qualification.address,
        post_number=qualification.post_number,
        qualification_date=qualification.qualification_date,
        disqualification_date=qualification.disqualification_date,
        card_valid=qualification.card_valid_date,
        contribution_ratio=qualification.insured_partial_contribution_ratio,
        preschool=qualification.preschool_classification,
        reason_of_loss=qualification.reason_of_loss,
        insurer_name=qualification.insurer_name,
        elderly_recipient=None if recipient is None else _elderly_recipient(recipient),
    )


def _elderly_recipient(recipient: ElderlyRecipient) -> ElderlyRecipientInfo:
    return ElderlyRecipientInfo(
        valid_start=recipient.valid_start_date,
        valid_end=recipient.valid_end_date,
        ratio=recipient.contribution_ratio,
    )


def limit_info(limit: Limit) -> LimitInfo:
    return LimitInfo(
        classification=limit.classification,
        flag=limit.classification_flag,
        valid_start=limit.valid_start_date,
        valid_end=limit.valid_end_date,
    )


def _disease(disease: SpecificDisease) -> DiseaseInfo:
    return DiseaseInfo(
        category=disease.disease_category,
        valid_start=disease.valid_start_date,
        valid_end=disease.valid_end_date,
        self_pay=disease.self_pay,
    )


def _consents(result: QualificationResult, options: FaceOptions) -> dict[str, object]:
    """An item that was not asked leaves no element; the limit provided by law has its flag and no time of consent."""
    found: dict[str, object] = {}
    provided: set[Item] = set(result.by_law)
    for outcome in result.consents:
        for attribute in attributes_of(outcome.item, options.newer_consents):
            found[attribute] = _consent(outcome)
        if outcome.flag == 1:
            provided.add(outcome.item)
    for item in result.by_law:
        found[attributes_of(item)[0]] = Consent(flag="1")
    if Item.HIGH_COST_LIMIT in provided and result.limit is not None:
        found["limit"] = limit_info(result.limit)
    if Item.SPECIFIC_DISEASE in provided:
        found["diseases"] = tuple(_disease(disease) for disease in result.specific_diseases)
    return found


def _consent(outcome: ConsentOutcome) -> Consent:
    return Consent(flag=str(outcome.flag), consent_time=outcome.consent_time, available_time=outcome.available_time)
