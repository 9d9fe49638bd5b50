"""Messages that register an institution's own patient numbers (照会番号)."""

from typing import Annotated

from terminal.handover.messages.header import AnswerHeader, RequestHeader
from terminal.handover.messages.insured import REFERENCE_NUMBER, Text
from terminal.handover.messages.qualification import ResultCode, ResultMessage, Status
from terminal.handover.parts import Element, Part
from terminal.handover.values import BRANCH, INSURER, NUMBER, SYMBOL


class RegistrationInfo(Part):
    reference_number: Annotated[str, Element("ReferenceNumber", REFERENCE_NUMBER)]
    insurer_number: Annotated[str, Element("InsurerNumber", INSURER)]
    insured_card_symbol: Annotated[Text, Element("InsuredCardSymbol", SYMBOL)] = None
    insured_identification_number: Annotated[str, Element("InsuredIdentificationNumber", NUMBER)]
    insured_branch_number: Annotated[Text, Element("InsuredBranchNumber", BRANCH)] = None


class RegistrationBody(Part):
    info: Annotated[RegistrationInfo, Element("ReferenceNumberRegistrationInfo")]


class RegistrationRequest(Part):
    """`OQSsiimm01req_`"""

    header: Annotated[RequestHeader, Element("MessageHeader")]
    body: Annotated[RegistrationBody, Element("MessageBody")]


class RegistrationResult(Part):
    info: Annotated[RegistrationInfo | None, Element("ReferenceNumberRegistrationInfo")] = None
    status: Status
    result_code: ResultCode = None
    result_message: ResultMessage = None


class RegistrationAnswer(Part):
    """`OQSsiimm01res_`"""

    header: Annotated[AnswerHeader, Element("MessageHeader")]
    body: Annotated[RegistrationResult | None, Element("MessageBody")] = None
