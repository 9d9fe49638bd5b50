"""Convert the bytes of a request to the bytes of its answer, independent of folders."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Annotated, Final, Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from terminal.handover.messages.bulk import BulkFetch, BulkRequest
from terminal.handover.messages.data import CheckupRequest, DrugRequest
from terminal.handover.messages.header import ErrorHeader
from terminal.handover.messages.kinds import read_message
from terminal.handover.messages.lists import BulkRegistrationRequest, ConsentListRequest, WelfareListRequest
from terminal.handover.messages.qualification import QualificationRequest
from terminal.handover.messages.reference import RegistrationRequest
from terminal.handover.parts import Element, LayoutProblem, Part
from terminal.handover.values import XML_SPACE, Severity
from terminal.handover.xml import ROOT, Encoding, Parsed, Unreadable, parse, write_document
from terminal.simulated.exchange.answers.bulk import UploadedFile, answer_fetch, answer_upload
from terminal.simulated.exchange.answers.common import FAILED, AnswerContext
from terminal.simulated.exchange.answers.data import answer_checkups, answer_drugs
from terminal.simulated.exchange.answers.registration import answer_registration
from terminal.simulated.exchange.answers.single import answer_check
from terminal.simulated.exchange.names import RequestName
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.exchange.provoke import Provoked, provoked

MAX_IDENTIFIER_LENGTH: Final = 200


class ErrorFile(Part):
    """An `.err` file in our own format: the content of a real one is not public."""

    header: Annotated[ErrorHeader, Element("MessageHeader")]


@dataclass(frozen=True, slots=True)
class AnswerFile:
    name: str
    """File name of the answer."""
    data: bytes = field(repr=False)
    delay: float = 0.0
    """Seconds to delay it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An `.err` file."""

    name: str
    data: bytes = field(repr=False)
    trouble: ExchangeProblem
    half_written: bool = False
    """Whether the message may be incomplete: the data ends too early."""


class Silent:
    """The request is accepted and never answered."""


Handled = AnswerFile | Rejected | Silent


class MakeDesk(Protocol):
    def __call__(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
        """`fail`: the request asks for an abnormal end. `encoding`: encoding of the request."""
        ...


def handle(name: RequestName, data: bytes, desk: MakeDesk, bulk_lasts: timedelta) -> Handled:
    if name.kind is None:
        parsed = parse(data)
        if isinstance(parsed, Unreadable):
            return reject(name, ExchangeProblem.NOT_SIMULATED, desk(False))
        here = desk(False, parsed.encoding)
        return reject(name, ExchangeProblem.NOT_SIMULATED, here, identifier=identifier_in(parsed))
    parsed = parse(data, name.kind.largest)
    if isinstance(parsed, Unreadable):
        return reject(name, ExchangeProblem.MALFORMED, desk(False), where=_line(parsed.line), half_written=True)
    read = read_message(parsed, name.kind.message)
    errors = [problem for problem in read.problems if problem.severity is Severity.ERROR]
    if parsed.root.tag != ROOT or not parsed.exact or errors or read.message is None:
        here = desk(False, parsed.encoding)
        return reject(name, ExchangeProblem.MALFORMED, here, where=_place(errors), identifier=identifier_in(parsed))
    behaviour = provoked(_identifier(read.message))
    if behaviour.silent:
        return Silent()
    if behaviour.reject:
        here = desk(False, parsed.encoding)
        return reject(name, ExchangeProblem.PROVOKED, here, identifier=_identifier(read.message))
    return _answered(
        name,
        data,
        read.message,
        replace(desk(behaviour.fail, parsed.encoding), old_characters=behaviour.old),
        bulk_lasts,
        behaviour,
    )


def _answered(
    name: RequestName, data: bytes, message: Part, desk: AnswerContext, bulk_lasts: timedelta, behaviour: Provoked
) -> Handled:
    job = name.kind.job if name.kind else ""
    answer = _answer(message, UploadedFile(f"{name.text}:{sha256(data).hexdigest()}", job, data), desk, bulk_lasts)
    document = write_document(answer, desk.encoding).data
    if desk.zip_bulk and isinstance(message, BulkFetch):
        return AnswerFile(name.zipped, _zipped(name.answer, document, desk), behaviour.delay)
    return AnswerFile(name.answer, document, behaviour.delay)


def _zipped(name: str, document: bytes, desk: AnswerContext) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo(name, desk.now.timetuple()[:6]), document, ZIP_DEFLATED)
    return packed.getvalue()


def _answer(message: Part, file: UploadedFile, desk: AnswerContext, bulk_lasts: timedelta) -> Part:
    match message:
        case QualificationRequest():
            return answer_check(message, desk)
        case RegistrationRequest():
            return answer_registration(message, desk)
        case BulkRequest() | WelfareListRequest() | ConsentListRequest() | BulkRegistrationRequest():
            return answer_upload(message, file, bulk_lasts, desk)
        case BulkFetch():
            return answer_fetch(message, file.job, desk)
        case DrugRequest():
            return answer_drugs(message, desk)
        case CheckupRequest():
            return answer_checkups(message, desk)
        case _:
            raise TypeError(f"{type(message).__name__} is not a request")


def reject(
    name: RequestName,
    trouble: ExchangeProblem,
    desk: AnswerContext,
    *,
    where: str = "",
    identifier: str | None = None,
    half_written: bool = False,
) -> Rejected:
    header = ErrorHeader(
        executed_at=desk.now,
        file_identifier=identifier,
        segment=FAILED,
        error_code=trouble.code,
        error_message=trouble.sentence + where,
        character_code=desk.character_code,
    )
    data = write_document(ErrorFile(header=header), desk.encoding).data
    return Rejected(name.error, data, trouble, half_written)


def identifier_in(parsed: Parsed) -> str | None:
    """Return the identifier, even from a message that follows no layout."""
    found = parsed.root.find("MessageHeader/ArbitraryFileIdentifier")
    text = (found.text or "").strip(XML_SPACE) if found is not None else ""
    return text[:MAX_IDENTIFIER_LENGTH] or None


def _identifier(message: Part) -> str | None:
    identifier = getattr(getattr(message, "header", None), "file_identifier", None)
    return identifier if isinstance(identifier, str) else None


def _line(line: int) -> str:
    return f"（{line}行目）" if line else ""


def _place(errors: list[LayoutProblem]) -> str:
    return f"（{errors[0].line}行目 {errors[0].path}）" if errors else ""
