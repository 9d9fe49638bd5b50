"""Screens for PIN entry, for confirming the last try, and for a phone that verifies its owner."""

from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session.last_try import asks_before_last_try
from terminal.session.methods import available_methods
from terminal.session.states import PhoneCheck, PinEntry, PinPhase
from terminal.talk.methods import PAD_KEYS, face_button, tries_left, why_lines
from terminal.talk.parts import Body, Button, GuideStep, Line, LineKind, PadKind, Sign, TalkContext, hints, numbered


def pin_entry(state: PinEntry, scene: TalkContext) -> Body:
    say, reception = scene.say, state.reception
    if state.phase is not PinPhase.TYPING:
        return Body(
            step=GuideStep.CONFIRM, question=say("pin.checking"), lines=hints(say("pin.checking.hint")), sign=Sign.WAIT
        )
    face = face_button(reception, scene) if Way.FACE in available_methods(reception, scene.rules) else None
    wrong = (Line(say("pin.wrong"), LineKind.REASON),) if state.wrong else why_lines(state.why, scene)
    if asks_before_last_try(state):
        proceed = Button(id="go-on", label=say("pin.last-try.confirm"), event=ev.LastTryConfirmed(reception.id))
        return Body(step=GuideStep.CONFIRM, question=say("pin.last-try"), lines=wrong, buttons=numbered(face, proceed))
    return Body(
        step=GuideStep.CONFIRM,
        question=say("pin.question.child" if reception.for_child else "pin.question"),
        lines=(*wrong, *hints(tries_left("pin", state.left, scene))),
        pad=PadKind.PIN,
        buttons=numbered(
            face,
            Button(id="forgotten", label=say("pin.forgotten"), event=ev.PinForgotten(reception.id)),
            keys=PAD_KEYS,
        ),
    )


def phone_check(state: PhoneCheck, scene: TalkContext) -> Body:
    say = scene.say
    return Body(step=GuideStep.CONFIRM, question=say("phone.question"), lines=hints(say("phone.hint")), sign=Sign.WAIT)
