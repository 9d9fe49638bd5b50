"""The check by symbol and number."""

from datetime import date

from terminal.handover.messages.header import DatedRequestHeader, QualificationHeader
from terminal.handover.messages.qualification import (
    QualificationAnswer,
    QualificationBody,
    QualificationRequest,
    SearchInfo,
)
from terminal.handover.options import FaceOptions
from terminal.handover.result_xml import result_body
from terminal.qualification.contract import NoAnswer, QualificationResult, Refused
from terminal.qualification.insured import InsuredSearch
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, AnswerContext
from terminal.simulated.exchange.checks import CheckQuery
from terminal.simulated.exchange.problems import ExchangeProblem
from terminal.simulated.service.old_characters import with_old_characters

BY_NUMBER = "2"
"""ReferenceClassification (OQSCD002)."""
NOBODY, SEVERAL = "4", "5"
"""QualificationValidity (OQSCD006)."""


def answer_check(request: QualificationRequest, desk: AnswerContext) -> QualificationAnswer:
    asked = request.header
    trouble = _refused(asked, desk)
    if trouble is not None:
        return QualificationAnswer(header=_header(asked, desk, trouble.code, trouble.sentence))
    checked = check(request.body.search, asked.confirmation_date, asked.institution_code, desk)
    if isinstance(checked, QualificationBody):
        return QualificationAnswer(header=_header(asked, desk), body=checked)
    return QualificationAnswer(header=_header(asked, desk, *checked))


def _header(
    asked: DatedRequestHeader, desk: AnswerContext, code: str | None = None, message: str | None = None
) -> QualificationHeader:
    return QualificationHeader(
        executed_at=desk.now,
        confirmation_date=asked.confirmation_date,
        institution_code=asked.institution_code,
        file_identifier=asked.file_identifier,
        reference=BY_NUMBER,
        segment=FAILED if code else ENDED_NORMALLY,
        error_code=code,
        error_message=message,
        character_code=desk.character_code,
    )


def _refused(header: DatedRequestHeader, desk: AnswerContext) -> ExchangeProblem | None:
    if desk.fail:
        return ExchangeProblem.PROVOKED
    return None if desk.may_ask(header.institution_code) else ExchangeProblem.OTHER_INSTITUTION


def check(search: SearchInfo, day: date, institution: str, desk: AnswerContext) -> QualificationBody | tuple[str, str]:
    """Return the result of one search for one day, or a code and a sentence. No match and several are results."""
    outcome = desk.checks.check(_question(search, day), institution, desk.now)
    match outcome:
        case NoAnswer():
            return ExchangeProblem.SERVICE_SILENT.code, ExchangeProblem.SERVICE_SILENT.sentence
        case Refused(code=code, message=message):
            return code, message
        case QualificationResult(segment="9"):
            return (
                outcome.error_code or ExchangeProblem.PROVOKED.code,
                outcome.error_message or ExchangeProblem.PROVOKED.sentence,
            )
        case QualificationResult():
            outcome = with_old_characters(outcome) if desk.old_characters else outcome
            body = result_body(outcome, FaceOptions(reference_number=desk.store.numbers))
            return body.model_copy(update={"search": search, **_message(body), "results": _results(body, search)})


def _question(search: SearchInfo, day: date) -> CheckQuery:
    asked = InsuredSearch.model_validate(search.model_dump(exclude={"limit_consent", "arbitrary_identifier"}))
    return CheckQuery(asked, search.limit_consent == "1", day)


def _message(body: QualificationBody) -> dict[str, str]:
    trouble = {NOBODY: ExchangeProblem.NOBODY, SEVERAL: ExchangeProblem.SEVERAL}.get(body.validity or "")
    return {} if trouble is None else {"result_code": trouble.code, "result_message": trouble.sentence}


def _results(body: QualificationBody, search: SearchInfo) -> tuple[object, ...]:
    """Return None for several matches: they are different people, and only one of them is at the counter."""
    if body.validity in (NOBODY, SEVERAL):
        return ()
    return tuple(
        record.model_copy(update={"arbitrary_identifier": search.arbitrary_identifier}) for record in body.results
    )
