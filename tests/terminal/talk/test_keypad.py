"""Test that the terminal can be operated with a numeric keypad."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from config.settings import Settings
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Now
from terminal.session.step import step
from terminal.talk.parts import Button, PadKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker
from tests.terminal.talk.gallery import RULES, SCREENS, state_for

SPEAKING = replace(RULES, voices=("ja", "en"))
KEYS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "enter", "*", "/", "+", "-", ".")
NOW = Now(1.0, datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
speak = speaker(Settings())


def talk_in(state: st.State) -> Talk:
    return talk_for(state, SPEAKING, speak)


def press(state: st.State, key: str) -> st.State:
    button = talk_in(state).pressed(key)
    assert button is not None, f"{key} has no function"
    return step(state, button.event, SPEAKING, NOW).state


def reachable_buttons(state: st.State) -> dict[str, Button]:
    """Return the buttons that keys select on this screen and in its `/` menu."""
    by_id = {button.id: button for key in KEYS if (button := talk_in(state).pressed(key)) is not None}
    menu = press(state, "/")
    return by_id | {button.id: button for key in KEYS if (button := talk_in(menu).pressed(key)) is not None}


@pytest.mark.parametrize("voice", [False, True], ids=["silent", "speaking"])
@pytest.mark.parametrize("name", SCREENS)
def test_every_button_can_be_reached_with_numeric_keypad(name: str, voice: bool) -> None:
    state = state_for(name, voice=voice)
    events = [button.event for button in reachable_buttons(state).values()]
    leaving = [ev.Cancelled, ev.CheckInWithoutSharing]
    for button in talk_in(state).buttons:
        if button.id == "more-time":
            continue  # applies until the reception ends
        needs_confirmation = type(button.event) in leaving and button.id != "start-over"
        assert needs_confirmation or button.event in events, f"{button.id} on {name}"
        if needs_confirmation:
            assert ev.AsideRequested(button.event.reception, ev.Aside.LEAVING) in events  # type: ignore[union-attr]
            assert button.event in [other.event for other in talk_in(press(state, ".")).body.buttons]


@pytest.mark.parametrize("name", SCREENS)
def test_keys_are_unambiguous_and_have_an_effect(name: str) -> None:
    talk = talk_in(state_for(name, voice=True))
    ids = [button.id for button in (*talk.buttons, *talk.keys)]
    assert len(ids) == len(set(ids))
    keys = [button.key for button in talk.keys]
    assert len(keys) == len(set(keys))
    for button in talk.keys:
        following = step(state_for(name, voice=True), button.event, SPEAKING, NOW)
        assert following.effects or following.state != state_for(name, voice=True), f"{button.id} has no effect"


def test_pad_uses_digits_enter_and_star_only_while_typing() -> None:
    pin = talk_in(state_for("pin"))
    assert [pin.pressed(key) for key in ("0", "7", "enter")] == [None, None, None]
    assert pin.pressed("*", typed=True) is None
    back = pin.pressed("*")
    assert back is not None
    assert isinstance(press(state_for("pin"), "*"), st.ChoosingMethod)


def test_leaving_requires_confirmation_and_can_be_cancelled() -> None:
    menu = press(state_for("consent"), ".")
    assert isinstance(menu, st.Consent)
    assert [button.id for button in talk_in(menu).body.buttons] == ["close", "leave"]
    assert press(menu, "1") == state_for("consent")
    assert isinstance(press(menu, "2"), st.Submitting)


def test_changes_menu_stays_open_until_closed() -> None:
    menu = press(state_for("pin"), "/")
    assert talk_in(menu).body.pad is PadKind.NONE
    contrast = next(button for button in talk_in(menu).body.buttons if button.id == "contrast")
    changed = press(menu, contrast.key)
    assert isinstance(changed, st.PinEntry)
    assert (changed.reception.display.high_contrast, changed.reception.aside) == (True, ev.Aside.CHANGES)
    assert talk_in(press(changed, "*")).body.pad is PadKind.PIN
    face = next(button for button in talk_in(changed).body.buttons if button.id == "face")
    code_entry = press(changed, face.key)
    assert isinstance(code_entry, st.PrintedCodeEntry)
    assert not code_entry.reception.aside


def test_zero_turns_on_speech_and_more_time() -> None:
    speaking = press(state_for("idle"), "0")
    assert isinstance(speaking, st.Idle)
    assert (speaking.display.voice, speaking.display.more_time) == (True, True)
    louder = press(speaking, "+")
    assert isinstance(louder, st.Idle)
    assert louder.display.volume > speaking.display.volume
