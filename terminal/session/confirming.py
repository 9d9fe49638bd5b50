"""From the card on the reader to a holder who is confirmed: choosing a way, printed code, face, PIN, staff.

The last PIN try is confirmed first (`PinEntry.needs_confirmation`).
"""

from dataclasses import replace

from config.settings import AlsoPin
from reader.facts import Authenticity, Medium
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.certainty import has_camera, needs_pin
from terminal.session.effects import (
    CheckFace,
    OpenFaceRecord,
    ScanCode,
    StopFaceCheck,
    StopScan,
    VerifyPinAndSign,
    WipeCode,
)
from terminal.session.events import (
    Back,
    CameraFailed,
    CardFailed,
    ChallengeFetched,
    CodeEntered,
    CodeGuided,
    CodeNotScanned,
    CodeRefused,
    CodeScanned,
    CodeTypingChosen,
    Event,
    FaceChosen,
    FaceMatched,
    FaceProgress,
    FaceRefused,
    LastTryConfirmed,
    PhoneChosen,
    PinChosen,
    PinEntered,
    PinForgotten,
    PinRefused,
    PinSigned,
    RecordOpened,
    ServiceRefused,
    ServiceSilent,
    StaffSaysOther,
    StaffSaysSame,
)
from terminal.session.methods import no_way, ways, why_here, without_pin
from terminal.session.moves import Step, has_challenge, leave, to_problem, until, want_challenge
from terminal.session.opening import ask_service, prove_by_chip
from terminal.session.phone import begin_phone_check
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    ChoosingMethod,
    FaceCheck,
    Front,
    Opening,
    PinEntry,
    PinPhase,
    PrintedCodeEntry,
    Reception,
    StaffCheck,
    WhyHere,
)
from terminal.troubles import of_card, of_refusal

# --- which way ----------------------------------------------------------------------------------------------


def choose(reception: Reception, rules: Rules, now: Now, why: WhyHere | None = None) -> Step:
    """Offer the ways there are. If only the PIN or the phone is left, ask for it at once; the face check never
    begins unasked.
    """
    if reception.staff and not reception.by_phone:
        return begin_staff(reception, rules, now)
    if why is None:
        why = why_here(reception, rules)
    offered = ways(reception, rules)
    if offered == (Way.PIN,):
        return begin_pin(reception, rules, now, why=why)
    if offered == (Way.PHONE,) and why is WhyHere.NOTHING:
        return begin_phone(reception, rules, now)
    if not offered and not rules.staff_enabled and why is not WhyHere.PIN_LOCKED_NOW:
        return to_problem(reception, no_way(reception, rules), rules, now)
    return _offer(reception, offered, why, rules, now)


def _offer(reception: Reception, offered: tuple[Way, ...], why: WhyHere, rules: Rules, now: Now) -> Step:
    deadline = until(ChoosingMethod, reception, rules, now)
    return Step(ChoosingMethod(reception=reception, deadline=deadline, ways=offered, why=why))


def begin_phone(reception: Reception, rules: Rules, now: Now) -> Step:
    """A phone whose own PIN is typed here, or one that verifies its owner itself."""
    assert reception.facts is not None
    if reception.facts.medium is Medium.PHONE_PIN:
        return begin_pin(reception, rules, now)
    return begin_phone_check(reception, rules, now)


def camera_changed(state: ChoosingMethod, rules: Rules, now: Now) -> Step:
    """Show that a camera is lost, and keep the screen. A camera that comes and goes extends no deadline."""
    reception = state.reception
    offered = ways(reception, rules)
    if not offered and not rules.staff_enabled and state.ways:
        return choose(reception, rules, now)
    why = state.why
    if Way.FACE in state.ways and Way.FACE not in offered:
        why = WhyHere.NO_CAMERA
    elif why is WhyHere.NO_CAMERA and has_camera(reception):
        why = why_here(reception, rules)
    return Step(replace(state, ways=offered, why=why))


