"""`talk_for(state, ...)`: generate the screen for a state as a `Talk`. No I/O."""

from typing import assert_never

from msgspec.structs import replace

from terminal.session import events as ev
from terminal.session.ending import may_check_in
from terminal.session.events import Aside
from terminal.session.rules import Rules
from terminal.session.states import (
    ChoosingMethod,
    Complete,
    Consent,
    Dispensing,
    Display,
    FaceCheck,
    Help,
    Idle,
    Inquiry,
    Limit,
    Notice,
    Opening,
    PhoneCheck,
    PinEntry,
    Prescription,
    PrintedCodeEntry,
    Problem,
    Reading,
    Registration,
    SpecificDisease,
    StaffCheck,
    State,
    Submitting,
    Subsidies,
    Summary,
)
from terminal.talk import (
    aloud,
    asides,
    asking,
    choosing,
    ending,
    face_check,
    idle,
    keypad,
    language_choice,
    pin_entry,
    printed_code,
    staff_check,
)
from terminal.talk.parts import Body, Button, GuideStep, Remark, Sign, Talk, TalkContext
from terminal.words.catalogue import Speak
from terminal.words.languages import REFERENCE, needs_original


def talk_for(state: State, rules: Rules, speak: Speak, *, remark: Remark = Remark.NONE) -> Talk:
    """Return the screen for a state, without its serial (see `serial.Talks`)."""
    display = state.display if isinstance(state, Idle) else state.reception.display
    language = display.language if isinstance(state, Idle) else state.reception.language
    say = speak(language)
    scene = TalkContext(say, rules, speak(REFERENCE) if needs_original(language) else None)
    if _chooses_language(state):
        body = language_choice.chooser(state, scene, speak)
    else:
        body = _body(state, scene)
    if isinstance(state, Idle) and _is_first(state):
        body = replace(body, buttons=language_choice.first_screen_buttons(state, scene, speak))
    footer = _footer(state, display, scene, speak)
    if aloud.must_ask(state, body, rules):
        body = aloud.question(state, body, scene)
    if not isinstance(state, Idle) and state.reception.aside is Aside.RESPONDENT:
        body = asking.respondents(state.reception, body.step, scene)
    if _aside(state) in (Aside.CHANGES, Aside.LEAVING):
        body = asides.side_question(state, body, footer, scene)
    warns = not isinstance(state, Idle) and state.warned
    return Talk(
        state=type(state).__name__,
        language=language,
        display=display,
        steps=tuple(say(stage.value) for stage in GuideStep),
        body=keypad.assign_keys(body),
        card=_card(state, scene),
        footer=footer,
        keys=keypad.hidden_keys(state, body, footer, scene),
        warning=say("warning.time") if warns else "",
        notice=say(remark) if remark else "",
    )


def starting_talk(language: str, speak: Speak) -> Talk:
    """Return the screen shown during startup."""
    say = speak(language)
    return Talk(
        state="Starting",
        language=language,
        display=Display(language=language),
        steps=tuple(say(stage.value) for stage in GuideStep),
        body=Body(step=GuideStep.READ, question=say("app.starting"), sign=Sign.WAIT),
        card="",
        footer=(),
    )


