"""Tests for receptions that require both face and PIN, and for the fallbacks."""

import pytest
from msgspec.structs import replace

from config.settings import FaceAndPinPolicy
from reader.facts import CardFacts
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CARD, GENUINE, World

PINLESS = replace(CARD, pin_tries_left=0)
CODE_LOCKED = replace(CARD, code_tries_left=2)
NO_PHOTO = ev.RecordFacts("genuine", False, False)
POSSIBLE, ALWAYS, NEVER = FaceAndPinPolicy.WHERE_POSSIBLE, FaceAndPinPolicy.ALWAYS, FaceAndPinPolicy.NEVER
both_policies = pytest.mark.parametrize("policy", [POSSIBLE, ALWAYS])


def world_with_policy(policy: FaceAndPinPolicy, *, staff: bool = True) -> World:
    return World(Rules(face_and_pin=policy, staff_enabled=staff))


def to_face_check(world: World, card: CardFacts = CARD) -> None:
    world.read_card(card)
    if isinstance(world.state, st.ChoosingMethod):
        world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.FaceCheck)


def opened_checks(world: World) -> list[tuple[Way, bool]]:
    return [(effect.way, effect.face_matched) for effect in world.issued if isinstance(effect, fx.RecordOpenedCheck)]


def no_check_requested(world: World) -> bool:
    return not any(isinstance(effect, fx.OpenCheck) for effect in world.issued)


def assert_only_staff_can_confirm(world: World, reason: st.MethodReason) -> None:
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((), reason)
    for kind in (ev.PinChosen, ev.FaceChosen, ev.PinEntered):
        assert world.touch(kind) == ()
    assert no_check_requested(world)
    world.touch(ev.StaffAuthenticated)
    if isinstance(world.state, st.PrintedCodeEntry):
        world.answer(ev.CodeScanned) if world.state.waiting else world.touch(ev.CodeEntered)
        world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.StaffCheck)
    effects = world.touch(ev.StaffConfirmed, "documents")
    assert effects[0] == fx.ProveChip(world.reception.id, effects[0].effect, Way.STAFF, "documents")


# --- face and PIN are available ---------------------------------------------------------------------------------


@both_policies
def test_face_is_checked_first_and_pin_opens_check(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    assert world.answer(ev.FaceMatched, 0.2) == (), "no proof is requested from the chip before the PIN"
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.FACE_MATCHED
    assert world.touch(ev.FaceChosen) == (), "the face is not checked twice"
    assert no_check_requested(world)
    world.verify_pin()
    world.open_check()
    assert isinstance(world.state, st.Consent)
    assert opened_checks(world) == [(Way.PIN, True)]
    assert not any(isinstance(effect, fx.ProveChip) for effect in world.issued)


@both_policies
def test_no_method_is_offered_and_no_pin_accepted_before_face(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    world.read_card()
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.FACE,), st.MethodReason.BOTH_ASKED)
    assert world.touch(ev.PinChosen) == ()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    assert world.touch(ev.PinChosen) == ()
    assert isinstance(world.state, st.PrintedCodeEntry)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)
    assert world.touch(ev.PinChosen) == ()
    assert isinstance(world.state, st.FaceCheck)


def test_face_or_pin_is_sufficient_by_default() -> None:
    world = world_with_policy(NEVER)
    to_face_check(world)
    effects = world.answer(ev.FaceMatched, 0.2)
    assert [type(effect) for effect in effects] == [fx.ProveChip]
    world = world_with_policy(NEVER)
    world.identify_by_pin()
    assert opened_checks(world) == [(Way.PIN, False)]