def choosing(state: ChoosingMethod, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case FaceChosen() if Way.FACE in state.ways:
            return begin_face(state.reception, rules, now)
        case PinChosen() if Way.PIN in state.ways:
            return begin_pin(state.reception, rules, now)
        case PhoneChosen() if Way.PHONE in state.ways:
            return begin_phone(state.reception, rules, now)
        case _:
            return Step(state)


# --- printed code -------------------------------------------------------------------------------------------


def enter_printed_code(reception: Reception, target: Way, rules: Rules, now: Now) -> Step:
    """Send one code automatically in a reception: that of a front shown before, or what the scanner reads. After
    that, and if few tries are left, let the code be typed.
    """
    expiry = reception.facts.card_expiry if reception.facts is not None else None
    asked_before, waits = reception.code_scanned, reception.code_waits
    few = reception.code_left < rules.code_sent_unasked_from
    reception = replace(reception, code_scanned=True, code_waits=False)
    state = PrintedCodeEntry(
        reception=reception,
        deadline=until(PrintedCodeEntry, reception, rules, now),
        target=target,
        why=WhyHere.FEW_CODE_TRIES if few and not asked_before else WhyHere.NOTHING,
        card_expiry_year=expiry.year if expiry else None,
    )
    if few:
        unsent = (StopScan(reception.id, 0), WipeCode(reception.id, 0)) if rules.reads_ahead else ()
        return Step(state, (WipeCode(reception.id, 0),) if waits else unsent)
    if waits:
        return _open_record(state, rules, now)
    if asked_before:
        return Step(state)
    reception, number = reception.numbered()
    scanning = replace(state, reception=reception, waiting=number, scanning=True)
    return Step(scanning, (ScanCode(reception.id, number, expiry),))


def printed_code(state: PrintedCodeEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case CodeScanned(pinless=pinless):
            return _open_record(_told(state, pinless), rules, now)
        case CodeGuided(guidance=guidance):
            return Step(replace(state, guidance=guidance))
        case CodeNotScanned(pinless=pinless):
            return _typed(_told(state, pinless), rules, now)
        case CodeTypingChosen() if state.scanning:
            # what was read so far comes with the answer, and the rest is typed
            return Step(state, (StopScan(reception.id, 0),))
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
        case PinChosen() if (state.waiting is None or state.scanning) and Way.PIN in ways(reception, rules):
            following = begin_pin(reception, rules, now)
            stopped = (StopScan(reception.id, 0),) if state.scanning else ()
            return Step(following.state, (*stopped, *following.effects))
        case _:
            return Step(state)


def _told(state: PrintedCodeEntry, pinless: bool) -> PrintedCodeEntry:
    """Add what the front of a card with this expiry date showed."""
    reception = state.reception
    expiry = reception.facts.card_expiry if reception.facts is not None else None
    return (
        replace(state, reception=replace(reception, front=Front(expiry, pinless or reception.pinless)))
        if expiry
        else state
    )


def _typed(state: PrintedCodeEntry, rules: Rules, now: Now) -> Step:
    """Let the code be typed, with enough time for it."""
    deadline = until(PrintedCodeEntry, state.reception, rules, now)
    return Step(replace(state, waiting=None, scanning=False, guidance=None, deadline=deadline))


def _open_record(state: PrintedCodeEntry, rules: Rules, now: Now) -> Step:
    """Reading takes its time; a code entered at the last moment gets that time too."""
    reception, number = state.reception.numbered()
    return Step(
        replace(
            state,
            reception=reception,
            waiting=number,
            scanning=False,
            guidance=None,
            deadline=until(PrintedCodeEntry, reception, rules, now),
        ),
        (OpenFaceRecord(reception.id, number, reception.code_left),),
    )


def _code_refused(state: PrintedCodeEntry, left: int, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, code_left=left)
    floor = 1 if state.target is Way.STAFF else rules.code_tries_floor
    if left >= floor:
        again = replace(state, reception=reception, waiting=None, wrong=True, why=WhyHere.NOTHING)
        return Step(replace(again, deadline=until(PrintedCodeEntry, reception, rules, now)))
    if state.target is Way.STAFF:
        return begin_staff(reception, rules, now)
    return choose(reception, rules, now, WhyHere.CODE_LOCKED)


# --- face ---------------------------------------------------------------------------------------------------


def begin_face(reception: Reception, rules: Rules, now: Now, *, suspected: bool = False) -> Step:
    if reception.record is None:
        return enter_printed_code(reception, Way.FACE, rules, now)
    attempt = reception.face_attempts + 1
    reception, number = reception.numbered()
    return Step(
        FaceCheck(
            reception=reception,
            deadline=until(FaceCheck, reception, rules, now),
            waiting=number,
            attempt=attempt,
            suspected=suspected,
        ),
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
        case FaceRefused(why=why):
            reception = replace(reception, face_attempts=state.attempt)
            if state.attempt < rules.face_attempts:
                return begin_face(reception, rules, now, suspected=why == "photo-suspected")
            return choose(reception, rules, now, WhyHere.FACE_NOT_MATCHED)
        case CameraFailed():
            return camera_lost(state, rules, now)
        case PinChosen() if Way.PIN in ways(reception, rules):
            # leaving uses up the attempt: going back and forth must not give further ones
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
        # a holder confirmed by the PIN alone, for lack of a camera, is not asked for the face when it comes back
        reception = replace(reception, camera_failed=True)
    return Step(
        PinEntry(
            reception=reception, deadline=until(PinEntry, reception, rules, now), left=reception.pin_left, why=why
        ),
        # the front is no longer needed
        (StopScan(reception.id, 0),) if rules.reads_ahead else (),
    )


def pin_entry(state: PinEntry, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    match event:
        case LastTryConfirmed() if state.phase is PinPhase.TYPING and state.needs_confirmation:
            return Step(replace(state, last_confirmed=True, deadline=until(PinEntry, reception, rules, now)))
        case PinEntered() if state.phase is PinPhase.TYPING and not state.needs_confirmation:
            return _use_pin(state, rules, now)
        case ChallengeFetched() if state.phase is PinPhase.FETCHING:
            return _verify_and_sign(state, rules, now)
        case ServiceSilent() if state.phase is PinPhase.FETCHING:
            return to_problem(reception, ProblemCode.SERVICE_SILENT, rules, now)
        case ServiceRefused(reason=reason) if state.phase is PinPhase.FETCHING:
            return to_problem(reception, of_refusal(reason), rules, now)
        case PinSigned():
            return ask_service(reception, Way.PHONE if reception.by_phone else Way.PIN, rules, now)
        case PinRefused(left=0, sent=sent):
            why = WhyHere.PIN_LOCKED_NOW if sent else without_pin(reception, rules)
            return choose(replace(reception, pin_left=0), rules, now, why)
        case PinRefused(left=left, sent=sent):
            following = begin_pin(replace(reception, pin_left=left), rules, now)
            assert isinstance(following.state, PinEntry)
            return Step(replace(following.state, wrong=sent))
        case CardFailed(trouble=trouble):
            return to_problem(reception, of_card(trouble), rules, now)
        case FaceChosen() if state.phase is PinPhase.TYPING and Way.FACE in ways(reception, rules):
            return begin_face(reception, rules, now)
        case Back() if state.phase is PinPhase.TYPING and len(ways(reception, rules)) > 1:
            return choose(reception, rules, now)
        case PinForgotten() if state.phase is PinPhase.TYPING:
            return _offer(reception, ways(reception, rules), WhyHere.PIN_FORGOTTEN, rules, now)
        case _:
            return Step(state)


def _use_pin(state: PinEntry, rules: Rules, now: Now) -> Step:
    """VERIFY and SIGN follow each other at once, so the challenge comes first: a silent service costs no try."""
    if has_challenge(state.reception, rules, now):
        return _verify_and_sign(state, rules, now)
    reception, fetching, effects = want_challenge(state.reception)
    deadline = until(Opening, reception, rules, now)
    return Step(
        replace(state, reception=reception, waiting=fetching, phase=PinPhase.FETCHING, deadline=deadline), effects
    )


def _verify_and_sign(state: PinEntry, rules: Rules, now: Now) -> Step:
    reception, number = state.reception.numbered()
    deadline = until(Opening, reception, rules, now)
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
            return to_problem(reception, no_way(reception, rules), rules, now)
        return enter_printed_code(reception, Way.STAFF, rules, now)
    return Step(
        StaffCheck(
            reception=reception, deadline=until(StaffCheck, reception, rules, now), has_photo=reception.record.has_photo
        )
    )


def staff_check(state: StaffCheck, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case StaffSaysSame(reason=reason) if reason.strip() and state.reception.staff_here:
            return prove_by_chip(state.reception, Way.STAFF, reason.strip(), rules, now)
        case StaffSaysOther():
            return leave(state.reception, rules, now)
        case _:
            return Step(state)
