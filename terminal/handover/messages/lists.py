"""List messages: welfare by month (医療扶助), consents for visiting and online care, patient numbers in bulk.

The requests follow open-source programs. The results for welfare and care are inferred from the bulk check.
"""

from datetime import date
from typing import Annotated

from terminal.handover.codes import CARE
from terminal.handover.messages.header import BulkHeader, RequestHeader
from terminal.handover.messages.qualification import ResultCode, ResultMessage, Status
from terminal.handover.messages.reference import RegistrationInfo
from terminal.handover.parts import Element, Part
from terminal.handover.values import DATE, MONTH, code


class MonthSearch(Part):
    month: Annotated[str, Element("MedicalTreatmentMonth", MONTH)]


class MonthBody(Part):
    search: Annotated[MonthSearch, Element("QualificationConfirmSearchInfo")]


class WelfareListRequest(Part):
    """`OQSmutic01req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[MonthBody, Element("MessageBody")]


class ConsentSearch(Part):
    """Period of consent or of examination."""

    consented_from: Annotated[date | None, Element("ConsentDateFrom", DATE)] = None
    consented_to: Annotated[date | None, Element("ConsentDateTo", DATE)] = None
    examined_from: Annotated[date | None, Element("ExaminationDateFrom", DATE)] = None
    examined_to: Annotated[date | None, Element("ExaminationDateTo", DATE)] = None
    care: Annotated[str, Element("MedicalTreatmentFlag", code(CARE))]


class ConsentsBody(Part):
    search: Annotated[ConsentSearch, Element("QualificationConfirmSearchInfo")]


class ConsentListRequest(Part):
    """`OQSmuhvq01req_`, `OQSmuonq01req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[ConsentsBody, Element("MessageBody")]


class BulkRegistrationBody(Part):
    infos: Annotated[tuple[RegistrationInfo, ...], Element("ReferenceNumberRegistrationInfo")]


class BulkRegistrationRequest(Part):
    """`OQSmuimm01req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[BulkRegistrationBody, Element("MessageBody")]


class BulkRegistrationUnit(Part):
    info: Annotated[RegistrationInfo | None, Element("ReferenceNumberRegistrationInfo")] = None
    status: Status
    result_code: ResultCode = None
    result_message: ResultMessage = None


class BulkRegistrationUnits(Part):
    units: Annotated[tuple[BulkRegistrationUnit, ...], Element("BulkRegistrationUnit")] = ()


class BulkRegistrationResult(Part):
    """`OQSmuimm02res_`. The segment is 2 during processing."""

    header: Annotated[BulkHeader, Element("MessageHeader")]
    body: Annotated[BulkRegistrationUnits | None, Element("MessageBody")] = None
