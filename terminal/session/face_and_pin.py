"""Decide whether a reception requires a face check, the PIN or both.

"Possible" refers to what the card and the terminal supported when the card was placed on the reader. A method remains
required if the face did not match, or if the PIN or code was locked during the reception. Staff must then verify the
holder's identity. The face is checked first because a face check does not use up tries. The PIN comes last because
SIGN must follow VERIFY immediately, and the signature opens the check.
"""

from typing import assert_never

from config.settings import FaceAndPinPolicy
from reader.facts import Authenticity
from terminal.session.events import RecordFacts
from terminal.session.rules import Rules
from terminal.session.states import Reception


def needs_face(reception: Reception, rules: Rules) -> bool:
    """Return whether a face check is required in addition to the PIN. A proxy cannot show the holder's face."""
    if reception.proxy and rules.face_and_pin is not FaceAndPinPolicy.ALWAYS:
        return False
    match rules.face_and_pin:
        case FaceAndPinPolicy.NEVER:
            return False
        case FaceAndPinPolicy.WHERE_POSSIBLE:
            return reception.face_attempts > 0 or _face_possible(reception, rules)
        case FaceAndPinPolicy.ALWAYS:
            return True
        case _:
            assert_never(rules.face_and_pin)


def needs_pin(reception: Reception, rules: Rules) -> bool:
    """Return whether the PIN is required in addition to a face check."""
    match rules.face_and_pin:
        case FaceAndPinPolicy.NEVER:
            return False
        case FaceAndPinPolicy.WHERE_POSSIBLE:
            return reception.facts is not None and reception.facts.pin_tries_left > 0
        case FaceAndPinPolicy.ALWAYS:
            return True
        case _:
            assert_never(rules.face_and_pin)


def has_camera(reception: Reception) -> bool:
    return reception.camera and not reception.camera_failed


def allows_face_check(record: RecordFacts, rules: Rules) -> bool:
    proven = record.authenticity == Authenticity.GENUINE or (
        record.authenticity == Authenticity.UNVERIFIABLE and not rules.require_genuine_record
    )
    return proven and record.has_photo and record.reference_usable


def has_photo_without_face(record: RecordFacts) -> bool:
    """Return whether the record has a photo without a usable face."""
    return record.has_photo and not record.reference_usable


def _face_possible(reception: Reception, rules: Rules) -> bool:
    if reception.record is not None:
        photo = allows_face_check(reception.record, rules)
    else:
        photo = reception.facts is not None and reception.facts.code_tries_left >= rules.code_tries_floor
    return rules.face and photo and has_camera(reception)
