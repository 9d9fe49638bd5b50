"""Bulk jobs: an upload returns a reception number, a second request fetches the result."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from terminal.handover.messages.bulk import BulkAccepted, BulkFetch, BulkReception, BulkRequest, BulkResult, BulkUnits
from terminal.handover.messages.header import BulkHeader, DatedRequestHeader, RequestHeader
from terminal.handover.messages.kinds import kind_of, read_message
from terminal.handover.messages.lists import (
    BulkRegistrationRequest,
    BulkRegistrationResult,
    BulkRegistrationUnits,
    ConsentListRequest,
    WelfareListRequest,
)
from terminal.handover.xml import MAX_BULK_SIZE, Parsed, parse
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, IN_PROCESS, AnswerContext
from terminal.simulated.exchange.answers.lists import consented_care, registered, with_tickets, wrong_period
from terminal.simulated.exchange.answers.units import checked
from terminal.simulated.exchange.problems import ExchangeProblem

Upload = BulkRequest | WelfareListRequest | ConsentListRequest | BulkRegistrationRequest
REGISTRATION: Final = "OQSmuimm"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    key: str
    """Identity of the file: name and digest."""
    job: str
    """`FileKind.job`."""
    data: bytes = field(repr=False)


def answer_upload(request: Upload, file: UploadedFile, lasts: timedelta, desk: AnswerContext) -> BulkAccepted:
    asked = RequestHeader(
        institution_code=request.header.institution_code, file_identifier=request.header.file_identifier
    )
    trouble = _refused(asked.institution_code, desk)
    if trouble is None and isinstance(request, ConsentListRequest):
        trouble = wrong_period(file.job, request.body.search)
    if trouble is not None:
        return BulkAccepted(header=desk.header(asked, FAILED, trouble.code, trouble.sentence))
    number = desk.store.upload(file.key, file.job, asked.institution_code, file.data, desk.now, desk.now + lasts)
    return BulkAccepted(
        header=desk.header(asked, ENDED_NORMALLY), body=BulkReception(reception_number=number, status="1")
    )


def answer_fetch(request: BulkFetch, job: str, desk: AnswerContext) -> BulkResult | BulkRegistrationResult:
    """Answer with segment 2 while the job is in progress, then with the same result for a day."""
    number, institution = request.body.reception_number, request.header.institution_code
    upload = desk.store.uploaded(number)
    trouble = _refused(institution, desk)
    if trouble is None and (upload is None or (upload.institution, upload.job) != (institution, job)):
        trouble = ExchangeProblem.UNKNOWN_RECEPTION
    if trouble is not None or upload is None:
        return _result(job, _header(request, desk, FAILED, trouble))
    uploaded = _uploaded(upload.request, upload.job)
    if desk.now < upload.ready_at:
        return _result(job, _header(request, desk, IN_PROCESS, number=number, uploaded=uploaded))
    units = _units(uploaded, institution, desk)
    normal = sum(unit.status == "1" for unit in units)
    header = _header(request, desk, ENDED_NORMALLY, number=number, uploaded=uploaded)
    counts = {"processed": str(len(units)), "normal": str(normal), "errors": str(len(units) - normal)}
    return _result(job, header.model_copy(update=counts), units)


def _units(uploaded: Upload, institution: str, desk: AnswerContext) -> tuple[Any, ...]:
    match uploaded:
        case BulkRequest():
            day = uploaded.header.confirmation_date
            return tuple(checked(search, day, institution, desk) for search in uploaded.body.searches)
        case WelfareListRequest():
            return with_tickets(uploaded.body.search.month, institution, desk)
        case ConsentListRequest():
            return consented_care(uploaded.body.search, institution, desk)
        case BulkRegistrationRequest():
            return tuple(registered(info, institution, desk) for info in uploaded.body.infos)


def _result(job: str, header: BulkHeader, units: tuple[Any, ...] | None = None) -> BulkResult | BulkRegistrationResult:
    if job == REGISTRATION:
        return BulkRegistrationResult(header=header, body=None if units is None else BulkRegistrationUnits(units=units))
    return BulkResult(header=header, body=None if units is None else BulkUnits(units=units))


def _uploaded(data: bytes, job: str) -> Upload:
    kind, parsed = kind_of(f"{job}01req_"), parse(data, MAX_BULK_SIZE)
    assert kind is not None
    assert isinstance(parsed, Parsed), "only parsed uploads are stored"
    read = read_message(parsed, kind.message).message
    assert isinstance(read, Upload), "only valid uploads are stored"
    return read


def _refused(institution: str, desk: AnswerContext) -> ExchangeProblem | None:
    if desk.fail:
        return ExchangeProblem.PROVOKED
    return None if desk.may_ask(institution) else ExchangeProblem.OTHER_INSTITUTION


def _header(
    request: BulkFetch,
    desk: AnswerContext,
    segment: str,
    trouble: ExchangeProblem | None = None,
    *,
    number: str | None = None,
    uploaded: Upload | None = None,
) -> BulkHeader:
    """Return the header, with the upload's identifier unless the fetching request has one."""
    asked = uploaded.header if uploaded else None
    return BulkHeader(
        executed_at=desk.now,
        confirmation_date=asked.confirmation_date if isinstance(asked, DatedRequestHeader) else None,
        institution_code=request.header.institution_code,
        file_identifier=request.header.file_identifier or (asked.file_identifier if asked else None),
        reception_number=number,
        segment=segment,
        error_code=trouble.code if trouble else None,
        error_message=trouble.sentence if trouble else None,
        character_code=desk.character_code,
    )
