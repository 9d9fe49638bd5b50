"""From the card on the reader to a holder who is confirmed: reading, choosing a way, printed code, face, PIN, staff."""

from dataclasses import replace

from config.settings import AlsoPin
from reader.facts import Authenticity
from terminal.problems import ProblemCode, of_card
from terminal.qualification.contract import Way
from terminal.session.certainty import has_camera, needs_face, needs_pin, serves_face
from terminal.session.effects import (
    CheckFace,
    OpenFaceRecord,
    ScanCode,
    StopFaceCheck,
    VerifyPinAndSign,
)
from terminal.session.events import (
    CameraFailed,
    CardFailed,
    CardRead,
    ChallengeFetched,
    CodeEntered,
    CodeNotScanned,
    CodeRefused,
    CodeScanned,
    Event,
    FaceChosen,
    FaceMatched,
    FaceProgress,
    FaceRefused,
    LastTryConfirmed,
    PinChosen,
    PinEntered,
    PinRefused,
    PinSigned,
    RecordOpened,
    ServiceRefused,
    ServiceSilent,
    StaffSaysOther,
    StaffSaysSame,
)
from terminal.session.moves import Step, has_challenge, leave, to_problem, until, want_challenge
from terminal.session.opening import ask_service, prove_by_chip
from terminal.session.rules import Now, Rules, standing
from terminal.session.states import (
    ChoosingMethod,
    FaceCheck,
    PinEntry,
    PinPhase,
    PrintedCodeEntry,
    Reading,
    Reception,
    StaffCheck,
    WhyHere,
)


