"""Handle the result of a face check: a match, another attempt, or a different method."""

from msgspec.structs import replace

from terminal.qualification.contract import Way
from terminal.session.choosing import begin_face, begin_pin, choose
from terminal.session.effects import StopFaceCheck
from terminal.session.events import CameraFailed, Event, FaceMatched, FaceProgress, FaceRefused, PinChosen
from terminal.session.face_and_pin import needs_pin
from terminal.session.face_availability import camera_lost
from terminal.session.methods import available_methods
from terminal.session.moves import Step
from terminal.session.opening import prove_by_chip
from terminal.session.rules import Now, Rules
from terminal.session.states import FaceCheck, MethodReason


def face_check(state: FaceCheck, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case FaceProgress(progress=progress):
            return Step(replace(state, progress=progress))
        case FaceMatched():
            reception = replace(reception, face_matched=True)
            if needs_pin(reception, rules):
                return choose(reception, rules, now, MethodReason.FACE_MATCHED)
            return prove_by_chip(reception, Way.FACE, "", rules, now)
        case FaceRefused(reason=reason):
            reception = replace(reception, face_attempts=state.attempt)
            if state.attempt < rules.face_attempts:
                return begin_face(reception, rules, now, suspected=reason == "photo-suspected")
            return choose(reception, rules, now, MethodReason.FACE_NOT_MATCHED)
        case CameraFailed():
            return camera_lost(state, rules, now)
        case PinChosen() if Way.PIN in available_methods(reception, rules):
            # count the attempt, so that switching back and forth does not allow further attempts
            next_step = begin_pin(replace(reception, face_attempts=state.attempt), rules, now)
            return Step(next_step.state, (StopFaceCheck(reception.id, 0), *next_step.effects))
        case _:
            return Step(state)