@both_policies
def test_face_match_does_not_carry_over_to_next_reception(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    world.answer(ev.FaceMatched, 0.2)
    world.remove_card()
    world.read_card()
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.touch(ev.PinEntered) == ()


@both_policies
def test_wrong_pin_requires_no_second_face_check(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    world.answer(ev.FaceMatched, 0.2)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 2, True)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.wrong
    world.verify_pin()
    world.open_check()
    assert opened_checks(world) == [(Way.PIN, True)]


@both_policies
def test_camera_lost_after_face_check_has_no_effect(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    world.answer(ev.FaceMatched, 0.2)
    world.send(ev.CameraChanged(False))
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 2, True)
    world.verify_pin()
    world.open_check()
    assert opened_checks(world) == [(Way.PIN, True)]


# --- no PIN, camera, code or photo ------------------------------------------------------------------------------


def test_where_possible_accepts_face_alone_if_card_has_no_pin() -> None:
    world = world_with_policy(POSSIBLE)
    to_face_check(world, PINLESS)
    world.answer(ev.FaceMatched, 0.2)
    world.answer(ev.ChipSigned)
    world.open_check()
    assert opened_checks(world) == [(Way.FACE, True)]


def test_always_requires_staff_if_card_has_no_pin() -> None:
    world = world_with_policy(ALWAYS)
    world.read_card(PINLESS)
    assert_only_staff_can_confirm(world, st.MethodReason.PIN_NEEDED)


def no_camera(world: World) -> None:
    world.send(ev.CameraChanged(False))
    world.read_card()


def camera_lost_during_the_face_check(world: World) -> None:
    to_face_check(world)
    world.answer(ev.CameraFailed)


def code_locked(world: World) -> None:
    world.read_card(CODE_LOCKED)


def no_photo(world: World) -> None:
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, NO_PHOTO)


MISSING = pytest.mark.parametrize(
    ("make_face_check_impossible", "reason"),
    [
        (no_camera, st.MethodReason.NO_CAMERA),
        (camera_lost_during_the_face_check, st.MethodReason.NO_CAMERA),
        (code_locked, st.MethodReason.CODE_LOCKED),
        (no_photo, st.MethodReason.NO_PHOTO),
    ],
)


@MISSING
def test_where_possible_accepts_pin_alone_if_face_check_is_impossible(
    make_face_check_impossible: object, reason: st.MethodReason
) -> None:
    world = world_with_policy(POSSIBLE)
    make_face_check_impossible(world)  # type: ignore[operator]
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is reason
    world.verify_pin()
    world.open_check()
    assert opened_checks(world) == [(Way.PIN, False)]


@MISSING
def test_always_requires_staff_if_face_check_is_impossible(
    make_face_check_impossible: object, reason: st.MethodReason
) -> None:
    world = world_with_policy(ALWAYS)
    make_face_check_impossible(world)  # type: ignore[operator]
    assert_only_staff_can_confirm(world, reason)


def test_reconnected_camera_does_not_interrupt_pin_entry() -> None:
    world = world_with_policy(POSSIBLE)
    no_camera(world)
    world.send(ev.CameraChanged(True))
    assert world.touch(ev.FaceChosen) == ()
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 2, True)
    world.verify_pin()
    world.open_check()
    assert opened_checks(world) == [(Way.PIN, False)]
    world.remove_card()
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    world.wait(6)
    world.read_card()
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.methods == (Way.FACE,), "the next patient is asked for the face"


def test_during_code_entry_pin_is_allowed_only_while_camera_is_lost() -> None:
    world = world_with_policy(POSSIBLE)
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    world.send(ev.CameraChanged(False))
    world.send(ev.CameraChanged(True))
    assert world.touch(ev.PinChosen) == ()
    assert isinstance(world.state, st.PrintedCodeEntry)
    world.send(ev.CameraChanged(False))
    world.touch(ev.PinChosen)
    assert isinstance(world.state, st.PinEntry)


def test_staff_cannot_open_record_whose_code_is_locked() -> None:
    """The printed code is locked permanently. `always` reports a problem, and `where-possible` uses the PIN."""
    for policy, problem in ((POSSIBLE, None), (ALWAYS, ProblemCode.BOTH_NEEDED)):
        world = world_with_policy(policy)
        world.read_card(replace(CARD, code_tries_left=0))
        world.touch(ev.StaffAuthenticated)
        if problem is None:
            assert isinstance(world.state, st.PinEntry)
        else:
            assert isinstance(world.state, st.Problem)
            assert world.state.problem is problem


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "card"), [(POSSIBLE, CARD), (POSSIBLE, PINLESS), (ALWAYS, CARD)])
def test_pin_does_not_replace_refused_face(policy: FaceAndPinPolicy, card: CardFacts) -> None:
    world = world_with_policy(policy)
    to_face_check(world, card)
    for _ in range(3):
        world.answer(ev.FaceRefused, "not-matched")
    assert_only_staff_can_confirm(world, st.MethodReason.FACE_NOT_MATCHED)


