"""Screen for choosing the method of confirming the holder."""

from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session.states import ChoosingMethod
from terminal.talk.methods import RESET_AT_CITY_HALL, face_button, staff_button, why_lines
from terminal.talk.no_card_today import other_proof
from terminal.talk.parts import Body, Button, GuideStep, Line, TalkContext, hints, numbered


def choosing(state: ChoosingMethod, scene: TalkContext) -> Body:
    """Offer the methods. A single method is also offered, with the reason, instead of beginning immediately."""
    say, why, buttons = scene.say, why_lines(state.why, scene), _buttons(state, scene)
    if not state.methods:
        return Body(step=GuideStep.CONFIRM, question=say("method.staff-only"), lines=(*why, *_documents(scene)))
    if state.why in RESET_AT_CITY_HALL:
        # offer staff with the same prominence, so that no patient feels forced to use the camera
        return Body(
            step=GuideStep.CONFIRM,
            question=say(f"why.{state.why}"),
            lines=hints(say("why.city-hall"), say("why.today")),
            buttons=numbered(*buttons, staff_button(state.reception, scene)),
        )
    question = say("method.question") if len(state.methods) > 1 else say(f"method.question.{state.methods[0]}")
    if state.reception.child and Way.FACE in state.methods:
        # offer the camera last to children: it is mounted too high for them and their photo may be years old
        buttons = (*buttons[:-1], staff_button(state.reception, scene), buttons[-1])
    return Body(step=GuideStep.CONFIRM, question=question, lines=why, buttons=numbered(*buttons))


def _buttons(state: ChoosingMethod, scene: TalkContext) -> tuple[Button, ...]:
    say, reception = scene.say, state.reception
    by_way: dict[Way, Button] = {
        Way.FACE: face_button(reception, scene),
        Way.PIN: Button(
            id="pin", label=say("method.pin"), hint=say("method.pin.hint"), event=ev.PinChosen(reception.id)
        ),
        Way.PHONE: Button(
            id="phone", label=say("method.phone"), hint=say("method.phone.hint"), event=ev.PhoneChosen(reception.id)
        ),
    }
    return tuple(by_way[way] for way in state.methods)


def _documents(scene: TalkContext) -> tuple[Line, ...]:
    """Return the documents staff require, or other proof of insurance if staff cannot confirm holders here."""
    return hints(scene.say("help.two-documents")) if scene.rules.staff_enabled else other_proof(scene)