def reading(state: Reading, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case CardFailed(trouble=trouble):
            return to_problem(state.reception, of_card(trouble), rules, now)
        case CardRead(facts=facts):
            reception = replace(
                state.reception, facts=facts, pin_left=facts.pin_tries_left, code_left=facts.code_tries_left
            )
            if standing(facts.certificate_not_after, now, rules) is None:
                return to_problem(reception, ProblemCode.CERTIFICATE_EXPIRED, rules, now)
            return choose(reception, rules, now)
        case _:
            return Step(state)


# --- which way ----------------------------------------------------------------------------------------------


def ways(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """The ways a patient can go alone now, in the order they are offered. Where both are asked, one after the other."""
    usable = _usable(reception, rules)
    face = Way.FACE in usable and (Way.PIN in usable or not needs_pin(reception, rules))
    pin = Way.PIN in usable and (reception.face_matched or not needs_face(reception, rules))
    return tuple(way for way, offered in ((Way.FACE, face and not reception.face_matched), (Way.PIN, pin)) if offered)


def _usable(reception: Reception, rules: Rules) -> tuple[Way, ...]:
    """What card, terminal and attempts still allow, however much of it the institution asks for."""
    usable = []
    if reception.record is None:
        photo = reception.code_left >= rules.code_tries_floor
    else:
        photo = serves_face(reception.record, rules)
    if photo and has_camera(reception) and reception.face_attempts < rules.face_attempts:
        usable.append(Way.FACE)
    if reception.pin_left > 0:
        usable.append(Way.PIN)
    return tuple(usable)


def choose(reception: Reception, rules: Rules, now: Now, why: WhyHere | None = None) -> Step:
    """Offer the ways there are; the only one is taken at once."""
    if reception.staff:
        return begin_staff(reception, rules, now)
    if why is None:
        why = _why(reception, rules)
    offered = ways(reception, rules)
    if offered == (Way.FACE,):
        return begin_face(reception, rules, now)
    if offered == (Way.PIN,):
        return begin_pin(reception, rules, now, why=why)
    if not offered and not rules.staff_enabled:
        return to_problem(reception, _no_way(reception, rules), rules, now)
    return Step(ChoosingMethod(reception=reception, deadline=until(ChoosingMethod, rules, now), ways=offered, why=why))


def _why(reception: Reception, rules: Rules) -> WhyHere:
    if reception.face_attempts >= rules.face_attempts:
        return WhyHere.FACE_NOT_MATCHED
    if reception.record is not None and not serves_face(reception.record, rules):
        return WhyHere.NO_PHOTO
    if reception.record is None and reception.code_left < rules.code_tries_floor:
        return WhyHere.CODE_LOCKED
    if not has_camera(reception):
        return WhyHere.NO_CAMERA
    if reception.pin_left == 0:
        return _without_pin(reception, rules)
    return WhyHere.NOTHING


def _without_pin(reception: Reception, rules: Rules) -> WhyHere:
    return WhyHere.PIN_NEEDED if needs_pin(reception, rules) else WhyHere.PIN_UNAVAILABLE


def _no_way(reception: Reception, rules: Rules) -> ProblemCode:
    if reception.face_attempts >= rules.face_attempts:
        return ProblemCode.HOLDER_NOT_CONFIRMED
    if reception.record is not None and reception.record.authenticity == Authenticity.CANNOT_TELL:
        return ProblemCode.RECORD_UNPROVEN
    return ProblemCode.BOTH_NEEDED if _usable(reception, rules) else ProblemCode.NO_WAY_LEFT


def choosing(state: ChoosingMethod, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case FaceChosen() if Way.FACE in state.ways:
            return begin_face(state.reception, rules, now)
        case PinChosen() if Way.PIN in state.ways:
            return begin_pin(state.reception, rules, now)
        case _:
            return Step(state)


# --- printed code -------------------------------------------------------------------------------------------


def enter_printed_code(reception: Reception, target: Way, rules: Rules, now: Now) -> Step:
    """The scanner is asked once in a reception; after that the code is typed."""
    expiry = reception.facts.card_expiry if reception.facts is not None else None
    state = PrintedCodeEntry(
        reception=reception,
        deadline=until(PrintedCodeEntry, rules, now),
        target=target,
        card_expiry_year=expiry.year if expiry else None,
    )
    if reception.code_scanned:
        return Step(state)
    reception, number = replace(reception, code_scanned=True).numbered()
    return Step(replace(state, reception=reception, waiting=number), (ScanCode(reception.id, number),))


def printed_code(state: PrintedCodeEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case CodeScanned():
            return _open_record(state, rules, now)
        case CodeNotScanned():
            return Step(replace(state, waiting=None, deadline=until(PrintedCodeEntry, rules, now)))
        case CodeEntered() if state.waiting is None:
            return _open_record(state, rules, now)
        case RecordOpened(record=record):
            reception = replace(reception, record=record)
            if record.authenticity == Authenticity.FORGED:
                return to_problem(reception, ProblemCode.FORGED_RECORD, rules, now)
            if state.target is Way.FACE and not reception.staff and Way.FACE in ways(reception, rules):
                return begin_face(reception, rules, now)
            return choose(replace(reception, staff=state.target is Way.STAFF or reception.staff), rules, now)
        case CodeRefused(left=left):
            return _code_refused(state, left, rules, now)
        case CardFailed(trouble=trouble):
            return to_problem(reception, of_card(trouble), rules, now)
        case PinChosen() if state.waiting is None and Way.PIN in ways(reception, rules):
            return begin_pin(reception, rules, now)
        case _:
            return Step(state)


def _open_record(state: PrintedCodeEntry, rules: Rules, now: Now) -> Step:
    """Reading takes its time; a code entered at the last moment has it too."""
    reception, number = state.reception.numbered()
    return Step(
        replace(state, reception=reception, waiting=number, deadline=until(PrintedCodeEntry, rules, now)),
        (OpenFaceRecord(reception.id, number, reception.code_left),),
    )


def _code_refused(state: PrintedCodeEntry, left: int, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, code_left=left)
    floor = 1 if state.target is Way.STAFF else rules.code_tries_floor
    if left >= floor:
        again = replace(state, reception=reception, waiting=None, wrong=True)
        return Step(replace(again, deadline=until(PrintedCodeEntry, rules, now)))
    if state.target is Way.STAFF:
        return begin_staff(reception, rules, now)
    return choose(reception, rules, now, WhyHere.CODE_LOCKED)


# --- face ---------------------------------------------------------------------------------------------------


def begin_face(reception: Reception, rules: Rules, now: Now) -> Step:
    if reception.record is None:
        return enter_printed_code(reception, Way.FACE, rules, now)
    attempt = reception.face_attempts + 1
    reception, number = reception.numbered()
    return Step(
        FaceCheck(reception=reception, deadline=until(FaceCheck, rules, now), waiting=number, attempt=attempt),
        (CheckFace(reception.id, number, attempt),),
    )


def face_check(state: FaceCheck, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case FaceProgress(progress=progress):
            return Step(replace(state, progress=progress))
        case FaceMatched():
            reception = replace(reception, face_matched=True)
            if needs_pin(reception, rules):
                return choose(reception, rules, now, WhyHere.FACE_MATCHED)
            return prove_by_chip(reception, Way.FACE, "", rules, now)
        case FaceRefused():
            reception = replace(reception, face_attempts=state.attempt)
            if state.attempt < rules.face_attempts:
                return begin_face(reception, rules, now)
            return choose(reception, rules, now, WhyHere.FACE_NOT_MATCHED)
        case CameraFailed():
            return camera_lost(state, rules, now)
        case PinChosen() if Way.PIN in ways(reception, rules):
            # an attempt left is an attempt used: going to and fro gives nobody more of them
            following = begin_pin(replace(reception, face_attempts=state.attempt), rules, now)
            return Step(following.state, (StopFaceCheck(reception.id, 0), *following.effects))
        case _:
            return Step(state)


def camera_lost(state: FaceCheck, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, camera_failed=True)
    following = choose(reception, rules, now, WhyHere.NO_CAMERA)
    return Step(following.state, (StopFaceCheck(reception.id, 0), *following.effects))


# --- PIN ----------------------------------------------------------------------------------------------------


def begin_pin(reception: Reception, rules: Rules, now: Now, why: WhyHere = WhyHere.NOTHING) -> Step:
    if rules.also_pin is not AlsoPin.NEVER and not reception.camera:
        # whoever was let in by the PIN alone for want of a camera is not asked for the face when it comes back
        reception = replace(reception, camera_failed=True)
    return Step(PinEntry(reception=reception, deadline=until(PinEntry, rules, now), left=reception.pin_left, why=why))


def pin_entry(state: PinEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case LastTryConfirmed() if state.phase is PinPhase.TYPING and state.needs_confirmation:
            return Step(replace(state, last_confirmed=True, deadline=until(PinEntry, rules, now)))
        case PinEntered() if state.phase is PinPhase.TYPING and not state.needs_confirmation:
            return _use_pin(state, rules, now)
        case ChallengeFetched() if state.phase is PinPhase.FETCHING:
            return _verify_and_sign(state, rules, now)
        case ServiceSilent() if state.phase is PinPhase.FETCHING:
            return to_problem(reception, ProblemCode.SERVICE_SILENT, rules, now)
        case ServiceRefused() if state.phase is PinPhase.FETCHING:
            return to_problem(reception, ProblemCode.SERVICE_REFUSED, rules, now)
        case PinSigned():
            return ask_service(reception, Way.PIN, rules, now)
        case PinRefused(left=0, sent=sent):
            why = WhyHere.PIN_LOCKED_NOW if sent else _without_pin(reception, rules)
            return choose(replace(reception, pin_left=0), rules, now, why)
        case PinRefused(left=left, sent=sent):
            following = begin_pin(replace(reception, pin_left=left), rules, now)
            assert isinstance(following.state, PinEntry)
            return Step(replace(following.state, wrong=sent))
        case CardFailed(trouble=trouble):
            return to_problem(reception, of_card(trouble), rules, now)
        case FaceChosen() if state.phase is PinPhase.TYPING and Way.FACE in ways(reception, rules):
            return begin_face(reception, rules, now)
        case _:
            return Step(state)


def _use_pin(state: PinEntry, rules: Rules, now: Now) -> Step:
    """VERIFY and SIGN follow each other at once, so the challenge comes first: a silent service costs no try."""
    if has_challenge(state.reception, rules, now):
        return _verify_and_sign(state, rules, now)
    reception, fetching, effects = want_challenge(state.reception)
    deadline = until(PinEntry, rules, now)
    return Step(
        replace(state, reception=reception, waiting=fetching, phase=PinPhase.FETCHING, deadline=deadline), effects
    )


def _verify_and_sign(state: PinEntry, rules: Rules, now: Now) -> Step:
    reception, number = state.reception.numbered()
    deadline = until(PinEntry, rules, now)
    return Step(
        replace(state, reception=reception, waiting=number, phase=PinPhase.VERIFYING, deadline=deadline),
        (VerifyPinAndSign(reception.id, number, reception.card, state.left),),
    )


# --- staff --------------------------------------------------------------------------------------------------


def begin_staff(reception: Reception, rules: Rules, now: Now) -> Step:
    if reception.record is None:
        if reception.code_left == 0 and Way.PIN in ways(reception, rules):
            return begin_pin(reception, rules, now, WhyHere.CODE_LOCKED)
        if reception.code_left == 0:
            return to_problem(reception, _no_way(reception, rules), rules, now)
        return enter_printed_code(reception, Way.STAFF, rules, now)
    return Step(
        StaffCheck(reception=reception, deadline=until(StaffCheck, rules, now), has_photo=reception.record.has_photo)
    )


def staff_check(state: StaffCheck, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case StaffSaysSame(reason=reason) if reason.strip():
            return prove_by_chip(state.reception, Way.STAFF, reason.strip(), rules, now)
        case StaffSaysOther():
            return leave(state.reception, rules, now)
        case _:
            return Step(state)
