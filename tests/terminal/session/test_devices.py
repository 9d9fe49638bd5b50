"""Tests for lost readers and cameras, and for printed codes shown before the card is inserted."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from consent.items import Item
from consent.records import Cause
from reader.facts import CardFacts, CardGone, NotMyNumberCard, ReaderBusy, ReaderLost, ReaderStatus, TwoCards
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from tests.terminal.session.world import CARD, CHECK, World

EXPIRY = date(2031, 4, 1)
"""Expiry date of `CARD`."""
PINLESS = replace(CARD, pin_tries_left=0)


def kinds(effects: tuple[fx.Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def alerts(effects: tuple[fx.Effect, ...]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, fx.AlertStaff)]


def accept(world: World) -> st.Complete:
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    return world.state


# --- readers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [status for status in ReaderStatus if status is not ReaderStatus.READY])
def test_idle_screen_is_out_of_service_until_reader_returns(status: ReaderStatus) -> None:
    world = World()
    assert alerts(world.send(ev.ReaderChanged(status))) == ["U-502"]
    assert isinstance(world.state, st.Idle)
    assert (world.state.out_of_service, world.state.reader) == (ProblemCode.READER_LOST, status)
    assert world.send(ev.ReaderChanged(ReaderStatus.NO_SERVICE)) == (), "staff is alerted once"
    world.send(ev.ReaderChanged(ReaderStatus.READY))
    assert world.state == st.Idle()


def test_card_implies_ready_reader() -> None:
    world = World()
    world.send(ev.ReaderChanged(ReaderStatus.NONE))
    world.insert_card()
    assert world.reception.reader is ReaderStatus.READY


def test_reader_lost_before_check_is_not_reported_as_card_removed() -> None:
    world = World()
    world.read_card()
    effects = world.send(ev.ReaderChanged(ReaderStatus.NONE))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST
    assert fx.WipePatient in kinds(effects)
    assert alerts(effects) == ["U-502"]
    world.wait(60)
    assert isinstance(world.state, st.Idle)
    assert world.state.out_of_service is ProblemCode.READER_LOST
    assert world.state.left is None


def test_reader_lost_after_check_keeps_confirmed_answers_and_records_cause() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    effects = world.send(ev.ReaderChanged(ReaderStatus.NO_SERVICE))
    assert world.decision().cause is Cause.READER_LOST
    assert world.flags()[Item.DIAGNOSIS] == 1
    assert world.flags()[Item.HIGH_COST_LIMIT] == 0
    assert alerts(effects) == ["U-502"]
    assert world.send(ev.CardTaken(1)) == (), "the slot reports the same loss again"
    accept(world)


def test_losing_reader_with_card_keeps_another_reader_in_service() -> None:
    world = World()
    world.read_card()
    world.send(ev.CardTaken(1, reader_lost=True))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST
    world.wait(60)
    assert world.state == st.Idle(), "the other reader is in service"


def test_card_lost_just_before_its_reader_is_reported_as_reader_lost() -> None:
    world = World()
    world.insert_card()
    world.answer(ev.CardFailed, CardGone())
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.CARD_GONE
    assert alerts(world.send(ev.ReaderChanged(ReaderStatus.NONE))) == ["U-502"]
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST


def test_losing_reader_does_not_interrupt_submission() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.send(ev.ReaderChanged(ReaderStatus.NONE))
    assert isinstance(world.state, st.Submitting)
    assert world.decision().cause is Cause.ANSWERED
    accept(world)
    world.wait(5)
    assert isinstance(world.state, st.Idle)


def test_losing_reader_drops_next_patients_card() -> None:
    world = World()
    world.identify_by_pin()
    world.remove_card()
    world.insert_card()
    world.send(ev.ReaderChanged(ReaderStatus.NONE))
    accept(world)
    world.wait(6)
    assert isinstance(world.state, st.Idle)
    assert world.state.out_of_service is ProblemCode.READER_LOST


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (TwoCards(), ProblemCode.TWO_CARDS),
        (ReaderBusy("reader"), ProblemCode.CARD_HELD),
        (ReaderLost("unplugged"), ProblemCode.READER_LOST),
    ],
)
def test_reader_problems_have_different_screens(problem: object, code: ProblemCode) -> None:
    world = World()
    world.insert_card()
    world.answer(ev.CardFailed, problem)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is code


# --- cameras ----------------------------------------------------------------------------------------------


def test_lost_camera_is_reported_on_method_screen() -> None:
    world = World()
    world.read_card()
    world.send(ev.CameraChanged(False))
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.PIN,), st.MethodReason.NO_CAMERA)
    world.send(ev.CameraChanged(True))
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.FACE, Way.PIN), st.MethodReason.NOTHING)


def test_lost_camera_without_another_method_ends_in_problem() -> None:
    world = World()
    world.read_card(PINLESS)
    world.send(ev.CameraChanged(False))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.NO_WAY_LEFT


# --- printed codes before the card ------------------------------------------------------------------------


def show_code(world: World, expiry: date = EXPIRY, handle: str = "shown-1") -> None:
    world.send(ev.CodeShown(handle, expiry))
    assert isinstance(world.state, st.CardShown)


def test_code_shown_before_its_card_is_sent_without_scan() -> None:
    world = World()
    show_code(world)
    world.read_card()
    reading = next(effect for effect in world.issued if isinstance(effect, fx.ReadCard))
    assert reading.shown == "shown-1"
    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.OpenFaceRecord(world.reception.id, effects[0].effect, 10),)
    world.answer(ev.CodeRefused, 9)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.wrong, world.state.waiting) == (True, None), "sent automatically only once"


def card_with(**fields: object) -> CardFacts:
    return replace(CARD, **fields)


@pytest.mark.parametrize(
    "card",
    [
        card_with(card_expiry=EXPIRY + timedelta(days=1)),
        card_with(card_expiry=EXPIRY.replace(year=2030)),
        card_with(card_expiry=None),
    ],
)
def test_shown_code_is_wiped_if_different_card_follows(card: CardFacts) -> None:
    world = World()
    show_code(world)
    world.insert_card()
    effects = world.answer(ev.CardRead, card)
    assert fx.WipeCode in kinds(effects)
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]


def test_shown_code_is_wiped_if_different_type_of_card_follows() -> None:
    world = World()
    show_code(world)
    world.insert_card()
    effects = world.answer(ev.CardFailed, NotMyNumberCard())
    assert fx.WipePatient in kinds(effects)
    world.remove_card()
    world.read_card()
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]


def test_shown_code_expires_after_fifteen_seconds_and_new_one_replaces_it() -> None:
    world = World()
    show_code(world)
    world.wait(10)
    effects = world.send(ev.CodeShown("shown-2", EXPIRY))
    assert effects == (fx.WipeShownCode("", 0, "shown-1"),)
    world.wait(14)
    assert isinstance(world.state, st.CardShown)
    assert world.wait(1) == (fx.WipeShownCode("", 0, "shown-2"),)
    assert world.state == st.Idle()


def test_shown_code_is_wiped_on_cancel_and_when_reader_is_lost() -> None:
    world = World()
    show_code(world)
    assert world.send(ev.Cancelled("")) == (fx.WipeShownCode("", 0, "shown-1"),)
    assert type(world.state) is st.Idle
    show_code(world, handle="shown-2")
    assert fx.WipeShownCode("", 0, "shown-2") in world.send(ev.ReaderChanged(ReaderStatus.NONE))
    assert type(world.state) is st.Idle
    world.send(ev.CodeShown("shown-3", EXPIRY))
    assert type(world.state) is st.Idle, "codes are ignored without a reader"


def test_code_is_ignored_while_card_is_on_reader() -> None:
    world = World()
    world.read_card()
    previous = world.state
    assert world.send(ev.CodeShown("shown-1", EXPIRY)) == ()
    assert world.state == previous
    world.touch(ev.Cancelled)
    world.send(ev.CodeShown("shown-1", EXPIRY))
    assert type(world.state) is st.Idle


def test_code_is_not_sent_automatically_with_four_tries_left() -> None:
    world = World()
    show_code(world)
    world.read_card(replace(CARD, code_tries_left=4))
    assert kinds(world.touch(ev.FaceChosen)) == [fx.WipeCode]
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.why is st.MethodReason.FEW_CODE_TRIES
    assert kinds(world.touch(ev.CodeEntered)) == [fx.OpenFaceRecord], "a typed code is sent"


def test_code_is_sent_automatically_with_five_tries_left() -> None:
    world = World()
    show_code(world)
    world.read_card(replace(CARD, code_tries_left=5))
    assert kinds(world.touch(ev.FaceChosen)) == [fx.OpenFaceRecord]


def test_unused_code_is_wiped_when_check_opens() -> None:
    world = World()
    show_code(world)
    world.read_card()
    world.touch(ev.PinChosen)
    world.verify_pin()
    assert fx.WipeCode in kinds(world.answer(ev.CheckOpened, "check-r1", CHECK))


def test_wrong_code_is_not_resent_after_switching_methods() -> None:
    world = World()
    show_code(world)
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeRefused, 9)
    world.touch(ev.PinChosen)
    world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.waiting is None
    assert [kind for kind in kinds(tuple(world.issued)) if kind is fx.OpenFaceRecord] == [fx.OpenFaceRecord]
