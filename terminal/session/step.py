"""`step(state, event, rules, now) -> (state, effects)`: the transition function of a reception.

It is pure: no I/O, no clock, no blocking. Events that do not apply to the current state are ignored.
"""

from typing import assert_never, get_args

from msgspec.structs import replace

from consent.records import Cause
from reader.facts import ReaderStatus
from terminal.session.asking import asking
from terminal.session.card_read import reading
from terminal.session.choosing import begin_staff, choosing
from terminal.session.effects import AlertStaff, SpeakAgain, StopFaceCheck
from terminal.session.ending import (
    complete_tick,
    complete_touch,
    effect_failed,
    give_up,
    inquiry,
    may_check_in,
    problem,
    reader_lost,
    staff_discards,
    submitting,
    timed_out,
)
from terminal.session.events import (
    Aside,
    AsideRequested,
    CameraChanged,
    Cancelled,
    CardPresent,
    CardTaken,
    ChallengeFetched,
    CheckInWithoutSharing,
    CodeShown,
    DisplayChanged,
    EffectAnswer,
    EffectFailed,
    Event,
    FrontGuidance,
    FrontNotShown,
    FrontRead,
    JapaneseShown,
    LanguagesRequested,
    MoreTime,
    ReaderChanged,
    RepeatRequested,
    RespondentChosen,
    ServiceRefused,
    ServiceUnavailable,
    StaffAuthenticated,
    StaffCalled,
    StaffDiscarded,
    Tick,
    Touch,
)
from terminal.session.face_availability import camera_available
from terminal.session.face_check import face_check
from terminal.session.idle import changed_display, idle
from terminal.session.methods import without_pin
from terminal.session.moves import Step, deadline_for, leave
from terminal.session.opening import notice, opening, registration
from terminal.session.phone import phone_check
from terminal.session.pin_entry import pin_entry
from terminal.session.printed_code import printed_code
from terminal.session.rules import Now, Rules
from terminal.session.staff_check import staff_check
from terminal.session.states import (
    AfterIdle,
    Asking,
    CardShown,
    ChoosingMethod,
    Complete,
    Consent,
    Dispensing,
    FaceCheck,
    Front,
    Idle,
    Inquiry,
    Limit,
    MethodReason,
    Notice,
    Opening,
    OpeningPhase,
    PhoneCheck,
    PhonePhase,
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
    Subsidies,
    Summary,
)

_ANSWERS = get_args(EffectAnswer)
_TOUCHES = get_args(Touch)


def step(state: State, event: Event, rules: Rules, now: Now) -> Step:
    if isinstance(state, Idle):
        return idle(state, event, rules, now)
    next_step = _in_reception(state, event, rules, now)
    after = next_step.state
    if isinstance(after, Idle) or type(after) is type(state) or not after.reception.aside:
        return next_step
    # close the previous state's side question
    return Step(replace(after, reception=replace(after.reception, aside=Aside.NONE)), next_step.effects)


