"""Registration of the institution's own patient number."""

from terminal.handover.messages.reference import (
    RegistrationAnswer,
    RegistrationInfo,
    RegistrationRequest,
    RegistrationResult,
)
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, AnswerContext
from terminal.simulated.exchange.problems import ExchangeProblem


def answer_registration(request: RegistrationRequest, desk: AnswerContext) -> RegistrationAnswer:
    asked = request.header
    if desk.fail or not desk.may_ask(asked.institution_code):
        trouble = ExchangeProblem.PROVOKED if desk.fail else ExchangeProblem.OTHER_INSTITUTION
        return RegistrationAnswer(header=desk.header(asked, FAILED, trouble.code, trouble.sentence))
    info = request.body.info
    refused = register(info, asked.institution_code, desk)
    return RegistrationAnswer(
        header=desk.header(asked, ENDED_NORMALLY),
        body=RegistrationResult(
            info=info,
            status="1" if refused is None else "2",
            result_code=refused.code if refused else None,
            result_message=refused.sentence if refused else None,
        ),
    )


def register(info: RegistrationInfo, institution: str, desk: AnswerContext) -> ExchangeProblem | None:
    found = desk.find(info)
    if not found:
        return ExchangeProblem.NOBODY_TO_REGISTER
    if len(found) > 1:
        return ExchangeProblem.SEVERAL
    for key in found[0].keys:
        desk.store.numbers.register(institution, key, info.reference_number)
    return None
