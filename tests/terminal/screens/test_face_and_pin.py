"""Tests for the screens of receptions that require both face and PIN."""

import re

import pytest
from msgspec.structs import replace

from config.settings import FaceAndPinPolicy
from terminal.qualification.contract import Way
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.talk.parts import LineKind, PadKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import words
from terminal.words.languages import LANGUAGES, STAFF_LANGUAGES
from tests.terminal.screens.stage import SMALL, async_test, stage
from tests.terminal.session.world import CARD, GENUINE, World
from tests.terminal.talk.gallery import FACE_AND_PIN, RULES, state_for

every_language = pytest.mark.parametrize("language", STAFF_LANGUAGES)


def talk_in(state: st.State, rules: Rules) -> Talk:
    return talk_for(state, rules, words)


def texts(talk: Talk) -> list[str]:
    return [line.text for line in talk.body.lines]


def world_at_code_entry(rules: Rules, pin_tries_left: int = 3) -> World:
    world = World(rules)
    world.read_card(replace(CARD, pin_tries_left=pin_tries_left))
    if isinstance(world.state, st.ChoosingMethod):
        world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    return world


@every_language
@async_test
async def test_smallest_screen_shows_the_reason_for_the_pin_and_the_keypad(language: str) -> None:
    async with stage(SMALL) as on_stage:
        await on_stage.show(state_for("pin-after-face", language))
        rows = ["".join(segment.text for segment in strip) for strip in on_stage.app.screen._compositor.render_strips()]
        for digit in "1234":
            await on_stage.key(digit)
        await on_stage.key("enter")
        assert on_stage.counter.pins == [b"1234"], "the keypad is displayed and works"
    say = words(language)
    expected = (say("pin.question"), say("why.face-matched"), say("pin.tries-left", left=3))
    assert "".join("".join(expected).split()) in re.sub(r"[\s\u2500-\u259f]", "", "".join(rows)), rows


def test_confirmed_face_is_a_hint_and_not_an_option() -> None:
    body = talk_in(state_for("pin-after-face"), FACE_AND_PIN).body
    assert (body.pad, [button.id for button in body.buttons]) == (PadKind.PIN, ["forgotten"])
    assert {line.kind for line in body.lines} == {LineKind.HINT}


@every_language
def test_code_screen_announces_that_both_are_required(language: str) -> None:
    announcement = words(language)("code.both")
    world = world_at_code_entry(replace(FACE_AND_PIN, languages=LANGUAGES))
    world.touch(ev.DisplayChanged, language)
    assert announcement in texts(talk_in(world.state, FACE_AND_PIN))
    assert not talk_in(world.state, FACE_AND_PIN).body.buttons
    world.touch(ev.CodeEntered)
    assert announcement in texts(talk_in(world.state, FACE_AND_PIN)), "also while the card is read"


def test_announcement_is_omitted_if_both_are_not_required() -> None:
    possible = replace(RULES, face_and_pin=FaceAndPinPolicy.WHERE_POSSIBLE)
    for rules, tries in ((RULES, 3), (possible, 0)):
        assert words("ja")("code.both") not in texts(talk_in(world_at_code_entry(rules, tries).state, rules))
    world = world_at_code_entry(FACE_AND_PIN)
    world.touch(ev.StaffAuthenticated)
    world.state = replace(world.state, target=Way.STAFF)
    assert words("ja")("code.both") not in texts(talk_in(world.state, FACE_AND_PIN))


@pytest.mark.parametrize(("rules", "expected"), [(RULES, ["pin", "staff"]), (FACE_AND_PIN, ["staff"])])
def test_camera_screen_offers_the_pin_only_if_it_is_sufficient(rules: Rules, expected: list[str]) -> None:
    world = world_at_code_entry(rules)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)
    assert [answer.id for answer in talk_in(world.state, rules).body.buttons] == expected
