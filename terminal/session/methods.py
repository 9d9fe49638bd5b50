"""Available methods for confirming the holder, and the reason shown if a method is missing."""

from reader.facts import Authenticity
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.face_and_pin import allows_face_check, has_camera, has_photo_without_face, needs_face, needs_pin
from terminal.session.phone import phone_methods
from terminal.session.rules import Rules
from terminal.session.states import MethodReason, Reception


def available_methods(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """Return the methods that the patient can use without staff, in the order in which they are offered.

    If both face and PIN are required, return only the next one.
    """
    if reception.by_phone:
        return phone_methods(reception)
    usable = _usable(reception, rules)
    face = Way.FACE in usable and (Way.PIN in usable or not needs_pin(reception, rules))
    pin = Way.PIN in usable and (reception.face_matched or not needs_face(reception, rules))
    order = ((Way.FACE, face and not reception.face_matched), (Way.PIN, pin))
    return tuple(way for way, offered in (reversed(order) if reception.child else order) if offered)


def _usable(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """Return the methods that card, terminal and remaining attempts allow, ignoring `rules.face_and_pin`."""
    usable = []
    if reception.record is None:
        photo = reception.code_left >= rules.code_tries_floor
    else:
        photo = allows_face_check(reception.record, rules)
    if (
        rules.face
        and not reception.proxy
        and photo
        and has_camera(reception)
        and reception.face_attempts < rules.face_attempts
    ):
        usable.append(Way.FACE)
    if reception.pin_left > 0:
        usable.append(Way.PIN)
    return tuple(usable)


def method_reason(reception: Reception, rules: Rules) -> MethodReason:
    if reception.by_phone:
        return MethodReason.NOTHING
    if reception.proxy:
        return MethodReason.PROXY
    if not rules.face:
        return without_pin(reception, rules) if reception.pin_left == 0 else MethodReason.NOTHING
    if reception.face_attempts >= rules.face_attempts:
        return MethodReason.FACE_NOT_MATCHED
    if reception.record is not None and not allows_face_check(reception.record, rules):
        return MethodReason.PHOTO_WITHOUT_FACE if has_photo_without_face(reception.record) else MethodReason.NO_PHOTO
    if reception.record is None and reception.code_left < rules.code_tries_floor:
        return MethodReason.CODE_LOCKED
    if not has_camera(reception):
        return MethodReason.NO_CAMERA
    if reception.pin_left == 0:
        return without_pin(reception, rules)
    if needs_face(reception, rules) and not reception.face_matched:
        return MethodReason.BOTH_ASKED
    return MethodReason.NOTHING


def without_pin(reception: Reception, rules: Rules) -> MethodReason:
    if needs_pin(reception, rules):
        return MethodReason.PIN_NEEDED
    return MethodReason.PINLESS if reception.pinless else MethodReason.PIN_UNAVAILABLE


def no_method_problem(reception: Reception, rules: Rules) -> ProblemCode:
    if reception.face_attempts >= rules.face_attempts:
        return ProblemCode.HOLDER_NOT_CONFIRMED
    if reception.record is not None and reception.record.authenticity == Authenticity.UNVERIFIABLE:
        return ProblemCode.RECORD_UNPROVEN
    if reception.record is not None and has_photo_without_face(reception.record):
        return ProblemCode.PHOTO_WITHOUT_FACE
    return ProblemCode.BOTH_NEEDED if _usable(reception, rules) else ProblemCode.NO_WAY_LEFT
