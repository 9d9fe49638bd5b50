"""Answers to bulk requests. An upload returns a reception number, with which another request fetches the result."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from terminal.handover.messages.bulk import BulkAccepted, BulkFetch, BulkReception, BulkRequest, BulkResult, BulkUnits
from terminal.handover.messages.header import BulkHeader, DatedRequestHeader, RequestHeader
from terminal.handover.messages.kinds import kind_for_name, read_message
from terminal.handover.messages.lists import (
    BulkRegistrationRequest,
    BulkRegistrationResult,
    BulkRegistrationUnits,
    ConsentListRequest,
    WelfareListRequest,
)
from terminal.handover.xml import MAX_BULK_SIZE, ParsedFile, parse
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, IN_PROCESS, AnswerContext
from terminal.simulated.exchange.answers.lists import care_units, period_problem, registration_unit, ticket_units
from terminal.simulated.exchange.answers.units import check_unit
from terminal.simulated.exchange.problems import ExchangeProblem

Upload = BulkRequest | WelfareListRequest | ConsentListRequest | BulkRegistrationRequest
REGISTRATION: Final = "OQSmuimm"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An uploaded bulk request."""

    key: str
    """Name and digest of the file."""
    job: str
    """`FileKind.job`."""
    data: bytes = field(repr=False)


def answer_upload(request: Upload, file: UploadedFile, duration: timedelta, context: AnswerContext) -> BulkAccepted:
    """Store the upload and return its reception number, or an error. `duration`: how long the job takes."""
    header = RequestHeader(
        institution_code=request.header.institution_code, file_identifier=request.header.file_identifier
    )
    problem = _refusal(header.institution_code, context)
    if problem is None and isinstance(request, ConsentListRequest):
        problem = period_problem(file.job, request.body.search)
    if problem is not None:
        return BulkAccepted(header=context.header(header, FAILED, problem.code, problem.sentence))
    number = context.store.upload(
        file.key, file.job, header.institution_code, file.data, context.now, context.now + duration
    )
    return BulkAccepted(
        header=context.header(header, ENDED_NORMALLY), body=BulkReception(reception_number=number, status="1")
    )


def answer_fetch(request: BulkFetch, job: str, context: AnswerContext) -> BulkResult | BulkRegistrationResult:
    """Return segment 2 while the job is in progress, and its result for a day afterwards."""
    number, institution = request.body.reception_number, request.header.institution_code
    upload = context.store.uploaded(number)
    problem = _refusal(institution, context)
    if problem is None and (upload is None or (upload.institution, upload.job) != (institution, job)):
        problem = ExchangeProblem.UNKNOWN_RECEPTION
    if problem is not None or upload is None:
        return _result(job, _header(request, context, FAILED, problem))
    uploaded = _parse_upload(upload.request, upload.job)
    if context.now < upload.ready_at:
        return _result(job, _header(request, context, IN_PROCESS, number=number, uploaded=uploaded))
    units = _units(uploaded, institution, context)
    normal = sum(unit.status == "1" for unit in units)
    header = _header(request, context, ENDED_NORMALLY, number=number, uploaded=uploaded)
    counts = {"processed": str(len(units)), "normal": str(normal), "errors": str(len(units) - normal)}
    return _result(job, header.model_copy(update=counts), units)


def _units(uploaded: Upload, institution: str, context: AnswerContext) -> tuple[Any, ...]:
    match uploaded:
        case BulkRequest():
            day = uploaded.header.confirmation_date
            return tuple(check_unit(search, day, institution, context) for search in uploaded.body.searches)
        case WelfareListRequest():
            return ticket_units(uploaded.body.search.month, institution, context)
        case ConsentListRequest():
            return care_units(uploaded.body.search, institution, context)
        case BulkRegistrationRequest():
            return tuple(registration_unit(info, institution, context) for info in uploaded.body.infos)


def _result(job: str, header: BulkHeader, units: tuple[Any, ...] | None = None) -> BulkResult | BulkRegistrationResult:
    if job == REGISTRATION:
        return BulkRegistrationResult(header=header, body=None if units is None else BulkRegistrationUnits(units=units))
    return BulkResult(header=header, body=None if units is None else BulkUnits(units=units))


def _parse_upload(data: bytes, job: str) -> Upload:
    kind, parsed = kind_for_name(f"{job}01req_"), parse(data, MAX_BULK_SIZE)
    assert kind is not None
    assert isinstance(parsed, ParsedFile), "only parsed uploads are stored"
    message = read_message(parsed, kind.message).message
    assert isinstance(message, Upload), "only valid uploads are stored"
    return message


def _refusal(institution: str, context: AnswerContext) -> ExchangeProblem | None:
    if context.fail:
        return ExchangeProblem.PROVOKED
    return None if context.is_allowed(institution) else ExchangeProblem.OTHER_INSTITUTION


def _header(
    request: BulkFetch,
    context: AnswerContext,
    segment: str,
    problem: ExchangeProblem | None = None,
    *,
    number: str | None = None,
    uploaded: Upload | None = None,
) -> BulkHeader:
    """Return the header of a result. The file identifier defaults to that of the upload."""
    original = uploaded.header if uploaded else None
    return BulkHeader(
        executed_at=context.now,
        confirmation_date=original.confirmation_date if isinstance(original, DatedRequestHeader) else None,
        institution_code=request.header.institution_code,
        file_identifier=request.header.file_identifier or (original.file_identifier if original else None),
        reception_number=number,
        segment=segment,
        error_code=problem.code if problem else None,
        error_message=problem.sentence if problem else None,
        character_code=context.character_code,
    )
