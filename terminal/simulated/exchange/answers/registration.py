"""Answers to requests that register an institution's patient number."""

from terminal.handover.messages.reference import (
    RegistrationAnswer,
    RegistrationInfo,
    RegistrationRequest,
    RegistrationResult,
)
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, AnswerContext
from terminal.simulated.exchange.problems import ExchangeProblem


def answer_registration(request: RegistrationRequest, context: AnswerContext) -> RegistrationAnswer:
    header = request.header
    if context.fail or not context.is_allowed(header.institution_code):
        refusal = ExchangeProblem.PROVOKED if context.fail else ExchangeProblem.OTHER_INSTITUTION
        return RegistrationAnswer(header=context.header(header, FAILED, refusal.code, refusal.sentence))
    info = request.body.info
    problem = register(info, header.institution_code, context)
    return RegistrationAnswer(
        header=context.header(header, ENDED_NORMALLY),
        body=RegistrationResult(
            info=info,
            status="1" if problem is None else "2",
            result_code=problem.code if problem else None,
            result_message=problem.sentence if problem else None,
        ),
    )


def register(info: RegistrationInfo, institution: str, context: AnswerContext) -> ExchangeProblem | None:
    """Register the number for all of the person's keys. Returns a problem unless there is exactly one match."""
    found = context.find(info)
    if not found:
        return ExchangeProblem.NOBODY_TO_REGISTER
    if len(found) > 1:
        return ExchangeProblem.SEVERAL
    for key in found[0].keys:
        context.store.numbers.register(institution, key, info.reference_number)
    return None
