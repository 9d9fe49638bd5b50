"""The face check screen, with guidance, an arrow and progress."""

from msgspec.structs import replace

from terminal.qualification.contract import Way
from terminal.session.methods import available_methods
from terminal.session.states import FaceCheck
from terminal.talk.methods import pin_button, staff_button
from terminal.talk.parts import Body, GuideStep, Line, LineKind, TalkContext, hints, numbered
from vision.verdict import Guidance

_ARROWS = {Guidance.TURN_LEFT: -1, Guidance.TURN_RIGHT: 1}
"""Directions on the screen. The picture is mirrored, so the patient's left is on the left."""


def face_check(state: FaceCheck, scene: TalkContext) -> Body:
    say = scene.say
    progress = state.progress
    pin = Way.PIN in available_methods(state.reception, scene.rules)
    question = say("face.question")
    done = 0
    if progress is not None:
        question = say(f"guidance.{progress.guidance}")
        done = progress.frames
    towards = _ARROWS.get(progress.guidance, 0) if progress is not None else 0
    lines: tuple[Line, ...] = ()
    if towards:
        lines += hints(say("face.cannot-turn" if pin else "face.cannot-turn.no-pin"))
    elif state.attempt > 1:
        lines += (
            Line(say("why.face-not-matched"), LineKind.REASON),
            Line(say("face.again.turn" if state.suspected else "face.again")),
        )
    elif progress is not None and progress.guidance not in (
        Guidance.HOLD_STILL,
        Guidance.LOOK_AHEAD,
        Guidance.ONCE_MORE,
    ):
        lines += hints(say("face.covered" if progress.guidance is Guidance.TOO_DARK else "face.question"))
    if progress is not None and not towards and progress.frames * 2 >= progress.frames_needed:
        lines += hints(say("face.progress"))
    return Body(
        step=GuideStep.CONFIRM,
        question=question,
        lines=lines,
        camera=True,
        towards=towards,
        progress=(done, progress.frames_needed if progress is not None else 1),
        buttons=numbered(
            pin_button(state.reception, say("face.use-pin")) if pin else None,
            replace(staff_button(state.reception, scene), hint=""),
        ),
    )
