"""The first screen: choices for the next card, reader and camera availability, and cards left on the reader."""

from typing import Any

from msgspec.structs import fields, replace

from reader.facts import ReaderStatus
from terminal.problems import ProblemCode
from terminal.qualification.contract import Purpose
from terminal.session import card_left
from terminal.session.effects import AlertStaff, LookForFront, SpeakAgain, StopScan, WipeShownCode
from terminal.session.events import (
    Aside,
    AsideRequested,
    Back,
    CameraChanged,
    Cancelled,
    CardPresent,
    CardTaken,
    CodeShown,
    DisplayChanged,
    Event,
    ForChildChosen,
    FrontGuidance,
    FrontNotShown,
    HelpChosen,
    InquiryChosen,
    LanguagesRequested,
    NoCardChosen,
    ProxyChosen,
    ReaderChanged,
    RepeatRequested,
    ShowCardChosen,
    StaffAuthenticated,
    StaffCalled,
    Tick,
)
from terminal.session.moves import Step, begin
from terminal.session.rules import Now, Rules
from terminal.session.states import CardShown, Display, Help, Idle


def idle(state: Idle, event: Event, rules: Rules, now: Now) -> Step:
    next_step = _idle(state, event, rules, now)
    still_looking = isinstance(next_step.state, Idle) and next_step.state.looking
    if state.looking and not still_looking:
        return Step(next_step.state, (*next_step.effects, StopScan("", 0)))
    return next_step


def _idle(state: Idle, event: Event, rules: Rules, now: Now) -> Step:
    match event:
        case CardPresent():
            return begin(state, event, rules, now)
        case CardTaken(card=card) if card == state.card_left:
            display = state.display if state.mode_until is not None else rules.first_display
            return Step(replace(state, card_left=None, remind_at=None, alert_at=None, display=display))
        case CameraChanged(available=available):
            return Step(replace(state, camera=available))
        case ReaderChanged(status=status):
            return _reader(state, status)
        case CodeShown(shown=shown):
            return _code_shown(state, event, rules, now) if shown and _accepts_code(state) else Step(state)
        case FrontGuidance(guidance=guidance) if state.looking:
            return Step(replace(state, guidance=guidance))
        case FrontNotShown() if state.looking:
            return Step(replace(state, looking=False, guidance=None))
        case ShowCardChosen(reception="") if rules.reads_fronts and state.camera and _accepts_code(state):
            mode_until = now.monotonic + rules.timeouts["StaffCheck"]
            looking = replace(state, looking=True, guidance=None, help=None, mode_until=mode_until)
            return Step(looking, () if state.looking else (LookForFront("", 0),))
        case Tick():
            return _tick(state, rules, now)
        case StaffCalled(reception=""):
            return Step(state, (AlertStaff("", 0, "called"),))
        case RepeatRequested(reception=""):
            return Step(state, (SpeakAgain("", 0),))
        case Cancelled(reception="") if isinstance(state, CardShown):
            return _without_code(state)
        case _:
            return _mode(state, event, rules, now)


def _mode(state: Idle, event: Event, rules: Rules, now: Now) -> Step:
    """Handle a choice for the next card. It is reset at `mode_until`."""
    match event:
        case StaffAuthenticated(reception="") if rules.staff_enabled:
            chosen = replace(state, staff=True)
        case InquiryChosen(reception=""):
            chosen = replace(state, purpose=Purpose.INQUIRY, help=None)
        case ForChildChosen(reception=""):
            chosen = replace(state, child=True, proxy=False, help=None)
        case ProxyChosen(reception=""):
            chosen = replace(state, proxy=True, child=False, help=None)
        case HelpChosen(reception=""):
            chosen = replace(state, help=Help.MENU)
        case NoCardChosen(reception=""):
            chosen = replace(state, help=Help.NO_CARD)
        case Back(reception=""):
            chosen = replace(
                state, help=None, looking=False, guidance=None, child=False, proxy=False, purpose=Purpose.RECEPTION
            )
        case LanguagesRequested(reception=""):
            chosen = replace(state, help=Help.LANGUAGES, aside=Aside.NONE)
        case AsideRequested(reception="", aside=Aside.NONE | Aside.CHANGES):
            chosen = replace(state, aside=event.aside)
        case DisplayChanged(reception=""):
            chosen = replace(state, display=changed_display(state.display, event, rules))
            if event.language is not None and state.help is Help.LANGUAGES:
                chosen = replace(chosen, help=None)
        case _:
            return Step(state)
    return Step(replace(chosen, mode_until=now.monotonic + rules.timeouts["StaffCheck"]))


def changed_display(display: Display, event: DisplayChanged, rules: Rules) -> Display:
    """Return the changed display settings. Ignore a language that is not offered."""
    names = [field.name for field in fields(Display)]
    changes = {name: getattr(event, name) for name in names if getattr(event, name) is not None}
    if changes.get("language") not in rules.languages:
        changes.pop("language", None)
    return replace(display, **changes)


def _tick(state: Idle, rules: Rules, now: Now) -> Step:
    if isinstance(state, CardShown) and now.monotonic >= state.deadline:
        return _without_code(state)
    if state.left_until is not None and now.monotonic >= state.left_until:
        over = state.card_left is None and state.mode_until is None
        display = rules.first_display if over else state.display
        state = replace(state, left=None, left_until=None, display=display)
    if state.mode_until is not None and now.monotonic >= state.mode_until:
        state = replace(
            state,
            staff=False,
            child=False,
            proxy=False,
            help=None,
            looking=False,
            guidance=None,
            purpose=Purpose.RECEPTION,
            display=rules.first_display,
            aside=Aside.NONE,
            mode_until=None,
        )
    if state.card_left is None:
        return Step(state)
    return Step(*card_left.remind(state, "", rules, now))


def _reader(state: Idle, status: ReaderStatus) -> Step:
    """Take the terminal out of service while it cannot read cards. Alert staff once."""
    if status is ReaderStatus.READY:
        return Step(replace(state, reader=status))
    next_step = _without_code(state) if isinstance(state, CardShown) else Step(state)
    assert isinstance(next_step.state, Idle)
    lost = replace(next_step.state, reader=status, card_left=None, remind_at=None, alert_at=None)
    alert = (AlertStaff("", 0, ProblemCode.READER_LOST.code),) if state.out_of_service is None else ()
    return Step(lost, (*next_step.effects, *alert))


# --- printed code shown before its card is put down ---------------------------------------------------------


def _accepts_code(state: Idle) -> bool:
    """Return whether a code shown now is stored: the reader works and no card is on it."""
    return state.card_left is None and state.out_of_service is None


def _code_shown(state: Idle, event: CodeShown, rules: Rules, now: Now) -> Step:
    """Store this code for its card. It replaces a code shown earlier."""
    earlier = (WipeShownCode("", 0, state.shown),) if isinstance(state, CardShown) else ()
    deadline = now.monotonic + rules.timeouts["CardShown"]
    next_state = CardShown(
        **_idle_fields(state), shown=event.shown, expiry=event.expiry, pinless=event.pinless, deadline=deadline
    )
    return Step(replace(next_state, help=None, looking=False, guidance=None), earlier)


def _without_code(state: CardShown) -> Step:
    """Return to the plain first screen and wipe the code."""
    return Step(Idle(**_idle_fields(state)), (WipeShownCode("", 0, state.shown),))


def _idle_fields(state: Idle) -> dict[str, Any]:
    return {field.name: getattr(state, field.name) for field in fields(Idle)}