def _in_reception(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case Tick():
            return _tick(state, rules, now)
        case CardTaken(card=card, reader_lost=lost):
            return _card_taken(state, card, rules, now, lost=lost)
        case ReaderChanged(status=status):
            return _reader(state, status, rules, now)
        case CardPresent():
            return _next_card(state, event, rules, now)
        case CameraChanged(available=available):
            return camera_available(state, available, rules, now)
        case CodeShown() | FrontGuidance() | FrontNotShown():
            return Step(state)
        case FrontRead():
            return _front_read(state, event, rules)
        case _ if isinstance(event, _ANSWERS):
            return _answer(state, event, rules, now)
        case _ if event.reception != state.reception.id:
            return Step(state)
        case _:
            return _touch(state, event, rules, now)


def next_tick(state: State, rules: Rules) -> float | None:
    """Return the next monotonic time at which a `Tick` can change this state, or None."""
    if isinstance(state, Idle):
        timers = (state.mode_until, state.remind_at, state.alert_at, state.left_until, _code_until(state))
        return min((moment for moment in timers if moment is not None), default=None)
    times = [state.deadline]
    if state.reception.japanese_until is not None:
        times.append(state.reception.japanese_until)
    if _needs_warning(state):
        times.append(state.deadline - rules.warn_before)
    if isinstance(state, Complete):
        times += [] if state.details_until is None else [state.details_until]
        if state.reception.card_in:
            times += [state.remind_at] + ([state.alert_at] if state.alert_at is not None else [])
        else:
            times.append(state.shown_until)
    return min(times)


def _code_until(state: Idle) -> float | None:
    return state.deadline if isinstance(state, CardShown) else None


# --- devices and clock --------------------------------------------------------------------------------------


def _needs_warning(state: AfterIdle) -> bool:
    """Return whether this state must warn the patient before it times out."""
    waits_for_patient = not isinstance(state, Reading | Opening | Submitting | Complete | Problem | Inquiry)
    return waits_for_patient and state.waiting is None and not state.warned


def _tick(state: AfterIdle, rules: Rules, now: Now) -> Step:
    shown_until = state.reception.japanese_until
    if shown_until is not None and now.monotonic >= shown_until:
        state = replace(state, reception=replace(state.reception, japanese_until=None))
    if now.monotonic >= state.deadline:
        return timed_out(state, rules, now)
    if isinstance(state, Complete):
        return complete_tick(state, rules, now)
    if _needs_warning(state) and now.monotonic >= state.deadline - rules.warn_before:
        return Step(replace(state, warned=True))
    return Step(state)


def _card_taken(state: AfterIdle, card: int, rules: Rules, now: Now, *, lost: bool = False) -> Step:
    reception = state.reception
    if reception.next_card is not None and card == reception.next_card.card:
        return Step(replace(state, reception=replace(reception, next_card=None)))
    if card != reception.card or not reception.card_in:
        return Step(state)
    reception = replace(reception, card_in=False)
    state = replace(state, reception=reception)
    if lost:
        return reader_lost(state, rules, now)
    match state:
        case Submitting():
            return Step(state)
        case Complete():
            return complete_tick(state, rules, now)
        case Problem() | Inquiry():
            return leave(reception, rules, now)
        case _:
            return give_up(state, Cause.CARD_REMOVED, rules, now)


def _reader(state: AfterIdle, status: ReaderStatus, rules: Rules, now: Now) -> Step:
    """Handle a change of reader availability. Treat the cards on a lost reader as removed."""
    state = replace(state, reception=replace(state.reception, reader=status))
    if status is ReaderStatus.READY:
        return Step(state)
    state = replace(state, reception=replace(state.reception, next_card=None))
    if not state.reception.card_in:
        return Step(state)
    return _card_taken(state, state.reception.card, rules, now, lost=True)


def _next_card(state: AfterIdle, event: CardPresent, rules: Rules, now: Now) -> Step:
    """Store the next card, put down before the current reception has ended."""
    if state.reception.card_in:
        return Step(state)
    reception = replace(state.reception, next_card=event, reader=ReaderStatus.READY)
    if isinstance(state, Problem):
        return leave(reception, rules, now)
    return Step(replace(state, reception=reception))


def _front_read(state: AfterIdle, event: FrontRead, rules: Rules) -> Step:
    """Store the front, and update the reason on the screen if the card has no PIN."""
    if event.reception != state.reception.id:
        return Step(state)
    state = replace(state, reception=replace(state.reception, front=Front(event.expiry, event.pinless)))
    if isinstance(state, ChoosingMethod) and state.why is MethodReason.PIN_UNAVAILABLE:
        return Step(replace(state, why=without_pin(state.reception, rules)))
    return Step(state)


# --- answers ------------------------------------------------------------------------------------------------


def _answer(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    """Handle an answer. Drop answers to other receptions and to effects that are not awaited."""
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
    """Handle a fetched challenge or a failed fetch. Pass it on only to a state that waits for it."""
    reception = replace(state.reception, challenge_effect=None)
    waits = (
        (isinstance(state, PinEntry) and state.phase is PinPhase.FETCHING)
        or (isinstance(state, PhoneCheck) and state.phase is PhonePhase.FETCHING)
        or (isinstance(state, Opening) and state.phase is OpeningPhase.FETCHING)
    )
    match event:
        case ChallengeFetched(expires_at=expires_at):
            reception = replace(reception, challenge_until=expires_at)
        case EffectFailed():
            event = ServiceUnavailable(event.reception, event.effect)
        case ServiceUnavailable() | ServiceRefused():
            pass
        case _:
            return Step(state)
    state = replace(state, reception=reception)
    return _by_state(state, event, rules, now) if waits else Step(state)


# --- touches ------------------------------------------------------------------------------------------------


def _touch(state: AfterIdle, event: Event, rules: Rules, now: Now) -> Step:
    reception = state.reception
    before_submission = not isinstance(state, Submitting | Complete | Problem | Inquiry)
    match event:
        case StaffCalled():
            return Step(state, (AlertStaff(reception.id, 0, "called"),))
        case Cancelled() if before_submission and not may_check_in(reception):
            return give_up(state, Cause.CANCELLED, rules, now)
        case CheckInWithoutSharing() if before_submission and may_check_in(reception):
            return give_up(state, Cause.WITHOUT_SHARING, rules, now)
        case Cancelled() if isinstance(state, Problem | Inquiry):
            return leave(reception, rules, now)
        case DisplayChanged():
            return _display_changed(state, event, rules, now)
        case LanguagesRequested():
            return Step(replace(state, reception=replace(reception, aside=Aside.LANGUAGES)))
        case JapaneseShown():
            japanese_until = now.monotonic + rules.show_japanese
            return Step(replace(state, reception=replace(reception, aside=Aside.NONE, japanese_until=japanese_until)))
        case RepeatRequested():
            return Step(state, (SpeakAgain(reception.id, 0),))
        case AsideRequested(aside=Aside.LEAVING) if not before_submission:
            return Step(state)
        case AsideRequested(aside=Aside.RESPONDENT) if not isinstance(state, Asking):
            return Step(state)
        case AsideRequested(aside=aside):
            return Step(replace(state, reception=replace(reception, aside=aside)))
        case MoreTime() if before_submission and state.waiting is None:
            reception = replace(reception, aside=Aside.NONE)
            deadline = deadline_for(type(state), reception, rules, now)
            return Step(replace(state, reception=reception, deadline=deadline, warned=False))
        case RespondentChosen(who=who) if isinstance(state, Notice | Registration | Asking) and not reception.proxy:
            return Step(replace(state, reception=replace(reception, answered_by=who, aside=Aside.NONE)))
        case StaffAuthenticated(at_terminal=at_terminal) if rules.staff_enabled and before_submission:
            return _staff_authenticated(state, rules, now, at_terminal=at_terminal)
        case StaffDiscarded() if reception.staff and before_submission:
            return staff_discards(state, rules, now)
        case _:
            return _by_state(state, event, rules, now)


def _display_changed(state: AfterIdle, event: DisplayChanged, rules: Rules, now: Now) -> Step:
    """Change the display settings. Switching on "more time" also extends the current deadline."""
    before = state.reception.display
    reception = replace(state.reception, display=changed_display(before, event, rules))
    if event.language is not None:
        closed = Aside.NONE if reception.aside is Aside.LANGUAGES else reception.aside
        reception = replace(reception, aside=closed, japanese_until=None)
    changed = replace(state, reception=reception)
    if reception.display.more_time and not before.more_time and state.waiting is None:
        changed = replace(changed, deadline=deadline_for(type(state), reception, rules, now), warned=False)
    return Step(changed)


def _staff_authenticated(state: AfterIdle, rules: Rules, now: Now, *, at_terminal: bool) -> Step:
    reception = replace(state.reception, staff=True, staff_at_terminal=state.reception.staff_at_terminal or at_terminal)
    match state:
        case ChoosingMethod() | FaceCheck() | PinEntry(phase=PinPhase.TYPING) if not reception.by_phone:
            next_step = begin_staff(reception, rules, now)
            return Step(next_step.state, (StopFaceCheck(reception.id, 0), *next_step.effects))
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
        case PhoneCheck():
            return phone_check(state, event, rules, now)
        case StaffCheck():
            return staff_check(state, event, rules, now)
        case Opening():
            return opening(state, event, rules, now)
        case Notice():
            return notice(state, event, rules, now)
        case Registration():
            return registration(state, event, rules, now)
        case Consent() | SpecificDisease() | Subsidies() | Prescription() | Dispensing() | Limit() | Summary():
            return asking(state, event, rules, now)
        case Submitting():
            return submitting(state, event, rules, now)
        case Complete():
            return complete_touch(state, event, rules, now)
        case Problem():
            return problem(state, event, rules, now)
        case Inquiry():
            return inquiry(state, event, rules, now)
        case _:
            assert_never(state)


def current_reception(state: State) -> Reception | None:
    return None if isinstance(state, Idle) else state.reception
