"""`step(state, event, rules, now) -> (state, effects)`: the whole reception as a pure function.

No input or output, no clock, no waiting. An event that does not belong to the state changes nothing.
"""

from dataclasses import replace
from typing import assert_never, get_args

from consent.records import Cause
from terminal.qualification.contract import Purpose
from terminal.session.asking import asking
from terminal.session.confirming import (
    begin_staff,
    camera_lost,
    choose,
    choosing,
    face_check,
    pin_entry,
    printed_code,
    reading,
    staff_check,
)
from terminal.session.effects import AlertStaff, RemindTakeCard, StopFaceCheck
from terminal.session.ending import (
    complete_tick,
    effect_failed,
    give_up,
    inquiry,
    problem,
    staff_discards,
    submitting,
    timed_out,
)
from terminal.session.events import (
    Answer,
    CameraChanged,
    Cancelled,
    CardPresent,
    CardTaken,
    ChallengeFetched,
    DisplayChanged,
    EffectFailed,
    Event,
    InquiryChosen,
    MoreTime,
    ServiceRefused,
    ServiceSilent,
    StaffAuthenticated,
    StaffCalled,
    StaffDiscards,
    Tick,
    Touch,
)
from terminal.session.moves import Step, begin, leave
from terminal.session.opening import notice, opening, registration
from terminal.session.rules import Now, Rules
from terminal.session.states import (
    AfterIdle,
    ChoosingMethod,
    Complete,
    Consent,
    Display,
    FaceCheck,
    Idle,
    Inquiry,
    Limit,
    Notice,
    Opening,
    OpeningPhase,
    PinEntry,
    PinPhase,
    Prescription,
    PrintedCodeEntry,
    Problem,
    Reading,
    Reception,
    Registration,
    SpecificDisease,
    StaffCheck,
    State,
    Submitting,
    Summary,
)

_ANSWERS = get_args(Answer)
_TOUCHES = get_args(Touch)


def step(state: State, event: Event, rules: Rules, now: Now) -> Step:
    if isinstance(state, Idle):
        return _idle(state, event, rules, now)
    match event:
        case Tick():
            return _tick(state, rules, now)
        case CardTaken(card=card):
            return _card_taken(state, card, rules, now)
        case CardPresent():
            return _next_card(state, event, rules, now)
        case CameraChanged(available=available):
            return _camera(state, available, rules, now)
        case _ if isinstance(event, _ANSWERS):
            return _answer(state, event, rules, now)
        case _ if event.reception != state.reception.id:
            return Step(state)
        case _:
            return _touch(state, event, rules, now)


def next_tick(state: State, rules: Rules) -> float | None:
    """The next monotonic moment at which a `Tick` can change this state."""
    if isinstance(state, Idle):
        moments = [moment for moment in (state.mode_until, state.remind_at) if moment is not None]
        return min(moments, default=None)
    moments = [state.deadline]
    if _owes_warning(state):
        moments.append(state.deadline - rules.warn_before)
    if isinstance(state, Complete):
        if state.reception.card_in:
            moments += [state.remind_at] + ([state.alert_at] if state.alert_at is not None else [])
        else:
            moments.append(state.shown_until)
    return min(moments)


# --- idle ---------------------------------------------------------------------------------------------------


def _idle(state: Idle, event: Event, rules: Rules, now: Now) -> Step:
    mode_until = now.monotonic + rules.timeouts["StaffCheck"]
    match event:
        case CardPresent():
            return begin(state, event, rules, now)
        case CardTaken(card=card) if card == state.card_left:
            return Step(replace(state, card_left=None, remind_at=None))
        case CameraChanged(available=available):
            return Step(replace(state, camera=available))
        case StaffAuthenticated(reception="") if rules.staff_enabled:
            return Step(replace(state, staff=True, mode_until=mode_until))
        case InquiryChosen(reception=""):
            return Step(replace(state, purpose=Purpose.INQUIRY, mode_until=mode_until))
        case DisplayChanged(reception=""):
            return Step(replace(state, display=_display(state.display, event, rules), mode_until=mode_until))
        case StaffCalled(reception=""):
            return Step(state, (AlertStaff("", 0, "called"),))
        case Tick():
            return _idle_tick(state, rules, now)
        case _:
            return Step(state)


def _idle_tick(state: Idle, rules: Rules, now: Now) -> Step:
    if state.mode_until is not None and now.monotonic >= state.mode_until:
        state = replace(state, staff=False, purpose=Purpose.RECEPTION, display=Display(), mode_until=None)
    if state.card_left is not None and state.remind_at is not None and now.monotonic >= state.remind_at:
        return Step(replace(state, remind_at=now.monotonic + rules.remind_every), (RemindTakeCard("", 0),))
    return Step(state)


def _display(display: Display, event: DisplayChanged, rules: Rules) -> Display:
    language = event.language if event.language in rules.languages else None
    return Display(
        language=display.language if language is None else language,
        large=display.large if event.large is None else event.large,
        high_contrast=display.high_contrast if event.high_contrast is None else event.high_contrast,
        sound=display.sound if event.sound is None else event.sound,
    )


# --- devices and clock --------------------------------------------------------------------------------------


def _owes_warning(state: AfterIdle) -> bool:
    """Whether this state still owes the patient a warning before it gives up."""
    waits_for_patient = not isinstance(state, Reading | Opening | Submitting | Complete | Problem | Inquiry)
    return waits_for_patient and state.waiting is None and not state.warned