@pytest.mark.parametrize(
    "lose_camera", [lambda world: world.answer(ev.CameraFailed), lambda w: w.send(ev.CameraChanged(False))]
)
def test_losing_camera_after_refusal_does_not_skip_face(lose_camera: object) -> None:
    """A refused person could otherwise unplug the camera."""
    world = world_with_policy(POSSIBLE)
    to_face_check(world)
    world.answer(ev.FaceRefused, "not-seen")
    lose_camera(world)  # type: ignore[operator]
    assert_only_staff_can_confirm(world, st.MethodReason.NO_CAMERA)


@both_policies
def test_pin_locked_by_wrong_entries_remains_required(policy: FaceAndPinPolicy) -> None:
    """A look-alike could otherwise lock the PIN and pass with only the face."""
    world = world_with_policy(policy)
    to_face_check(world, replace(CARD, pin_tries_left=1))
    world.answer(ev.FaceMatched, 0.2)
    world.touch(ev.LastTryConfirmed)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, True)
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.why is st.MethodReason.PIN_LOCKED_NOW
    world.send(ev.CameraChanged(False))
    world.send(ev.CameraChanged(True))
    assert_only_staff_can_confirm(world, st.MethodReason.PIN_LOCKED_NOW)


@both_policies
def test_pin_locked_elsewhere_remains_required(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    world.answer(ev.FaceMatched, 0.2)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, False)
    assert_only_staff_can_confirm(world, st.MethodReason.PIN_NEEDED)


@both_policies
def test_printed_code_locked_by_wrong_entries_remains_required(policy: FaceAndPinPolicy) -> None:
    """Someone with another person's card and PIN could otherwise lock the code to skip the face check."""
    world = world_with_policy(policy)
    world.read_card(replace(CARD, code_tries_left=3))
    world.touch(ev.FaceChosen)
    world.touch(ev.CodeEntered)
    world.answer(ev.CodeRefused, 2)
    assert_only_staff_can_confirm(world, st.MethodReason.CODE_LOCKED)


@pytest.mark.parametrize(
    ("policy", "card", "code"),
    [
        (ALWAYS, PINLESS, ProblemCode.BOTH_NEEDED),
        (ALWAYS, CODE_LOCKED, ProblemCode.BOTH_NEEDED),
        (POSSIBLE, replace(CODE_LOCKED, pin_tries_left=0), ProblemCode.NO_WAY_LEFT),
    ],
)
def test_without_staff_screen_reports_required_methods(
    policy: FaceAndPinPolicy, card: CardFacts, code: ProblemCode
) -> None:
    world = world_with_policy(policy, staff=False)
    world.read_card(card)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is code


# --- staff ------------------------------------------------------------------------------------------------------


@both_policies
def test_staff_can_take_over_between_face_and_pin(policy: FaceAndPinPolicy) -> None:
    world = world_with_policy(policy)
    to_face_check(world)
    world.answer(ev.FaceMatched, 0.2)
    world.touch(ev.StaffAuthenticated)
    world.touch(ev.StaffConfirmed, "documents")
    world.answer(ev.ChipSigned)
    world.open_check()
    assert opened_checks(world) == [(Way.STAFF, True)]


# --- face or PIN is sufficient ----------------------------------------------------------------------------------


def test_reconnected_camera_offers_face_again_if_one_method_is_sufficient() -> None:
    world = world_with_policy(NEVER)
    no_camera(world)
    world.send(ev.CameraChanged(True))
    world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PrintedCodeEntry)


def test_locked_pin_is_reported_differently_if_it_is_not_required() -> None:
    world = world_with_policy(NEVER)
    no_camera(world)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, False)
    assert_only_staff_can_confirm(world, st.MethodReason.PIN_UNAVAILABLE)


# --- face check disabled ----------------------------------------------------------------------------------------


def test_with_face_check_disabled_pin_is_requested() -> None:
    world = World(Rules(face=False, staff_enabled=True))
    world.read_card(CARD)
    assert isinstance(world.state, st.PinEntry)


def test_without_face_check_and_pin_staff_must_confirm() -> None:
    world = World(Rules(face=False, staff_enabled=True))
    world.read_card(PINLESS)
    assert_only_staff_can_confirm(world, st.MethodReason.PIN_UNAVAILABLE)
