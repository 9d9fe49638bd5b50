"""Requests for lists: welfare by month (医療扶助), consents of visit and online care, patient numbers in bulk.

Requests are as written by public programs. Results of the first three are inferred from those of the bulk check.
"""

from datetime import date
from typing import Annotated

from terminal.handover.codes import CARE
from terminal.handover.messages.header import BulkHeader, RequestHeader
from terminal.handover.messages.qualification import ResultCode, ResultMessage, Status
from terminal.handover.messages.reference import RegistrationInfo
from terminal.handover.parts import Element, Part
from terminal.handover.values import DAY, MONTH, code


class MonthWanted(Part):
    month: Annotated[str, Element("MedicalTreatmentMonth", MONTH)]


class MonthBody(Part):
    search: Annotated[MonthWanted, Element("QualificationConfirmSearchInfo")]


class WelfareListRequest(Part):
    """`OQSmutic01req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[MonthBody, Element("MessageBody")]


class ConsentsWanted(Part):
    """One of the two periods."""

    consented_from: Annotated[date | None, Element("ConsentDateFrom", DAY)] = None
    consented_to: Annotated[date | None, Element("ConsentDateTo", DAY)] = None
    examined_from: Annotated[date | None, Element("ExaminationDateFrom", DAY)] = None
    examined_to: Annotated[date | None, Element("ExaminationDateTo", DAY)] = None
    care: Annotated[str, Element("MedicalTreatmentFlag", code(CARE))]


class ConsentsBody(Part):
    search: Annotated[ConsentsWanted, Element("QualificationConfirmSearchInfo")]


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
    """`OQSmuimm02res_`. Segment 2 while it is still being processed."""

    header: Annotated[BulkHeader, Element("MessageHeader")]
    body: Annotated[BulkRegistrationUnits | None, Element("MessageBody")] = None
