"""Compute the answer to a request, without access to folders."""

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
from terminal.handover.xml import ROOT, Encoding, ParsedFile, UnreadableFile, parse, write_document
from terminal.simulated.exchange.answers.bulk import UploadedFile, answer_fetch, answer_upload
from terminal.simulated.exchange.answers.common import FAILED, AnswerContext
from terminal.simulated.exchange.answers.data import answer_checkups, answer_drugs
from terminal.simulated.exchange.answers.registration import answer_registration
from terminal.simulated.exchange.answers.single import answer_check
from terminal.simulated.exchange.names import RequestName
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.exchange.provoke import Provoked, provoked_behaviour

MAX_IDENTIFIER_LENGTH: Final = 200


class ErrorFile(Part):
    """An `.err` file in this project's own format, because the real format is not public."""

    header: Annotated[ErrorHeader, Element("MessageHeader")]


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """The answer to a request."""

    name: str
    """File name of the answer."""
    data: bytes = field(repr=False)
    delay: float = 0.0
    """Delay in seconds."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An `.err` file."""

    name: str
    data: bytes = field(repr=False)
    problem: ExchangeProblem
    half_written: bool = False
    """Whether the request may be incomplete because its data ends too early."""


class Silent:
    """The request is accepted but never answered."""


Handled = AnswerFile | Rejected | Silent


class MakeContext(Protocol):
    def __call__(self, fail: bool, encoding: Encoding = "UTF-8") -> AnswerContext:
        """`fail`: whether to provoke an abnormal end. `encoding`: encoding of the request."""
        ...


def handle(name: RequestName, data: bytes, make_context: MakeContext, bulk_duration: timedelta) -> Handled:
    """Return the answer to a request. `bulk_duration`: duration of a bulk job."""
    if name.kind is None:
        parsed = parse(data)
        if isinstance(parsed, UnreadableFile):
            return reject(name, ExchangeProblem.NOT_SIMULATED, make_context(False))
        context = make_context(False, parsed.encoding)
        return reject(name, ExchangeProblem.NOT_SIMULATED, context, identifier=identifier_in(parsed))
    parsed = parse(data, name.kind.max_size)
    if isinstance(parsed, UnreadableFile):
        context = make_context(False)
        return reject(name, ExchangeProblem.MALFORMED, context, where=_line(parsed.line), half_written=True)
    read = read_message(parsed, name.kind.message)
    errors = [problem for problem in read.problems if problem.severity is Severity.ERROR]
    if parsed.root.tag != ROOT or not parsed.exact or errors or read.message is None:
        context, where = make_context(False, parsed.encoding), _location(errors)
        return reject(name, ExchangeProblem.MALFORMED, context, where=where, identifier=identifier_in(parsed))
    behaviour = provoked_behaviour(_identifier(read.message))
    if behaviour.silent:
        return Silent()
    if behaviour.reject:
        context = make_context(False, parsed.encoding)
        return reject(name, ExchangeProblem.PROVOKED, context, identifier=_identifier(read.message))
    return _answer_file(
        name,
        data,
        read.message,
        replace(make_context(behaviour.fail, parsed.encoding), old_characters=behaviour.old),
        bulk_duration,
        behaviour,
    )


def _answer_file(
    name: RequestName, data: bytes, message: Part, context: AnswerContext, bulk_duration: timedelta, behaviour: Provoked
) -> Handled:
    job = name.kind.job if name.kind else ""
    answer = _answer(
        message, UploadedFile(f"{name.text}:{sha256(data).hexdigest()}", job, data), context, bulk_duration
    )
    document = write_document(answer, context.encoding).data
    if context.zip_bulk and isinstance(message, BulkFetch):
        return AnswerFile(name.zip_answer, _zip(name.answer, document, context), behaviour.delay)
    return AnswerFile(name.answer, document, behaviour.delay)


def _zip(name: str, document: bytes, context: AnswerContext) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo(name, context.now.timetuple()[:6]), document, ZIP_DEFLATED)
    return buffer.getvalue()


def _answer(message: Part, file: UploadedFile, context: AnswerContext, bulk_duration: timedelta) -> Part:
    match message:
        case QualificationRequest():
            return answer_check(message, context)
        case RegistrationRequest():
            return answer_registration(message, context)
        case BulkRequest() | WelfareListRequest() | ConsentListRequest() | BulkRegistrationRequest():
            return answer_upload(message, file, bulk_duration, context)
        case BulkFetch():
            return answer_fetch(message, file.job, context)
        case DrugRequest():
            return answer_drugs(message, context)
        case CheckupRequest():
            return answer_checkups(message, context)
        case _:
            raise TypeError(f"{type(message).__name__} is not a request")


def reject(
    name: RequestName,
    problem: ExchangeProblem,
    context: AnswerContext,
    *,
    where: str = "",
    identifier: str | None = None,
    half_written: bool = False,
) -> Rejected:
    """Return an `.err` file. `where`: location of the error, appended to the message."""
    header = ErrorHeader(
        executed_at=context.now,
        file_identifier=identifier,
        segment=FAILED,
        error_code=problem.code,
        error_message=problem.sentence + where,
        character_code=context.character_code,
    )
    data = write_document(ErrorFile(header=header), context.encoding).data
    return Rejected(name.error, data, problem, half_written)


def identifier_in(parsed: ParsedFile) -> str | None:
    """Return the file identifier of a message, even if the message has an unknown layout."""
    element = parsed.root.find("MessageHeader/ArbitraryFileIdentifier")
    text = (element.text or "").strip(XML_SPACE) if element is not None else ""
    return text[:MAX_IDENTIFIER_LENGTH] or None


def _identifier(message: Part) -> str | None:
    identifier = getattr(getattr(message, "header", None), "file_identifier", None)
    return identifier if isinstance(identifier, str) else None


def _line(line: int) -> str:
    return f"（{line}行目）" if line else ""


def _location(errors: list[LayoutProblem]) -> str:
    return f"（{errors[0].line}行目 {errors[0].path}）" if errors else ""
