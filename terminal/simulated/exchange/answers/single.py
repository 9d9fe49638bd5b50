"""Answers to a check by symbol and number."""

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


def answer_check(request: QualificationRequest, context: AnswerContext) -> QualificationAnswer:
    header = request.header
    problem = _refusal(header, context)
    if problem is not None:
        return QualificationAnswer(header=_header(header, context, problem.code, problem.sentence))
    outcome = check(request.body.search, header.confirmation_date, header.institution_code, context)
    if isinstance(outcome, QualificationBody):
        return QualificationAnswer(header=_header(header, context), body=outcome)
    return QualificationAnswer(header=_header(header, context, *outcome))


def _header(
    header: DatedRequestHeader, context: AnswerContext, code: str | None = None, message: str | None = None
) -> QualificationHeader:
    return QualificationHeader(
        executed_at=context.now,
        confirmation_date=header.confirmation_date,
        institution_code=header.institution_code,
        file_identifier=header.file_identifier,
        reference=BY_NUMBER,
        segment=FAILED if code else ENDED_NORMALLY,
        error_code=code,
        error_message=message,
        character_code=context.character_code,
    )


def _refusal(header: DatedRequestHeader, context: AnswerContext) -> ExchangeProblem | None:
    if context.fail:
        return ExchangeProblem.PROVOKED
    return None if context.is_allowed(header.institution_code) else ExchangeProblem.OTHER_INSTITUTION


def check(
    search: SearchInfo, day: date, institution: str, context: AnswerContext
) -> QualificationBody | tuple[str, str]:
    """Return the result of one search for one day, or an error code and message.

    No match and several matches are results, not errors.
    """
    outcome = context.checks.check(_query(search, day), institution, context.now)
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
            outcome = with_old_characters(outcome) if context.old_characters else outcome
            body = result_body(outcome, FaceOptions(reference_number=context.store.numbers))
            return body.model_copy(update={"search": search, **_message(body), "results": _results(body, search)})


def _query(search: SearchInfo, day: date) -> CheckQuery:
    criteria = InsuredSearch.model_validate(search.model_dump(exclude={"limit_consent", "arbitrary_identifier"}))
    return CheckQuery(criteria, search.limit_consent == "1", day)


def _message(body: QualificationBody) -> dict[str, str]:
    problem = {NOBODY: ExchangeProblem.NOBODY, SEVERAL: ExchangeProblem.SEVERAL}.get(body.validity or "")
    return {} if problem is None else {"result_code": problem.code, "result_message": problem.sentence}


def _results(body: QualificationBody, search: SearchInfo) -> tuple[object, ...]:
    """Return the records with the search's identifier, or none if several people match."""
    if body.validity in (NOBODY, SEVERAL):
        return ()
    return tuple(
        record.model_copy(update={"arbitrary_identifier": search.arbitrary_identifier}) for record in body.results
    )
