"""`QualificationResult` as the file that receipt computers read."""

from collections.abc import Callable
from dataclasses import dataclass

from consent.items import Item
from terminal.handover.layout import attributes_of
from terminal.handover.messages.header import QualificationHeader
from terminal.handover.messages.insured import DiseaseInfo, ElderlyRecipientInfo, Insured, LimitInfo, MedicalTicket
from terminal.handover.messages.qualification import QualificationAnswer, QualificationBody, SearchInfo
from terminal.handover.parts import Consent
from terminal.handover.xml import CHARACTER_CODES, SUBSTITUTE, Document, Encoding, write_document
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.qualification.insured import ElderlyRecipient, InsuredSearch, Limit, Qualification, SpecificDisease
from terminal.qualification.insured import MedicalTicket as Ticket

__all__ = [
    "SUBSTITUTE",
    "Encoding",
    "FaceOptions",
    "ResultDocument",
    "insured_of",
    "result_answer",
    "result_body",
    "result_document",
]

ResultDocument = Document


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
    return QualificationAnswer(
        header=QualificationHeader(
            executed_at=result.processed_at,
            confirmation_date=result.qualification_date,
            institution_code=result.institution_code,
            file_identifier=result.check_id,
            reference=result.reference_classification,
            segment=result.segment,
            error_code=result.error_code,
            error_message=result.error_message,
            character_code=CHARACTER_CODES[encoding],
        ),
        body=result_body(result, options),
    )


def result_body(result: QualificationResult, options: FaceOptions | None = None) -> QualificationBody:
    return QualificationBody(
        search=None if result.search is None else _search(result.search, result),
        prescription=result.prescription_form,
        status=result.status,
        result_code=result.code,
        result_message=result.message,
        validity=result.validity,
        results=tuple(_insured(entry, result, options or FaceOptions()) for entry in result.qualifications),
    )


def _search(search: InsuredSearch, result: QualificationResult) -> SearchInfo:
    agreed = any(outcome.item is Item.HIGH_COST_LIMIT and outcome.flag == 1 for outcome in result.consents)
    return SearchInfo(
        insurer_number=search.insurer_number,
        card_symbol=search.insured_card_symbol,
        identification_number=search.insured_identification_number,
        branch_number=search.insured_branch_number,
        birth_date=search.birth_date,
        limit_consent="1" if agreed else "0",
    )


def _insured(qualification: Qualification, result: QualificationResult, options: FaceOptions) -> Insured:
    added = _consents(result, options)
    if options.reference_number is not None:
        registered = options.reference_number(result.institution_code, qualification)
        added["reference_number"] = registered or qualification.reference_number
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
        name_of_other=qualification.name_of_other,
        name_kana=qualification.name_kana,
        name_of_other_kana=qualification.name_of_other_kana,
        sex=qualification.sex,
        sex_2=qualification.sex_on_certificate,
        birth_date=qualification.birth_date,
        address=qualification.address,
        post_number=qualification.post_number,
        qualification_date=qualification.qualification_date,
        disqualification_date=qualification.disqualification_date,
        certificate_issued=qualification.certificate_issuance_date,
        card_valid=qualification.card_valid_date,
        card_expires=qualification.card_expiration_date,
        contribution_ratio=qualification.insured_partial_contribution_ratio,
        preschool=qualification.preschool_classification,
        reason_of_loss=qualification.reason_of_loss,
        insurer_name=qualification.insurer_name,
        elderly_recipient=None if recipient is None else _elderly_recipient(recipient),
        tickets=tuple(_ticket(ticket) for ticket in qualification.medical_tickets),
        reference_number=qualification.reference_number,
    )


def _elderly_recipient(recipient: ElderlyRecipient) -> ElderlyRecipientInfo:
    return ElderlyRecipientInfo(
        certificate_date=recipient.certificate_date,
        valid_start=recipient.valid_start_date,
        valid_end=recipient.valid_end_date,
        ratio=recipient.contribution_ratio,
    )


def _limit(limit: Limit) -> LimitInfo:
    return LimitInfo(
        classification=limit.classification,
        flag=limit.classification_flag,
        certificate_date=limit.certificate_date,
        valid_start=limit.valid_start_date,
        valid_end=limit.valid_end_date,
        long_term=limit.long_term_date,
    )


def _disease(disease: SpecificDisease) -> DiseaseInfo:
    return DiseaseInfo(
        category=disease.disease_category,
        certificate_date=disease.certificate_date,
        valid_start=disease.valid_start_date,
        valid_end=disease.valid_end_date,
        self_pay=disease.self_pay,
    )


def _ticket(ticket: Ticket) -> MedicalTicket:
    injuries, remarks = (*ticket.injury_names, None, None, None), (*ticket.remarks, None, None, None)
    return MedicalTicket(
        ticket_type=ticket.ticket_type,
        valid=ticket.valid_date,
        expires=ticket.expiration_date,
        issue_number=ticket.issue_number,
        month=ticket.treatment_month,
        designated_code=ticket.institution_code,
        designated_flag=ticket.institution_flag,
        designated_name=ticket.institution_name,
        issuer_code=ticket.prescription_issuer_code,
        issuer_name=ticket.prescription_issuer_name,
        injury_1=injuries[0],
        injury_2=injuries[1],
        injury_3=injuries[2],
        treatment_type=ticket.treatment_type,
        self_pay=ticket.self_pay_amount,
        district_contact=ticket.district_contact_name,
        handling_contact=ticket.handling_contact_name,
        single_or_combined=ticket.single_or_combined_use,
        social_insurance=ticket.social_insurance,
        consistency=ticket.consistency_flag,
        infection=ticket.infection,
        elderly_care=ticket.elderly_medical_care,
        prefectural=ticket.prefectural_expenses,
        remarks_1=remarks[0],
        remarks_2=remarks[1],
        remarks_3=remarks[2],
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
        found["limit"] = _limit(result.limit)
    if Item.SPECIFIC_DISEASE in provided:
        found["diseases"] = tuple(_disease(disease) for disease in result.specific_diseases)
    return found


def _consent(outcome: ConsentOutcome) -> Consent:
    return Consent(flag=str(outcome.flag), consent_time=outcome.consent_time, available_time=outcome.available_time)