def _tick(state: AfterIdle, rules: Rules, now: Now) -> Step:
    if now.monotonic >= state.deadline:
        return timed_out(state, rules, now)
    if isinstance(state, Complete):
        return complete_tick(state, rules, now)
    if _owes_warning(state) and now.monotonic >= state.deadline - rules.warn_before:
        return Step(replace(state, warned=True))
    return Step(state)


def _card_taken(state: AfterIdle, card: int, rules: Rules, now: Now) -> Step:
    reception = state.reception
    if reception.next_card is not None and card == reception.next_card.card:
        return Step(replace(state, reception=replace(reception, next_card=None)))
    if card != reception.card or not reception.card_in:
        return Step(state)
    reception = replace(reception, card_in=False)
    state = replace(state, reception=reception)
    match state:
        case Submitting():
            return Step(state)
        case Complete():
            return complete_tick(state, rules, now)
        case Problem() | Inquiry():
            return leave(reception, rules, now)
        case _:
            return give_up(state, Cause.CARD_REMOVED, rules, now)


def _next_card(state: AfterIdle, event: CardPresent, rules: Rules, now: Now) -> Step:
    """A card put down while the last reception is still ending is kept in mind."""
    if state.reception.card_in:
        return Step(state)
    reception = replace(state.reception, next_card=event)
    if isinstance(state, Problem):
        return leave(reception, rules, now)
    return Step(replace(state, reception=reception))


def _camera(state: AfterIdle, available: bool, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, camera=available)
    match state:
        case FaceCheck() if not available:
            return camera_lost(replace(state, reception=reception), rules, now)
        case ChoosingMethod():
            following = choose(reception, rules, now)
            if isinstance(following.state, ChoosingMethod):
                # a camera that comes and goes gives nobody more time
                return Step(replace(following.state, deadline=state.deadline, warned=state.warned))
            return following
        case _:
            return Step(replace(state, reception=reception))


# --- answers ------------------------------------------------------------------------------------------------


def _answer(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    """Drop what answers another reception or an effect nobody waits for any more."""
    assert isinstance(event, _ANSWERS)
    reception = state.reception
    if event.reception != reception.id:
        return Step(state)
    if event.effect == reception.challenge_effect:
        return _challenge_answer(state, event, rules, now)
    if state.waiting is None or event.effect != state.waiting:
        return Step(state)
    if isinstance(event, EffectFailed):
        return effect_failed(state, rules, now)
    return _by_state(state, event, rules, now)


def _challenge_answer(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    """The challenge is fetched ahead of time; only a state that needs it now minds a failure."""
    reception = replace(state.reception, challenge_effect=None)
    waits = (isinstance(state, PinEntry) and state.phase is PinPhase.FETCHING) or (
        isinstance(state, Opening) and state.phase is OpeningPhase.FETCHING
    )
    match event:
        case ChallengeFetched(expires_at=expires_at):
            reception = replace(reception, challenge_until=expires_at)
        case EffectFailed():
            event = ServiceSilent(event.reception, event.effect)
        case ServiceSilent() | ServiceRefused():
            pass
        case _:
            return Step(state)
    state = replace(state, reception=reception)
    return _by_state(state, event, rules, now) if waits else Step(state)


# --- touches ------------------------------------------------------------------------------------------------


def _touch(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    in_patients_hands = not isinstance(state, Submitting | Complete | Problem | Inquiry)
    match event:
        case StaffCalled():
            return Step(state, (AlertStaff(reception.id, 0, "called"),))
        case Cancelled() if in_patients_hands:
            return give_up(state, Cause.CANCELLED, rules, now)
        case Cancelled() if isinstance(state, Problem | Inquiry):
            return leave(reception, rules, now)
        case DisplayChanged():
            return Step(replace(state, reception=replace(reception, display=_display(reception.display, event, rules))))
        case MoreTime() if in_patients_hands and state.waiting is None:
            return Step(replace(state, deadline=now.monotonic + rules.timeouts[type(state).__name__], warned=False))
        case StaffAuthenticated() if rules.staff_enabled and in_patients_hands:
            return _staff_arrives(state, rules, now)
        case StaffDiscards() if reception.staff and in_patients_hands:
            return staff_discards(state, rules, now)
        case _:
            return _by_state(state, event, rules, now)


def _staff_arrives(state: AfterIdle, rules: Rules, now: Now) -> Step:
    reception = replace(state.reception, staff=True)
    match state:
        case ChoosingMethod() | FaceCheck() | PinEntry(phase=PinPhase.TYPING):
            following = begin_staff(reception, rules, now)
            return Step(following.state, (StopFaceCheck(reception.id, 0), *following.effects))
        case _:
            return Step(replace(state, reception=reception))


def _by_state(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    match state:
        case Reading():
            return reading(state, event, rules, now)
        case ChoosingMethod():
            return choosing(state, event, rules, now)
        case PrintedCodeEntry():
            return printed_code(state, event, rules, now)
        case FaceCheck():
            return face_check(state, event, rules, now)
        case PinEntry():
            return pin_entry(state, event, rules, now)
        case StaffCheck():
            return staff_check(state, event, rules, now)
        case Opening():
            return opening(state, event, rules, now)
        case Notice():
            return notice(state, event, rules, now)
        case Registration():
            return registration(state, event, rules, now)
        case Consent() | SpecificDisease() | Prescription() | Limit() | Summary():
            return asking(state, event, rules, now)
        case Submitting():
            return submitting(state, event, rules, now)
        case Complete():
            return Step(state)
        case Problem():
            return problem(state, event, rules, now)
        case Inquiry():
            return inquiry(state, event, rules, now)
        case _:
            assert_never(state)


def reception_of(state: State) -> Reception | None:
    return None if isinstance(state, Idle) else state.reception