def _body(state: State, scene: TalkContext) -> Body:
    match state:
        case Idle():
            return idle.idle(state, scene)
        case Reading():
            return idle.reading(state, scene)
        case ChoosingMethod():
            return choosing.choosing(state, scene)
        case PrintedCodeEntry():
            return printed_code.printed_code(state, scene)
        case FaceCheck():
            return face_check.face_check(state, scene)
        case PinEntry():
            return pin_entry.pin_entry(state, scene)
        case PhoneCheck():
            return pin_entry.phone_check(state, scene)
        case StaffCheck():
            return staff_check.staff_check(state, scene)
        case Opening():
            return asking.opening(state, scene)
        case Notice():
            return asking.notice(state, scene)
        case Registration():
            return asking.registration(state, scene)
        case Consent():
            return asking.consent(state, scene)
        case SpecificDisease():
            return asking.specific_disease(state, scene)
        case Subsidies():
            return asking.subsidies(state, scene)
        case Prescription():
            return asking.prescription(state, scene)
        case Dispensing():
            return asking.dispensing(state, scene)
        case Limit():
            return asking.limit(state, scene)
        case Summary():
            return asking.summary(state, scene)
        case Submitting():
            return asking.submitting(state, scene)
        case Complete():
            return ending.complete(state, scene)
        case Problem():
            return ending.problem(state, scene)
        case Inquiry():
            return ending.inquiry(state, scene)
        case _:
            assert_never(state)


# --- language -----------------------------------------------------------------------------------------------


def _chooses_language(state: State) -> bool:
    return state.help is Help.LANGUAGES if isinstance(state, Idle) else state.reception.aside is Aside.LANGUAGES


def _is_first(state: Idle) -> bool:
    """Return whether this is the plain first screen, which has language buttons."""
    return state.card_left is None and state.out_of_service is None and state.help is None and not state.aside


# --- footer -------------------------------------------------------------------------------------------------


def _card(state: State, scene: TalkContext) -> str:
    say = scene.say
    match state:
        case Idle(card_left=None):
            return say("card.insert") if state.out_of_service is None else ""
        case Idle():
            return say("card.removable")
        case Reading():
            return say("card.do-not-remove")
        case Complete() | Inquiry():
            return say("card.removable") if state.reception.card_in else say("complete.thanks")
        case Problem():
            return say("card.removable") if state.reception.card_in else ""
        case _:
            return say("card.read")


def _footer(state: State, display: Display, scene: TalkContext, speak: Speak) -> tuple[Button, ...]:
    """Return the footer in the same order on every screen: leaving, display settings, staff."""
    say = scene.say
    reception = "" if isinstance(state, Idle) else state.reception.id
    staff = Button(
        id="call-staff", label=say("button.staff"), event=ev.StaffCalled(reception), key="f1", keypad_key="-"
    )
    language = () if _chooses_language(state) else (language_choice.footer_button(display, reception, scene, speak),)
    if isinstance(state, Idle):
        # the plain first screen has separate language buttons
        return (*_display_choices(display, scene), staff) if _is_first(state) else (*language, staff)
    if isinstance(state, Submitting | Complete | Problem | Inquiry):
        return (*language, staff)
    if may_check_in(state.reception):
        leave = Button(
            id="without-sharing",
            label=say("button.without-sharing"),
            event=ev.CheckInWithoutSharing(reception),
            key="escape",
            keypad_key=".",
        )
    else:
        leave = Button(
            id="cancel", label=say("button.cancel"), event=ev.Cancelled(reception), key="escape", keypad_key="."
        )
    return (leave, *_more_time(state.warned, reception, scene), *language, staff)


def _more_time(warns: bool, reception: str, scene: TalkContext) -> tuple[Button, ...]:
    if not warns:
        return ()
    return (
        Button(
            id="more-time", label=scene.say("button.more-time"), event=ev.MoreTime(reception), key="f4", keypad_key="/"
        ),
    )


def _display_choices(display: Display, scene: TalkContext) -> tuple[Button, ...]:
    return (
        asides.size(display, "", scene),
        asides.contrast(display, "", scene),
        asides.voice(display, "", scene) or _sound(display, scene),
    )


def _sound(display: Display, scene: TalkContext) -> Button:
    return Button(
        id="sound",
        label=scene.say("button.sound.off" if display.sound else "button.sound.on"),
        event=ev.DisplayChanged("", sound=not display.sound),
        key="f7",
        keypad_key="/",
    )


def _aside(state: State) -> Aside:
    return state.aside if isinstance(state, Idle) else state.reception.aside
