"""Methods currently available for confirming the holder, and the reason shown if one is missing."""

from reader.facts import Authenticity
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.certainty import has_camera, is_without_face, needs_face, needs_pin, serves_face
from terminal.session.phone import phone_ways
from terminal.session.rules import Rules
from terminal.session.states import Reception, WhyHere


def ways(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """Return the methods the patient can use without staff, in the order offered. If both are needed, return only the
    next one.
    """
    if reception.by_phone:
        return phone_ways(reception)
    usable = _usable(reception, rules)
    face = Way.FACE in usable and (Way.PIN in usable or not needs_pin(reception, rules))
    pin = Way.PIN in usable and (reception.face_matched or not needs_face(reception, rules))
    order = ((Way.FACE, face and not reception.face_matched), (Way.PIN, pin))
    return tuple(way for way, offered in (reversed(order) if reception.child else order) if offered)


def _usable(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """Return the methods that card, terminal and remaining attempts allow, ignoring whether both are required."""
    usable = []
    if reception.record is None:
        photo = reception.code_left >= rules.code_tries_floor
    else:
        photo = serves_face(reception.record, rules)
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


def why_here(reception: Reception, rules: Rules) -> WhyHere:
    if reception.by_phone:
        return WhyHere.NOTHING
    if reception.proxy:
        return WhyHere.PROXY
    if not rules.face:
        return without_pin(reception, rules) if reception.pin_left == 0 else WhyHere.NOTHING
    if reception.face_attempts >= rules.face_attempts:
        return WhyHere.FACE_NOT_MATCHED
    if reception.record is not None and not serves_face(reception.record, rules):
        return WhyHere.PHOTO_WITHOUT_FACE if is_without_face(reception.record) else WhyHere.NO_PHOTO
    if reception.record is None and reception.code_left < rules.code_tries_floor:
        return WhyHere.CODE_LOCKED
    if not has_camera(reception):
        return WhyHere.NO_CAMERA
    if reception.pin_left == 0:
        return without_pin(reception, rules)
    if needs_face(reception, rules) and not reception.face_matched:
        return WhyHere.BOTH_ASKED
    return WhyHere.NOTHING


def without_pin(reception: Reception, rules: Rules) -> WhyHere:
    if needs_pin(reception, rules):
        return WhyHere.PIN_NEEDED
    return WhyHere.PINLESS if reception.pinless else WhyHere.PIN_UNAVAILABLE


def no_method_problem(reception: Reception, rules: Rules) -> ProblemCode:
    if reception.face_attempts >= rules.face_attempts:
        return ProblemCode.HOLDER_NOT_CONFIRMED
    if reception.record is not None and reception.record.authenticity == Authenticity.CANNOT_TELL:
        return ProblemCode.RECORD_UNPROVEN
    if reception.record is not None and is_without_face(reception.record):
        return ProblemCode.PHOTO_WITHOUT_FACE
    return ProblemCode.BOTH_NEEDED if _usable(reception, rules) else ProblemCode.NO_WAY_LEFT
