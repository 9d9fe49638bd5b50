"""Tests for leaving early, answering for another person, and the last screens of a reception."""

import pytest
from msgspec.structs import replace

from config.settings import ConsentSettings, PrescriptionPolicy
from consent.items import AnsweredBy, Item
from consent.records import Cause
from reader.facts import NotMyNumberCard
from terminal.problems import ProblemCode
from terminal.qualification.contract import PrescriptionForm, SubsidyStatus
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from tests.terminal.session.world import CHECK, World


def kinds(effects: tuple[fx.Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def accept(world: World) -> st.Complete:
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    return world.state


# --- leaving ----------------------------------------------------------------------------------------------


def test_cancellation_before_check_is_displayed_briefly() -> None:
    world = World()
    world.read_card()
    world.touch(ev.Cancelled)
    assert isinstance(world.state, st.Idle)
    assert world.state.left is st.LeaveReason.LEFT
    world.remove_card()
    assert world.state.left is st.LeaveReason.LEFT
    world.wait(6)
    assert world.state == st.Idle()
    world.read_card()
    world.wait(60)
    assert isinstance(world.state, st.Idle)
    assert world.state.left is st.LeaveReason.TIMED_OUT


CERTIFICATE_AND_SUBSIDIES = CHECK.model_copy(
    update={"has_specific_disease_certificate": True, "subsidies": SubsidyStatus.USABLE}
)
ALL_QUESTIONS = Rules(consent=ConsentSettings(surgery=True, subsidies=True, prescription=PrescriptionPolicy.ASK))
LATER_SCREENS = ("specific-disease", "subsidies", "prescription", "limit")


def advance_to(world: World, screen: str) -> None:
    """Share all and answer yes to all questions before `screen`."""
    world.identify_by_pin(check=CERTIFICATE_AND_SUBSIDIES)
    world.touch(ev.ShareAll)
    for current in LATER_SCREENS:
        if current == screen:
            return
        if current == "prescription":
            world.touch(ev.PrescriptionChosen, PrescriptionForm.ELECTRONIC)
        else:
            world.touch(ev.QuestionAnswered, current, True)


@pytest.mark.parametrize("screen", LATER_SCREENS)
def test_checking_in_without_sharing_withdraws_share_all_on_every_later_screen(screen: str) -> None:
    world = World(ALL_QUESTIONS)
    advance_to(world, screen)
    world.touch(ev.CheckInWithoutSharing)
    assert world.decision().cause is Cause.WITHOUT_SHARING
    assert set(world.flags().values()) == {0}
    assert all(answer.answered_at == world.now.wall for answer in world.decision().answers)
    assert accept(world).outcome is st.Outcome.NOTHING_SHARED


def test_checking_in_without_sharing_at_summary_withdraws_every_answer() -> None:
    world = World(ALL_QUESTIONS)
    world.identify_by_pin(check=CERTIFICATE_AND_SUBSIDIES)
    world.touch(ev.OneByOne)
    while not isinstance(world.state, st.Summary):
        state = world.state
        if isinstance(state, st.Prescription):
            world.touch(ev.PrescriptionChosen, PrescriptionForm.PAPER)
        else:
            assert isinstance(state, st.Consent | st.SpecificDisease | st.Subsidies | st.Limit)
            assert state.question is not None
            world.touch(ev.QuestionAnswered, state.question.id, True)
    world.touch(ev.CheckInWithoutSharing)
    assert set(world.flags().values()) == {0}


@pytest.mark.parametrize("leave", ["card", "time"])
def test_confirmed_answers_survive_card_removal_and_timeout(leave: str) -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.remove_card() if leave == "card" else world.wait(60)
    assert world.flags()[Item.DIAGNOSIS] == 1


def test_checking_in_without_sharing_requires_open_check() -> None:
    world = World()
    world.read_card()
    previous = world.state
    assert world.touch(ev.CheckInWithoutSharing) == ()
    assert world.state == previous


def test_unregistered_card_cannot_check_in_without_sharing() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"registered": False}))
    previous = world.state
    assert world.touch(ev.CheckInWithoutSharing) == ()
    assert world.state == previous
    world.touch(ev.Cancelled)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.REGISTRATION_DECLINED


