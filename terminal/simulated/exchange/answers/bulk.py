"""The bulk check: an upload gets a reception number, a second request fetches the result."""

from dataclasses import dataclass, field
from datetime import timedelta

from terminal.handover.messages.bulk import (
    BulkAccepted,
    BulkFetch,
    BulkReception,
    BulkRequest,
    BulkResult,
    BulkUnit,
    BulkUnits,
)
from terminal.handover.messages.header import BulkHeader, RequestHeader
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.kinds import read_message
from terminal.handover.messages.qualification import QualificationBody, SearchInfo
from terminal.handover.xml import LARGEST_BULK, Parsed, parse
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, IN_PROCESS, Desk
from terminal.simulated.exchange.answers.single import check
from terminal.simulated.exchange.problems import Trouble


@dataclass(frozen=True, slots=True)
class UploadedFile:
    key: str
    """Of the file: its name and digest."""
    data: bytes = field(repr=False)


def answer_upload(request: BulkRequest, file: UploadedFile, lasts: timedelta, desk: Desk) -> BulkAccepted:
    asked = RequestHeader(
        institution_code=request.header.institution_code, file_identifier=request.header.file_identifier
    )
    if desk.fail or not desk.may_ask(asked.institution_code):
        trouble = Trouble.PROVOKED if desk.fail else Trouble.OTHER_INSTITUTION
        return BulkAccepted(header=desk.header(asked, FAILED, trouble.code, trouble.sentence))
    number = desk.book.upload(file.key, asked.institution_code, file.data, desk.now, desk.now + lasts)
    return BulkAccepted(
        header=desk.header(asked, ENDED_NORMALLY), body=BulkReception(reception_number=number, status="1")
    )


def answer_fetch(request: BulkFetch, desk: Desk) -> BulkResult:
    """Segment 2 while it is being processed; the same result at every call afterwards, for a day."""
    number, institution = request.body.reception_number, request.header.institution_code
    upload = desk.book.uploaded(number)
    if desk.fail:
        return _failed(request, Trouble.PROVOKED, desk)
    if not desk.may_ask(institution):
        return _failed(request, Trouble.OTHER_INSTITUTION, desk)
    if upload is None or upload.institution != institution:
        return _failed(request, Trouble.UNKNOWN_RECEPTION, desk)
    uploaded = _uploaded(upload.request)
    if desk.now < upload.ready_at:
        return BulkResult(header=_header(request, desk, IN_PROCESS, number=number, uploaded=uploaded))
    units = tuple(_unit(search, institution, desk) for search in uploaded.body.searches)
    normal = sum(unit.status == "1" for unit in units)
    header = _header(request, desk, ENDED_NORMALLY, number=number, uploaded=uploaded)
    counts = {"processed": str(len(units)), "normal": str(normal), "errors": str(len(units) - normal)}
    return BulkResult(header=header.model_copy(update=counts), body=BulkUnits(units=units))


def _uploaded(data: bytes) -> BulkRequest:
    parsed = parse(data, LARGEST_BULK)
    assert isinstance(parsed, Parsed), "only what was read is kept"
    read = read_message(parsed, BulkRequest).message
    assert isinstance(read, BulkRequest), "only what was read is kept"
    return read


def _unit(search: SearchInfo, institution: str, desk: Desk) -> BulkUnit:
    checked = check(search, institution, desk)
    if not isinstance(checked, QualificationBody):
        return BulkUnit(search=search, status="2", result_code=checked[0], result_message=checked[1])
    record = next(iter(checked.results), None)
    return BulkUnit(
        search=search,
        status=checked.status,
        result_code=checked.result_code,
        result_message=checked.result_message,
        validity=checked.validity,
        result=_plain(record) if record else None,
        reference_number=record.reference_number if record else None,
    )


def _plain(record: Insured) -> Insured:
    """A bulk check gives no limit, only whether it changed; the patient number stands beside the record."""
    return record.model_copy(
        update={
            "limit_changed": "1" if record.limit else "0",
            "limit_consent": None,
            "limit": None,
            "reference_number": None,
            "arbitrary_identifier": None,
        }
    )


def _failed(request: BulkFetch, trouble: Trouble, desk: Desk) -> BulkResult:
    return BulkResult(header=_header(request, desk, FAILED, trouble))


def _header(
    request: BulkFetch,
    desk: Desk,
    segment: str,
    trouble: Trouble | None = None,
    *,
    number: str | None = None,
    uploaded: BulkRequest | None = None,
) -> BulkHeader:
    """The identifier of the upload, as its asker knows it, unless the fetching request has one of its own."""
    identifier = request.header.file_identifier or (uploaded.header.file_identifier if uploaded else None)
    return BulkHeader(
        executed_at=desk.now,
        confirmation_date=uploaded.header.confirmation_date if uploaded else None,
        institution_code=request.header.institution_code,
        file_identifier=identifier,
        reception_number=number,
        segment=segment,
        error_code=trouble.code if trouble else None,
        error_message=trouble.sentence if trouble else None,
        character_code=desk.character_code,
    )
