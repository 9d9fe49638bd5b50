"""Offer and begin the methods for confirming the holder, and the entry of the printed code that some require."""

from msgspec.structs import replace

from config.settings import FaceAndPinPolicy
from reader.facts import Medium
from terminal.qualification.contract import Way
from terminal.session.effects import CheckFace, OpenFaceRecord, ScanCode, StopScan, WipeCode
from terminal.session.events import Event, FaceChosen, PhoneChosen, PinChosen
from terminal.session.methods import available_methods, method_reason, no_method_problem
from terminal.session.moves import Step, deadline_for, to_problem
from terminal.session.phone import begin_phone_check
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    ChoosingMethod,
    FaceCheck,
    MethodReason,
    PinEntry,
    PrintedCodeEntry,
    Reception,
    StaffCheck,
)


def choose(reception: Reception, rules: Rules, now: Now, why: MethodReason | None = None) -> Step:
    """Offer the available methods, or begin immediately if only the PIN or only the phone is available.

    The face check never begins without a request.
    """
    if reception.staff and not reception.by_phone:
        return begin_staff(reception, rules, now)
    if why is None:
        why = method_reason(reception, rules)
    offered = available_methods(reception, rules)
    if offered == (Way.PIN,):
        return begin_pin(reception, rules, now, why=why)
    if offered == (Way.PHONE,) and why is MethodReason.NOTHING:
        return begin_phone(reception, rules, now)
    if not offered and not rules.staff_enabled and why is not MethodReason.PIN_LOCKED_NOW:
        return to_problem(reception, no_method_problem(reception, rules), rules, now)
    return offer_methods(reception, offered, why, rules, now)


def offer_methods(reception: Reception, offered: tuple[Way, ...], why: MethodReason, rules: Rules, now: Now) -> Step:
    deadline = deadline_for(ChoosingMethod, reception, rules, now)
    return Step(ChoosingMethod(reception=reception, deadline=deadline, methods=offered, why=why))


def choosing(state: ChoosingMethod, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case FaceChosen() if Way.FACE in state.methods:
            return begin_face(state.reception, rules, now)
        case PinChosen() if Way.PIN in state.methods:
            return begin_pin(state.reception, rules, now)
        case PhoneChosen() if Way.PHONE in state.methods:
            return begin_phone(state.reception, rules, now)
        case _:
            return Step(state)


def begin_pin(reception: Reception, rules: Rules, now: Now, why: MethodReason = MethodReason.NOTHING) -> Step:
    if rules.face_and_pin is not FaceAndPinPolicy.NEVER and not reception.camera:
        # the PIN alone confirms the holder, even if a camera becomes available during PIN entry
        reception = replace(reception, camera_failed=True)
    return Step(
        PinEntry(
            reception=reception,
            deadline=deadline_for(PinEntry, reception, rules, now),
            left=reception.pin_left,
            why=why,
        ),
        # the front is no longer needed
        (StopScan(reception.id, 0),) if rules.reads_ahead else (),
    )


def begin_phone(reception: Reception, rules: Rules, now: Now) -> Step:
    """Begin PIN entry if the phone's PIN is typed at the terminal, otherwise have the phone verify its owner."""
    assert reception.facts is not None
    if reception.facts.medium is Medium.PHONE_PIN:
        return begin_pin(reception, rules, now)
    return begin_phone_check(reception, rules, now)


def begin_face(reception: Reception, rules: Rules, now: Now, *, suspected: bool = False) -> Step:
    if reception.record is None:
        return enter_printed_code(reception, Way.FACE, rules, now)
    attempt = reception.face_attempts + 1
    reception, number = reception.next_effect()
    return Step(
        FaceCheck(
            reception=reception,
            deadline=deadline_for(FaceCheck, reception, rules, now),
            waiting=number,
            attempt=attempt,
            suspected=suspected,
        ),
        (CheckFace(reception.id, number, attempt),),
    )


def enter_printed_code(reception: Reception, target: Way, rules: Rules, now: Now) -> Step:
    """Use a previously shown code or scan it once per reception. After that, or with few tries left, require typing."""
    expiry = reception.facts.card_expiry if reception.facts is not None else None
    scanned_before, waits = reception.code_scanned, reception.has_unsent_code
    few = reception.code_left < rules.min_tries_for_scanned_code
    reception = replace(reception, code_scanned=True, has_unsent_code=False)
    state = PrintedCodeEntry(
        reception=reception,
        deadline=deadline_for(PrintedCodeEntry, reception, rules, now),
        target=target,
        why=MethodReason.FEW_CODE_TRIES if few and not scanned_before else MethodReason.NOTHING,
        card_expiry_year=expiry.year if expiry else None,
    )
    if few:
        unsent = (StopScan(reception.id, 0), WipeCode(reception.id, 0)) if rules.reads_ahead else ()
        return Step(state, (WipeCode(reception.id, 0),) if waits else unsent)
    if waits:
        return open_record(state, rules, now)
    if scanned_before:
        return Step(state)
    reception, number = reception.next_effect()
    scanning = replace(state, reception=reception, waiting=number, scanning=True)
    return Step(scanning, (ScanCode(reception.id, number, expiry),))


def open_record(state: PrintedCodeEntry, rules: Rules, now: Now) -> Step:
    """Open the face record. Extend the deadline to leave enough time for reading after a late code entry."""
    reception, number = state.reception.next_effect()
    return Step(
        replace(
            state,
            reception=reception,
            waiting=number,
            scanning=False,
            guidance=None,
            deadline=deadline_for(PrintedCodeEntry, reception, rules, now),
        ),
        (OpenFaceRecord(reception.id, number, reception.code_left),),
    )


def begin_staff(reception: Reception, rules: Rules, now: Now) -> Step:
    if reception.record is None:
        if reception.code_left == 0 and Way.PIN in available_methods(reception, rules):
            return begin_pin(reception, rules, now, MethodReason.CODE_LOCKED)
        if reception.code_left == 0:
            return to_problem(reception, no_method_problem(reception, rules), rules, now)
        return enter_printed_code(reception, Way.STAFF, rules, now)
    return Step(
        StaffCheck(
            reception=reception,
            deadline=deadline_for(StaffCheck, reception, rules, now),
            has_photo=reception.record.has_photo,
        )
    )
