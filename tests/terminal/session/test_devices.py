"""Days with readers and cameras that go, and a code shown before its card."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from consent.items import Item
from consent.records import Cause
from reader.facts import CardFacts, CardGone, NotMyNumberCard, ReaderBusy, ReaderLost, ReaderStanding, TwoCards
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from tests.terminal.session.world import CARD, CHECK, World

EXPIRY = date(2031, 4, 1)
"""`CARD`'s."""
PINLESS = replace(CARD, pin_tries_left=0)


def kinds(effects: tuple[fx.Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def alerts(effects: tuple[fx.Effect, ...]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, fx.AlertStaff)]


def accepted(world: World) -> st.Complete:
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    return world.state


# --- readers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", [one for one in ReaderStanding if one is not ReaderStanding.READY])
def test_without_a_reader_the_first_screen_is_out_of_service_and_ends_that_by_itself(standing: ReaderStanding) -> None:
    world = World()
    assert alerts(world.send(ev.ReaderChanged(standing))) == ["U-502"]
    assert isinstance(world.state, st.Idle)
    assert (world.state.out_of_service, world.state.reader) == (ProblemCode.READER_LOST, standing)
    assert world.send(ev.ReaderChanged(ReaderStanding.NO_SERVICE)) == (), "staff hears of it once"
    world.send(ev.ReaderChanged(ReaderStanding.READY))
    assert world.state == st.Idle()


def test_a_card_put_down_is_proof_of_a_reader() -> None:
    world = World()
    world.send(ev.ReaderChanged(ReaderStanding.NONE))
    world.put_card()
    assert world.reception.reader is ReaderStanding.READY


def test_a_reader_lost_before_the_check_is_no_card_taken() -> None:
    world = World()
    world.card_read()
    effects = world.send(ev.ReaderChanged(ReaderStanding.NONE))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST
    assert fx.WipePatient in kinds(effects)
    assert alerts(effects) == ["U-502"]
    world.wait(60)
    assert isinstance(world.state, st.Idle)
    assert world.state.out_of_service is ProblemCode.READER_LOST
    assert world.state.left is None


def test_a_reader_lost_after_the_check_keeps_what_was_confirmed_and_says_why() -> None:
    world = World()
    world.by_pin()
    world.touch(ev.ShareAll)
    effects = world.send(ev.ReaderChanged(ReaderStanding.NO_SERVICE))
    assert world.decision().cause is Cause.READER_LOST
    assert world.flags()[Item.DIAGNOSIS] == 1
    assert world.flags()[Item.HIGH_COST_LIMIT] == 0
    assert alerts(effects) == ["U-502"]
    assert world.send(ev.CardTaken(1)) == (), "told again by the slot"
    accepted(world)


def test_one_reader_of_two_goes_with_the_card_in_it() -> None:
    world = World()
    world.card_read()
    world.send(ev.CardTaken(1, reader_lost=True))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST
    world.wait(60)
    assert world.state == st.Idle(), "the other one still serves"


def test_a_card_that_vanished_a_moment_before_its_reader_is_told_as_the_readers_loss() -> None:
    world = World()
    world.put_card()
    world.answer(ev.CardFailed, CardGone())
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.CARD_GONE
    assert alerts(world.send(ev.ReaderChanged(ReaderStanding.NONE))) == ["U-502"]
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.READER_LOST


def test_a_lost_reader_ends_the_last_screens_and_no_submission() -> None:
    world = World()
    world.by_pin()
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.send(ev.ReaderChanged(ReaderStanding.NONE))
    assert isinstance(world.state, st.Submitting)
    assert world.decision().cause is Cause.ANSWERED
    accepted(world)
    world.wait(5)
    assert isinstance(world.state, st.Idle)


def test_a_lost_reader_takes_the_next_patients_card_too() -> None:
    world = World()
    world.by_pin()
    world.take_card()
    world.put_card()
    world.send(ev.ReaderChanged(ReaderStanding.NONE))
    accepted(world)
    world.wait(6)
    assert isinstance(world.state, st.Idle)
    assert world.state.out_of_service is ProblemCode.READER_LOST


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (TwoCards(), ProblemCode.TWO_CARDS),
        (ReaderBusy("reader"), ProblemCode.CARD_HELD),
        (ReaderLost("unplugged"), ProblemCode.READER_LOST),
    ],
)
def test_what_the_reader_tells_of_a_card_has_its_own_screen(trouble: object, code: ProblemCode) -> None:
    world = World()
    world.put_card()
    world.answer(ev.CardFailed, trouble)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is code


# --- cameras ----------------------------------------------------------------------------------------------


def test_a_camera_lost_is_told_on_the_method_screen_which_stays() -> None:
    world = World()
    world.card_read()
    world.send(ev.CameraChanged(False))
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.ways, world.state.why) == ((Way.PIN,), st.WhyHere.NO_CAMERA)
    world.send(ev.CameraChanged(True))
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.ways, world.state.why) == ((Way.FACE, Way.PIN), st.WhyHere.NOTHING)