# --- questions --------------------------------------------------------------------------------------------


def test_care_and_medicines_are_separate_individual_questions() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.OneByOne)
    world.touch(ev.QuestionAnswered, "care", True)
    assert isinstance(world.state, st.Consent)
    assert world.state.question is not None
    assert world.state.question.id == "medicines"
    world.touch(ev.QuestionAnswered, "medicines", False)
    world.touch(ev.QuestionAnswered, "health-checkup-specific", False)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.touch(ev.Confirmed)
    assert (world.flags()[Item.DIAGNOSIS], world.flags()[Item.MEDICINES]) == (1, 0)


@pytest.mark.parametrize("used", [True, False])
def test_subsidies_are_asked_separately_from_share_all(used: bool) -> None:
    world = World(ALL_QUESTIONS)
    world.identify_by_pin(check=CHECK.model_copy(update={"subsidies": SubsidyStatus.USABLE}))
    world.touch(ev.ShareAll)
    assert isinstance(world.state, st.Subsidies)
    world.touch(ev.QuestionAnswered, "subsidies", used)
    assert isinstance(world.state, st.Prescription)
    world.touch(ev.Back)
    assert isinstance(world.state, st.Subsidies)
    world.touch(ev.QuestionAnswered, "subsidies", used)
    world.touch(ev.PrescriptionChosen, PrescriptionForm.PAPER)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.flags()[Item.SUBSIDIES] == int(used)


@pytest.mark.parametrize("standing", sorted(set(SubsidyStatus) - {SubsidyStatus.USABLE}))
def test_unusable_subsidies_are_not_asked(standing: SubsidyStatus) -> None:
    world = World(ALL_QUESTIONS)
    world.identify_by_pin(check=CHECK.model_copy(update={"subsidies": standing}))
    world.touch(ev.ShareAll)
    assert isinstance(world.state, st.Prescription)
    world.remove_card()
    assert Item.SUBSIDIES not in world.flags()


def test_subsidies_are_not_asked_unless_enabled() -> None:
    world = World()
    world.identify_by_pin(check=CERTIFICATE_AND_SUBSIDIES)
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "specific-disease", True)
    assert isinstance(world.state, st.Limit)


# --- children and respondents -----------------------------------------------------------------------------


def test_child_is_chosen_on_idle_screen_or_determined_by_age() -> None:
    world = World()
    world.send(ev.ForChildChosen(""))
    world.read_card()
    assert world.reception.for_child
    world = World()
    world.read_card()
    assert not world.reception.for_child
    world.touch(ev.PinChosen)
    world.verify_pin()
    world.open_check(CHECK.model_copy(update={"age": 14}))
    assert world.reception.for_child
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 15}))
    assert not world.reception.for_child


def test_respondent_is_recorded_only_if_chosen() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 9}))
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    assert world.decision().answered_by is None, "the patient's age does not determine the respondent"
    world = World()
    world.read_card()
    previous = world.state
    world.touch(ev.RespondentChosen, AnsweredBy.COMPANION)
    assert world.state == previous, "the screen has no question"
    world.touch(ev.PinChosen)
    world.verify_pin()
    world.open_check()
    world.touch(ev.RespondentChosen, AnsweredBy.COMPANION)
    assert isinstance(world.state, st.Consent), "the same question remains"
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    assert world.decision().answered_by is AnsweredBy.COMPANION


# --- end --------------------------------------------------------------------------------------------------


def complete(world: World) -> st.Complete:
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    return accept(world)


def test_details_are_displayed_for_five_seconds_on_request() -> None:
    world = World()
    assert complete(world).details_until is None
    world.touch(ev.DetailsRequested)
    assert isinstance(world.state, st.Complete)
    assert world.state.details_until is not None
    world.wait(4)
    assert isinstance(world.state, st.Complete)
    assert world.state.details_until is not None
    world.wait(1)
    assert isinstance(world.state, st.Complete)
    assert world.state.details_until is None


