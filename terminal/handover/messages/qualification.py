"""Single check: request by symbol and number, answer, and the card reader result in the same format."""

from datetime import date
from typing import Annotated

from terminal.handover.codes import ORAL_CONSENT, PRESCRIPTION, STATUS, VALIDITY
from terminal.handover.messages.header import DatedRequestHeader, QualificationHeader
from terminal.handover.messages.insured import Insured, Text
from terminal.handover.messages.subsidies import SubsidyResult
from terminal.handover.parts import Confidence, Element, Part
from terminal.handover.values import BRANCH, DATE, INSURER, NUMBER, SYMBOL, TEXT, code

Status = Annotated[str, Element("ProcessingResultStatus", code(STATUS))]
ResultCode = Annotated[Text, Element("ProcessingResultCode", TEXT)]
"""Optional, even on success."""
ResultMessage = Annotated[Text, Element("ProcessingResultMessage", TEXT)]
Validity = Annotated[Text, Element("QualificationValidity", code(VALIDITY), Confidence.DOCUMENTED)]


class SearchInfo(Part):
    insurer_number: Annotated[str, Element("InsurerNumber", INSURER)]
    insured_card_symbol: Annotated[Text, Element("InsuredCardSymbol", SYMBOL)] = None
    insured_identification_number: Annotated[str, Element("InsuredIdentificationNumber", NUMBER)]
    insured_branch_number: Annotated[Text, Element("InsuredBranchNumber", BRANCH)] = None
    birth_date: Annotated[date, Element("Birthdate", DATE)]
    limit_consent: Annotated[str, Element("LimitApplicationCertificateRelatedConsFlg", code(ORAL_CONSENT))]
    """Oral consent, because this check uses no card."""
    arbitrary_identifier: Annotated[Text, Element("ArbitraryIdentifier", TEXT)] = None


class SearchBody(Part):
    search: Annotated[SearchInfo, Element("QualificationConfirmSearchInfo")]


class QualificationRequest(Part):
    """`OQSsiquc01req_`"""

    header: Annotated[DatedRequestHeader, Element("MessageHeader")]
    body: Annotated[SearchBody, Element("MessageBody")]


class DispensedPrescription(Part):
    """Prescription that a pharmacy's patient selected for dispensing. Not in any public document."""

    id: Annotated[str, Element("PrescriptionId", TEXT, Confidence.INFERRED)]


class QualificationBody(Part):
    search: Annotated[SearchInfo | None, Element("QualificationConfirmSearchInfo")] = None
    prescription: Annotated[Text, Element("PrescriptionIssueSelect", code(PRESCRIPTION), Confidence.DOCUMENTED)] = None
    status: Status
    result_code: ResultCode = None
    result_message: ResultMessage = None
    validity: Validity = None
    results: Annotated[tuple[Insured, ...], Element("ResultList", item="ResultOfQualificationConfirmation")] = ()
    subsidies: Annotated[SubsidyResult | None, Element("MedicalSubsidyResult", None, Confidence.INFERRED)] = None
    dispense: Annotated[
        tuple[DispensedPrescription, ...],
        Element("DispensingPrescriptionList", None, Confidence.INFERRED, item="DispensingPrescription"),
    ] = ()


class QualificationAnswer(Part):
    """`OQSsiquc01res_` and `OQSsiquc01res_face_`. The body is absent if the request file was rejected."""

    header: Annotated[QualificationHeader, Element("MessageHeader")]
    body: Annotated[QualificationBody | None, Element("MessageBody")] = None
