"""Handle a camera lost or reconnected during a reception. Face checks are only offered while it is available."""

from msgspec.structs import replace

from terminal.qualification.contract import Way
from terminal.session.choosing import choose
from terminal.session.effects import StopFaceCheck
from terminal.session.face_and_pin import has_camera
from terminal.session.methods import available_methods, method_reason
from terminal.session.moves import Step
from terminal.session.rules import Now, Rules
from terminal.session.states import AfterIdle, ChoosingMethod, FaceCheck, MethodReason


def camera_available(state: AfterIdle, available: bool, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, camera=available)
    match state:
        case FaceCheck() if not available:
            return camera_lost(replace(state, reception=reception), rules, now)
        case ChoosingMethod():
            return camera_changed(replace(state, reception=reception), rules, now)
        case _:
            return Step(replace(state, reception=reception))


def camera_lost(state: FaceCheck, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, camera_failed=True)
    next_step = choose(reception, rules, now, MethodReason.NO_CAMERA)
    return Step(next_step.state, (StopFaceCheck(reception.id, 0), *next_step.effects))


def camera_changed(state: ChoosingMethod, rules: Rules, now: Now) -> Step:
    """Update the offered methods and the reason, but keep the deadline, even if the camera fails repeatedly."""
    reception = state.reception
    offered = available_methods(reception, rules)
    if not offered and not rules.staff_enabled and state.methods:
        return choose(reception, rules, now)
    why = state.why
    if Way.FACE in state.methods and Way.FACE not in offered:
        why = MethodReason.NO_CAMERA
    elif why is MethodReason.NO_CAMERA and has_camera(reception):
        why = method_reason(reception, rules)
    return Step(replace(state, methods=offered, why=why))
