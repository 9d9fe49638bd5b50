"""Tests for the last PIN try, which requires confirmation."""

from msgspec.structs import replace

from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.last_try import asks_before_last_try
from tests.terminal.session.world import CARD, World


def test_last_try_must_be_confirmed() -> None:
    world = World()
    world.read_card(replace(CARD, pin_tries_left=2))
    world.touch(ev.PinChosen)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 1, True)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.wrong
    assert asks_before_last_try(world.state)
    assert world.touch(ev.PinEntered) == (), "nothing is sent without confirmation"
    world.touch(ev.LastTryConfirmed)
    assert [type(effect) for effect in world.touch(ev.PinEntered)] == [fx.VerifyPinAndSign]


def test_confirmation_is_valid_for_one_try() -> None:
    world = World()
    world.read_card(replace(CARD, pin_tries_left=1))
    world.touch(ev.PinChosen)
    world.touch(ev.LastTryConfirmed)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 1, False)
    assert isinstance(world.state, st.PinEntry)
    assert asks_before_last_try(world.state), "the card refused before the PIN was sent"