def test_a_camera_lost_where_the_face_was_all_there_was_ends_in_a_problem() -> None:
    world = World()
    world.card_read(PINLESS)
    world.send(ev.CameraChanged(False))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.NO_WAY_LEFT


# --- a printed code before its card -----------------------------------------------------------------------


def shown(world: World, expiry: date = EXPIRY, handle: str = "shown-1") -> None:
    world.send(ev.CodeShown(handle, expiry))
    assert isinstance(world.state, st.CardShown)


def test_a_code_shown_before_is_sent_to_its_card_without_a_scan() -> None:
    world = World()
    shown(world)
    world.card_read()
    reading = next(effect for effect in world.issued if isinstance(effect, fx.ReadCard))
    assert reading.shown == "shown-1"
    effects = world.touch(ev.FaceChosen)
    assert effects == (fx.OpenFaceRecord(world.reception.id, effects[0].effect, 10),)
    world.answer(ev.CodeRefused, 9)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert (world.state.wrong, world.state.waiting) == (True, None), "once by itself; then it is typed"


def card_without(**fields: object) -> CardFacts:
    return replace(CARD, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "card",
    [
        card_without(card_expiry=EXPIRY + timedelta(days=1)),
        card_without(card_expiry=EXPIRY.replace(year=2030)),
        card_without(card_expiry=None),
    ],
)
def test_a_code_shown_is_wiped_with_the_first_card_that_is_not_its_own(card: CardFacts) -> None:
    world = World()
    shown(world)
    world.put_card()
    effects = world.answer(ev.CardRead, card)
    assert fx.WipeCode in kinds(effects)
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]


def test_a_code_shown_is_wiped_with_a_card_of_another_kind() -> None:
    world = World()
    shown(world)
    world.put_card()
    effects = world.answer(ev.CardFailed, NotMyNumberCard())
    assert fx.WipePatient in kinds(effects)
    world.take_card()
    world.card_read()
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]


def test_a_code_shown_waits_fifteen_seconds_and_the_last_front_counts() -> None:
    world = World()
    shown(world)
    world.wait(10)
    effects = world.send(ev.CodeShown("shown-2", EXPIRY))
    assert effects == (fx.WipeShownCode("", 0, "shown-1"),)
    world.wait(14)
    assert isinstance(world.state, st.CardShown)
    assert world.wait(1) == (fx.WipeShownCode("", 0, "shown-2"),)
    assert world.state == st.Idle()


def test_a_code_shown_is_wiped_by_touch_and_by_the_loss_of_the_reader() -> None:
    world = World()
    shown(world)
    assert world.send(ev.Cancelled("")) == (fx.WipeShownCode("", 0, "shown-1"),)
    assert type(world.state) is st.Idle
    shown(world, handle="shown-2")
    assert fx.WipeShownCode("", 0, "shown-2") in world.send(ev.ReaderChanged(ReaderStanding.NONE))
    assert type(world.state) is st.Idle
    world.send(ev.CodeShown("shown-3", EXPIRY))
    assert type(world.state) is st.Idle, "no card can be put down now"


def test_a_code_is_not_taken_while_a_card_lies_there() -> None:
    world = World()
    world.card_read()
    before = world.state
    assert world.send(ev.CodeShown("shown-1", EXPIRY)) == ()
    assert world.state == before
    world.touch(ev.Cancelled)
    world.send(ev.CodeShown("shown-1", EXPIRY))
    assert type(world.state) is st.Idle


def test_with_few_tries_left_no_code_is_sent_by_itself() -> None:
    world = World()
    shown(world)
    world.card_read(replace(CARD, code_tries_left=4))
    assert kinds(world.touch(ev.FaceChosen)) == [fx.WipeCode]
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.why is st.WhyHere.FEW_CODE_TRIES
    assert kinds(world.touch(ev.CodeEntered)) == [fx.OpenFaceRecord], "typed it is"


def test_with_five_tries_left_it_is() -> None:
    world = World()
    shown(world)
    world.card_read(replace(CARD, code_tries_left=5))
    assert kinds(world.touch(ev.FaceChosen)) == [fx.OpenFaceRecord]


def test_a_code_that_was_not_needed_is_wiped_when_the_check_opens() -> None:
    world = World()
    shown(world)
    world.card_read()
    world.touch(ev.PinChosen)
    world.pin_right()
    assert fx.WipeCode in kinds(world.answer(ev.CheckOpened, "check-r1", CHECK))


def test_a_code_that_was_wrong_is_not_sent_by_itself_again_by_going_to_and_fro() -> None:
    world = World()
    shown(world)
    world.card_read()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeRefused, 9)
    world.touch(ev.PinChosen)
    world.touch(ev.FaceChosen)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.waiting is None
    assert [kind for kind in kinds(tuple(world.issued)) if kind is fx.OpenFaceRecord] == [fx.OpenFaceRecord]