def test_details_requested_late_remain_after_card_is_taken() -> None:
    world = World()
    complete(world)
    world.wait(4)
    world.touch(ev.DetailsRequested)
    world.remove_card()
    world.wait(4)
    assert isinstance(world.state, st.Complete)
    world.wait(1)
    assert world.state == st.Idle()


def test_no_details_if_no_question_was_asked() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"valid": False}))
    state = accept(world)
    assert world.touch(ev.DetailsRequested) == ()
    assert world.state == state


def test_next_family_member_keeps_display_settings_but_no_personal_data() -> None:
    world = World()
    settings = {"language": "en", "size": st.Size.LARGEST, "high_contrast": True, "low": True, "voice": True}
    world.send(ev.DisplayChanged("", **settings))  # type: ignore[arg-type]
    world.send(ev.ForChildChosen(""))
    complete(world)
    chosen = world.reception.display
    effects = world.touch(ev.NextFamilyMember)
    assert {fx.StopFaceCheck, fx.ReleaseCard, fx.WipePatient} <= set(kinds(effects))
    assert isinstance(world.state, st.Idle)
    assert world.state.display == chosen
    assert world.state.card_left == 1
    assert (world.state.child, world.state.staff, world.state.left) == (False, False, None)
    world.remove_card()
    world.read_card()
    assert world.reception.display == chosen
    without_display = replace(world.reception, display=st.Display())
    other = World()
    other.read_card()
    assert replace(without_display, id="", card=0) == replace(other.reception, id="", card=0)
    world.touch(ev.Cancelled)
    assert isinstance(world.state, st.Idle)
    assert world.state.display == st.Display(language="en", voice=True), (
        "the voice reminder continues until the card is taken"
    )
    world.remove_card()
    assert isinstance(world.state, st.Idle)
    assert world.state.display == st.Display(), "display settings reset for the next patient"


def test_display_settings_reset_if_no_family_member_follows() -> None:
    world = World()
    world.send(ev.DisplayChanged("", language="en"))
    complete(world)
    world.touch(ev.NextFamilyMember)
    world.remove_card()
    world.wait(120)
    assert world.state == st.Idle()


def test_daily_number_does_not_change_during_reception() -> None:
    world = World()
    world.send(ev.CardPresent(1, "r1", 17))
    assert world.reception.number == 17
    world.answer(ev.CardFailed, NotMyNumberCard())
    assert world.reception.number == 17


# --- display ----------------------------------------------------------------------------------------------


def test_more_time_extends_every_screen() -> None:
    world = World()
    world.read_card()
    world.wait(55)
    world.touch(ev.DisplayChanged, None, None, None, None, None, None, True)
    assert world.reception.display.more_time
    world.wait(179)
    assert isinstance(world.state, st.ChoosingMethod)
    world.touch(ev.PinChosen)
    world.wait(179)
    assert isinstance(world.state, st.PinEntry)
    world.wait(1)
    assert isinstance(world.state, st.Idle)


def test_more_time_does_not_extend_device_timeouts() -> None:
    world = World()
    world.send(ev.DisplayChanged("", more_time=True))
    world.read_card()
    world.touch(ev.PinChosen)
    world.touch(ev.PinEntered)
    world.wait(45)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.CARD_UNREADABLE


def test_unknown_language_is_ignored_and_other_changes_apply() -> None:
    world = World()
    world.send(ev.DisplayChanged("", language="xx", low=True))
    assert isinstance(world.state, st.Idle)
    assert world.state.display == st.Display(low=True)


# --- idle screen ------------------------------------------------------------------------------------------


def test_reminder_repeats_while_card_is_left_at_idle_screen() -> None:
    world = World()
    world.read_card()
    world.touch(ev.Cancelled)
    assert kinds(world.wait(21)).count(fx.RemindToTakeCard) == 4
    world.remove_card()
    assert world.wait(60) == ()


def test_staff_is_alerted_once_about_card_left_at_idle_screen() -> None:
    world = World()
    world.read_card()
    world.touch(ev.Cancelled)
    assert fx.AlertStaff not in kinds(world.wait(59))
    assert [effect.reason for effect in world.wait(200) if isinstance(effect, fx.AlertStaff)] == ["card-left"]
