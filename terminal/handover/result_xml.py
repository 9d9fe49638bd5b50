"""Convert a `QualificationResult` to a file for receipt computers."""

from consent.items import Item
from terminal.handover.layout import consent_attributes
from terminal.handover.messages.header import QualificationHeader
from terminal.handover.messages.insured import DiseaseInfo, Insured, LimitInfo, MedicalTicketInfo
from terminal.handover.messages.qualification import (
    DispensedPrescription,
    QualificationAnswer,
    QualificationBody,
    SearchInfo,
)
from terminal.handover.messages.subsidies import SubsidyCertificate, SubsidyResult
from terminal.handover.options import FaceOptions
from terminal.handover.parts import ConsentPart
from terminal.handover.xml import CHARACTER_CODES, SUBSTITUTE, Document, Encoding, write_document
from terminal.qualification.contract import ConsentOutcome, QualificationResult
from terminal.qualification.insured import (
    InsuredSearch,
    MedicalTicket,
    ProvidedSubsidies,
    Qualification,
    Subsidy,
    SubsidyStatus,
)

__all__ = [
    "SUBSTITUTE",
    "Encoding",
    "result_answer",
    "result_body",
    "result_document",
    "to_insured",
]


def result_document(
    result: QualificationResult, encoding: Encoding = "UTF-8", options: FaceOptions | None = None
) -> Document:
    """Return the result as an XML document. Shift_JIS is encoded as CP932, which receipt computers expect."""
    return write_document(result_answer(result, encoding, options), encoding)


def result_answer(
    result: QualificationResult, encoding: Encoding = "UTF-8", options: FaceOptions | None = None
) -> QualificationAnswer:
    """Return the result as a message. The file identifier is the check id, which does not identify the patient."""
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
    options = options or FaceOptions()
    return QualificationBody(
        search=None if result.search is None else _search(result.search, result),
        prescription=result.prescription_form,
        status=result.status,
        result_code=result.code,
        result_message=result.message,
        validity=result.validity,
        results=tuple(_insured(entry, result, options) for entry in result.qualifications),
        subsidies=_subsidies(result.subsidies, result) if options.subsidies and result.subsidies else None,
        dispense=tuple(DispensedPrescription(id=prescription) for prescription in result.dispense or ()),
    )


_SUBSIDY_CODES = {
    SubsidyStatus.USABLE: "1",
    SubsidyStatus.REFUSED: "2",
    SubsidyStatus.NONE: "3",
    SubsidyStatus.ENDED: "4",
    SubsidyStatus.NOT_CONNECTED: "5",
}


def _subsidies(subsidies: ProvidedSubsidies, result: QualificationResult) -> SubsidyResult:
    answer = next((outcome for outcome in result.consents if outcome.item is Item.SUBSIDIES), None)
    return SubsidyResult(
        standing=_SUBSIDY_CODES[subsidies.standing],
        consent=None if answer is None else _consent(answer),
        certificates=tuple(_certificate(subsidy) for subsidy in subsidies.certificates),
    )


def _certificate(subsidy: Subsidy) -> SubsidyCertificate:
    limit = None if subsidy.monthly_limit is None else str(subsidy.monthly_limit)
    formatted = {"monthly_limit": limit, "reimbursement_only": "1" if subsidy.reimbursement_only else "0"}
    return SubsidyCertificate.model_validate(subsidy.model_dump() | formatted)


def _search(search: InsuredSearch, result: QualificationResult) -> SearchInfo:
    limit_granted = any(outcome.item is Item.HIGH_COST_LIMIT and outcome.flag == 1 for outcome in result.consents)
    return SearchInfo.model_validate(search.model_dump() | {"limit_consent": "1" if limit_granted else "0"})


def _insured(qualification: Qualification, result: QualificationResult, options: FaceOptions) -> Insured:
    additions = _consents(result, options)
    if options.reference_number is not None:
        registered = options.reference_number(result.institution_code, qualification)
        additions["reference_number"] = registered or qualification.reference_number
    return to_insured(qualification).model_copy(update=additions)


def to_insured(qualification: Qualification) -> Insured:
    """Convert the insurer's record, without consents. Both models use the same field names."""
    record = qualification.model_dump(exclude_none=True, exclude={"medical_tickets"})
    return Insured.model_validate(record | {"medical_tickets": tuple(map(_ticket, qualification.medical_tickets))})


def _ticket(ticket: MedicalTicket) -> MedicalTicketInfo:
    """Convert a medical ticket, whose lists become numbered elements."""
    record = ticket.model_dump(exclude_none=True, exclude={"injury_names", "remarks"})
    for name, values in (("injury_name", ticket.injury_names), ("remarks", ticket.remarks)):
        record |= {f"{name}_{number}": value for number, value in enumerate(values, start=1)}
    return MedicalTicketInfo.model_validate(record)


def _consents(result: QualificationResult, options: FaceOptions) -> dict[str, object]:
    """Return the fields for items asked about and for items provided by law, which have a flag but no consent time."""
    fields: dict[str, object] = {}
    provided: set[Item] = set(result.by_law)
    for outcome in result.consents:
        for attribute in consent_attributes(outcome.item, options.newer_consents):
            fields[attribute] = _consent(outcome)
        if outcome.flag == 1:
            provided.add(outcome.item)
    for item in result.by_law:
        fields[consent_attributes(item)[0]] = ConsentPart(flag="1")
    if Item.HIGH_COST_LIMIT in provided and result.limit is not None:
        fields["limit"] = LimitInfo.model_validate(result.limit.model_dump(exclude_none=True))
    if Item.SPECIFIC_DISEASE in provided:
        fields["diseases"] = tuple(
            DiseaseInfo.model_validate(disease.model_dump(exclude_none=True)) for disease in result.specific_diseases
        )
    return fields


def _consent(outcome: ConsentOutcome) -> ConsentPart:
    return ConsentPart(flag=str(outcome.flag), consent_time=outcome.consent_time, available_time=outcome.available_time)
