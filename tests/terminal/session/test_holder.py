"""Tests for interrupted face checks, locked or forgotten PINs, missing cards, and phones."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from config.settings import FaceAndPinPolicy
from reader.facts import Medium
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus, Purpose, Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CARD, CHECK, GENUINE, World

PINLESS = replace(CARD, pin_tries_left=0)


def kinds(effects: tuple[fx.Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def to_face_check(world: World) -> None:
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.FaceCheck)


# --- holder -----------------------------------------------------------------------------------------------


def test_face_check_requires_touch_even_as_only_method() -> None:
    world = World()
    world.read_card(PINLESS)
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.FACE,), st.MethodReason.PIN_UNAVAILABLE)
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]


def test_locked_pin_is_reported_even_if_no_method_is_left() -> None:
    world = World()
    world.send(ev.CameraChanged(False))
    world.read_card(replace(CARD, pin_tries_left=1))
    world.touch(ev.LastTryConfirmed)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, True)
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((), st.MethodReason.PIN_LOCKED_NOW)


def test_each_interrupted_face_check_counts_as_attempt() -> None:
    world = World()
    to_face_check(world)
    for attempt in (1, 2, 3):
        assert isinstance(world.state, st.FaceCheck)
        assert world.state.attempt == attempt
        assert world.state.waiting is not None
        world.touch(ev.PinChosen)
        assert isinstance(world.state, st.PinEntry)
        world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PinEntry), "switching between methods allows at most three attempts"
    assert world.touch(ev.PinForgotten) == ()
    assert isinstance(world.state, st.ChoosingMethod)
    assert Way.FACE not in world.state.methods


def test_forgotten_pin_returns_to_methods_and_uses_no_try() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.touch(ev.PinForgotten)
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.FACE, Way.PIN), st.MethodReason.PIN_FORGOTTEN)
    world.touch(ev.PinChosen)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.left == 3
    world.touch(ev.PinEntered)
    previous = world.state
    assert world.touch(ev.PinForgotten) == (), "the PIN has been sent to the card"
    assert world.state == previous


def test_no_card_help_is_displayed_and_times_out() -> None:
    world = World()
    world.send(ev.HelpChosen(""))
    assert isinstance(world.state, st.Idle)
    assert world.state.help is st.Help.MENU
    world.send(ev.NoCardChosen(""))
    assert world.state.help is st.Help.NO_CARD
    world.wait(120)
    assert world.state == st.Idle()
    world.send(ev.HelpChosen(""))
    world.send(ev.InquiryChosen(""))
    assert (world.state.help, world.state.purpose) == (None, Purpose.INQUIRY)
    world.send(ev.Back(""))
    assert replace(world.state, mode_until=None) == st.Idle()


# --- phones -----------------------------------------------------------------------------------------------


PHONE = replace(CARD, medium=Medium.PHONE_VERIFIES, code_tries_left=0, pin_tries_left=0)
PHONE_PIN = replace(CARD, medium=Medium.PHONE_PIN, code_tries_left=0)


def at_phone_reader(**rules: object) -> World:
    return World(Rules(phone=True, staff_enabled=True, **rules))  # type: ignore[arg-type]


def test_phone_verifies_its_owner_and_opens_check() -> None:
    world = at_phone_reader()
    world.insert_card()
    assert world.answer(ev.CardRead, PHONE) == (), "signing requires a challenge"
    assert isinstance(world.state, st.PhoneCheck)
    effects = world.answer(ev.ChallengeFetched, world.now.wall + timedelta(minutes=5), to=fx.FetchChallenge)
    assert effects == (fx.SignWithPhone("r1", effects[0].effect, 1),)
    effects = world.answer(ev.PhoneSigned)
    assert effects == (fx.OpenCheck("r1", effects[0].effect, Way.PHONE, Purpose.RECEPTION),)
    world.open_check()
    assert isinstance(world.state, st.Consent)
    opened = next(effect for effect in world.issued if isinstance(effect, fx.RecordOpenedCheck))
    assert opened.way is Way.PHONE


def test_phone_pin_is_typed_at_terminal() -> None:
    world = at_phone_reader()
    world.read_card(PHONE_PIN)
    assert isinstance(world.state, st.PinEntry)
    effects = world.touch(ev.PinEntered)
    assert kinds(effects) == [fx.VerifyPinAndSign]
    effects = world.answer(ev.PinSigned)
    assert effects == (fx.OpenCheck("r1", effects[0].effect, Way.PHONE, Purpose.RECEPTION),)


def test_refused_phone_confirmation_can_be_retried() -> None:
    world = at_phone_reader()
    world.read_card(PHONE)
    world.answer(ev.PhoneRefused)
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.PHONE,), st.MethodReason.PHONE_NOT_CONFIRMED)
    assert world.touch(ev.FaceChosen) == ()
    assert world.touch(ev.StaffAuthenticated) == (), "there is no photo to compare"
    assert isinstance(world.state, st.ChoosingMethod)
    assert kinds(world.touch(ev.PhoneChosen)) == [fx.SignWithPhone]


def test_locked_phone_pin_is_reported() -> None:
    world = at_phone_reader()
    world.read_card(replace(PHONE_PIN, pin_tries_left=1))
    world.touch(ev.LastTryConfirmed)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, True)
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((), st.MethodReason.PIN_LOCKED_NOW)


@pytest.mark.parametrize("rules", [Rules(), Rules(phone=True, face_and_pin=FaceAndPinPolicy.ALWAYS)])
def test_phone_is_refused_if_disabled_or_face_is_always_required(rules: Rules) -> None:
    world = World(rules)
    world.read_card(PHONE)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.PHONE_NOT_TAKEN


def test_grace_period_applies_to_cards_but_not_phones() -> None:
    expiry = World().now.wall - timedelta(days=2)
    for medium, usable in ((Medium.PHONE_VERIFIES, False), (Medium.CARD, True)):
        world = at_phone_reader()
        world.read_card(replace(CARD, medium=medium, certificate_not_after=expiry))
        assert isinstance(world.state, st.ChoosingMethod if usable else st.Problem)
        if isinstance(world.state, st.Problem):
            assert world.state.problem is ProblemCode.CERTIFICATE_EXPIRED


def test_service_timeout_is_reported_before_phone_signs() -> None:
    world = at_phone_reader()
    world.insert_card()
    world.answer(ev.CardRead, PHONE)
    world.answer(ev.ServiceUnavailable, to=fx.FetchChallenge)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.SERVICE_UNRESPONSIVE
    world = at_phone_reader()
    world.insert_card()
    world.answer(ev.CardRead, PHONE)
    world.wait(45)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.SERVICE_UNRESPONSIVE


def test_expiring_phone_certificate_shows_the_same_notice_as_a_card() -> None:
    world = at_phone_reader()
    world.read_card(PHONE)
    world.answer(ev.PhoneSigned)
    world.open_check(CHECK.model_copy(update={"standing": CertificateStatus.EXPIRING}))
    assert isinstance(world.state, st.Notice)
