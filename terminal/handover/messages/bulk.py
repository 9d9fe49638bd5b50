"""Bulk check messages: upload, reception number, fetch, result."""

from typing import Annotated

from terminal.handover.messages.header import AnswerHeader, BulkHeader, DatedRequestHeader, RequestHeader
from terminal.handover.messages.insured import REFERENCE_NUMBER, Insured, Text
from terminal.handover.messages.qualification import ResultCode, ResultMessage, SearchInfo, Status, Validity
from terminal.handover.parts import Confidence, Element, Part
from terminal.handover.values import TEXT


class BulkSearch(Part):
    searches: Annotated[
        tuple[SearchInfo, ...], Element("QualificationConfirmSearchInfo", confidence=Confidence.INFERRED)
    ]


class BulkRequest(Part):
    """`OQSmuquc01req_`"""

    header: Annotated[DatedRequestHeader, Element("MessageHeader")]
    body: Annotated[BulkSearch, Element("MessageBody")]


class BulkReception(Part):
    reception_number: Annotated[Text, Element("ReceptionNumber", TEXT)] = None
    status: Status
    result_code: ResultCode = None
    result_message: ResultMessage = None


class BulkAccepted(Part):
    """`OQSmuquc01res_`"""

    header: Annotated[AnswerHeader, Element("MessageHeader")]
    body: Annotated[BulkReception | None, Element("MessageBody")] = None


class BulkTicket(Part):
    reception_number: Annotated[str, Element("ReceptionNumber", TEXT)]


class BulkFetch(Part):
    """`OQSmuquc02req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[BulkTicket, Element("MessageBody")]


class BulkUnit(Part):
    search: Annotated[SearchInfo | None, Element("QualificationConfirmSearchInfo")] = None
    status: Status
    result_code: ResultCode = None
    result_message: ResultMessage = None
    validity: Validity = None
    result: Annotated[Insured | None, Element("ResultOfQualificationConfirmation")] = None
    reference_number: Annotated[Text, Element("ReferenceNumber", REFERENCE_NUMBER)] = None


class BulkUnits(Part):
    units: Annotated[tuple[BulkUnit, ...], Element("BulkConfirmUnit")] = ()


class BulkResult(Part):
    """`OQSmuquc02res_`. The segment is 2 during processing."""

    header: Annotated[BulkHeader, Element("MessageHeader")]
    body: Annotated[BulkUnits | None, Element("MessageBody")] = None
