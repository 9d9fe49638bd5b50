"""Screens for showing the printed code to the camera and for typing it."""

from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session.face_and_pin import needs_pin
from terminal.session.methods import available_methods
from terminal.session.states import PrintedCodeEntry
from terminal.talk.methods import PAD_KEYS, pin_button, tries_left, why_lines
from terminal.talk.parts import Body, Button, GuideStep, Line, LineKind, PadKind, Sign, TalkContext, hints, numbered
from vision.printed.card_guidance import CardGuidance


def printed_code(state: PrintedCodeEntry, scene: TalkContext) -> Body:
    say = scene.say
    both = say("code.both") if state.target is Way.FACE and needs_pin(state.reception, scene.rules) else ""
    if state.scanning:
        return _scanning(state, both, scene)
    if state.waiting is not None:
        return Body(
            step=GuideStep.CONFIRM,
            question=say("code.scanning"),
            lines=hints(say("reading.hint"), both),
            sign=Sign.WAIT,
        )
    lines: tuple[Line, ...] = ()
    tries = code_tries(state, scene)
    if state.wrong:
        lines += (Line(say("code.wrong"), LineKind.REASON),)
    if state.wrong or tries < 4:
        lines += hints(tries_left("code", tries, scene))
    lines += why_lines(state.why, scene)
    if not lines:
        lines = hints(say("code.western"), both)
    pin = Way.PIN in available_methods(state.reception, scene.rules)
    return Body(
        step=GuideStep.CONFIRM,
        question=say("code.question"),
        lines=lines,
        pad=PadKind.CODE,
        buttons=numbered(pin_button(state.reception, say("code.use-pin")) if pin else None, keys=PAD_KEYS),
    )


def _scanning(state: PrintedCodeEntry, both: str, scene: TalkContext) -> Body:
    """Show an outline and instructions while scanning, but not the camera picture."""
    say, reception = scene.say, state.reception
    pin = Way.PIN in available_methods(reception, scene.rules)
    return Body(
        step=GuideStep.CONFIRM,
        question=say(f"show.{state.guidance or CardGuidance.SHOW_CARD}"),
        lines=hints(say("show.not-stored"), both),
        sign=Sign.SHOW_CARD,
        buttons=numbered(
            Button(id="type", label=say("show.type"), event=ev.CodeTypingChosen(reception.id)),
            pin_button(reception, say("code.use-pin")) if pin else None,
        ),
    )


def code_tries(state: PrintedCodeEntry, scene: TalkContext) -> int:
    """Return the number of tries left for the patient. The card's last tries are reserved for staff."""
    reserved = 0 if state.target is Way.STAFF else scene.rules.code_tries_floor - 1
    return max(state.reception.code_left - reserved, 0)
