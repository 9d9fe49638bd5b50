"""Registration of the clinic's own patient number."""

from terminal.handover.messages.reference import (
    RegistrationAnswer,
    RegistrationInfo,
    RegistrationRequest,
    RegistrationResult,
)
from terminal.simulated.exchange.answers.common import ENDED_NORMALLY, FAILED, Desk
from terminal.simulated.exchange.problems import Trouble


def answer_registration(request: RegistrationRequest, desk: Desk) -> RegistrationAnswer:
    asked = request.header
    if desk.fail or not desk.may_ask(asked.institution_code):
        trouble = Trouble.PROVOKED if desk.fail else Trouble.OTHER_INSTITUTION
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


def register(info: RegistrationInfo, institution: str, desk: Desk) -> Trouble | None:
    found = desk.find(info)
    if not found:
        return Trouble.NOBODY_TO_REGISTER
    if len(found) > 1:
        return Trouble.SEVERAL
    for key in found[0].keys:
        desk.store.numbers.register(institution, key, info.reference_number)
    return None
