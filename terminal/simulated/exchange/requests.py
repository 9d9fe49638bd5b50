"""From the bytes of a request to the bytes of its answer. No folders here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from terminal.handover.messages.bulk import BulkFetch, BulkRequest
from terminal.handover.messages.data import CheckupRequest, DrugRequest
from terminal.handover.messages.header import ErrorHeader
from terminal.handover.messages.kinds import read_message
from terminal.handover.messages.qualification import QualificationRequest
from terminal.handover.messages.reference import RegistrationRequest
from terminal.handover.parts import Element, Part, Problem
from terminal.handover.values import Severity
from terminal.handover.xml import ROOT, Unreadable, parse, write_document
from terminal.simulated.exchange.answers.bulk import UploadedFile, answer_fetch, answer_upload
from terminal.simulated.exchange.answers.common import FAILED, Desk
from terminal.simulated.exchange.answers.data import answer_checkups, answer_drugs
from terminal.simulated.exchange.answers.registration import answer_registration
from terminal.simulated.exchange.answers.single import answer_check
from terminal.simulated.exchange.names import RequestName
from terminal.simulated.exchange.problems import Trouble
from terminal.simulated.exchange.provoke import Provoked, provoked


class ErrorFile(Part):
    """Ours: what stands in a real `.err` is not public."""

    header: Annotated[ErrorHeader, Element("MessageHeader")]


@dataclass(frozen=True, slots=True)
class Answered:
    name: str
    """Of the answer's file."""
    data: bytes = field(repr=False)
    delay: float = 0.0
    """Seconds to hold it back."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An `.err` file."""

    name: str
    data: bytes = field(repr=False)
    trouble: Trouble
    half_written: bool = False
    """Perhaps: the bytes end before the message does."""


class Silent:
    """Taken, never answered."""


Handled = Answered | Rejected | Silent


def handle(name: RequestName, data: bytes, desk: Callable[[bool], Desk], bulk_lasts: timedelta) -> Handled:
    """`desk` makes the surroundings: told whether the request wants an abnormal end."""
    if name.kind is None:
        return reject(name, Trouble.NOT_SIMULATED, desk(False))
    parsed = parse(data, name.kind.largest)
    if isinstance(parsed, Unreadable):
        return reject(name, Trouble.MALFORMED, desk(False), where=_line(parsed.line), half_written=True)
    read = read_message(parsed, name.kind.message)
    errors = [problem for problem in read.problems if problem.severity is Severity.ERROR]
    if parsed.root.tag != ROOT or not parsed.exact or errors or read.message is None:
        return reject(name, Trouble.MALFORMED, desk(False), where=_place(errors))
    wish = provoked(_identifier(read.message))
    if wish.silent:
        return Silent()
    if wish.reject:
        return reject(name, Trouble.PROVOKED, desk(False), identifier=_identifier(read.message))
    return _answered(name, data, read.message, desk(wish.fail), bulk_lasts, wish)


def _answered(
    name: RequestName, data: bytes, message: Part, desk: Desk, bulk_lasts: timedelta, wish: Provoked
) -> Handled:
    answer = _answer(message, UploadedFile(f"{name.text}:{sha256(data).hexdigest()}", data), desk, bulk_lasts)
    return Answered(name.answer, write_document(answer, desk.encoding).data, wish.delay)


def _answer(message: Part, file: UploadedFile, desk: Desk, bulk_lasts: timedelta) -> Part:
    match message:
        case QualificationRequest():
            return answer_check(message, desk)
        case RegistrationRequest():
            return answer_registration(message, desk)
        case BulkRequest():
            return answer_upload(message, file, bulk_lasts, desk)
        case BulkFetch():
            return answer_fetch(message, desk)
        case DrugRequest():
            return answer_drugs(message, desk)
        case CheckupRequest():
            return answer_checkups(message, desk)
        case _:
            raise TypeError(f"{type(message).__name__} is no request")


def reject(
    name: RequestName,
    trouble: Trouble,
    desk: Desk,
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


def _identifier(message: Part) -> str | None:
    identifier = getattr(getattr(message, "header", None), "file_identifier", None)
    return identifier if isinstance(identifier, str) else None


def _line(line: int) -> str:
    return f"（{line}行目）" if line else ""


def _place(errors: list[Problem]) -> str:
    return f"（{errors[0].line}行目 {errors[0].path}）" if errors else ""
