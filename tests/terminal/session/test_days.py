"""Tests for ordinary receptions and common problems in the session's state machine."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
from msgspec.structs import replace

from config.settings import ConsentSettings, GraceRule, LimitPolicy, PrescriptionPolicy
from consent.items import Item
from consent.records import Cause
from reader.facts import CardGone, NoCertificate, NotMyNumberCard
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus, PrescriptionForm, RefusalReason, Way
from terminal.qualification.grace import certificate_status
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Now, Rules
from tests.terminal.session.world import CARD, CHECK, GENUINE, World

ALL = {Item.DIAGNOSIS: 1, Item.MEDICINES: 1, Item.HEALTH_CHECKUP: 1}


def kinds(effects: tuple[fx.Effect, ...]) -> list[type]:
    return [type(effect) for effect in effects]


def to_face_check(world: World) -> None:
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.FaceCheck)


# --- by PIN -------------------------------------------------------------------------------------------------


def test_pin_reception_shares_everything() -> None:
    world = World()
    world.identify_by_pin()
    assert isinstance(world.state, st.Consent)
    assert world.state.index is None
    world.touch(ev.ShareAll)
    assert isinstance(world.state, st.Limit)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert isinstance(world.state, st.Submitting)
    assert world.flags() == ALL | {Item.HIGH_COST_LIMIT: 1}
    assert world.decision().cause is Cause.ANSWERED
    assert kinds(world.answer(ev.DecisionRecorded)) == [fx.Deliver]
    effects = world.answer(ev.Accepted, True)
    assert fx.WipePatient in kinds(effects)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.DONE
    world.remove_card()
    assert isinstance(world.state, st.Complete), "the answers remain on the screen for five seconds"
    world.wait(5)
    assert isinstance(world.state, st.Idle)


def test_service_timeout_uses_no_pin_try() -> None:
    world = World()
    world.insert_card()
    world.answer(ev.CardRead, CARD)
    world.touch(ev.PinChosen)
    world.answer(ev.ServiceUnavailable, to=fx.FetchChallenge)  # the prefetched challenge
    effects = world.touch(ev.PinEntered)
    assert kinds(effects) == [fx.FetchChallenge], "no VERIFY without a challenge to sign"
    world.answer(ev.ServiceUnavailable, to=fx.FetchChallenge)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.SERVICE_UNRESPONSIVE
    assert not any(isinstance(effect, fx.VerifyPinAndSign) for effect in world.issued)


def test_expired_challenge_is_replaced_before_verify() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.seconds += 50  # the patient types nothing
    world.state = replace(world.state, reception=replace(world.reception, challenge_until=world.now.wall))
    assert kinds(world.touch(ev.PinEntered)) == [fx.FetchChallenge]
    effects = world.answer(ev.ChallengeFetched, world.now.wall + timedelta(minutes=5), to=fx.FetchChallenge)
    assert kinds(effects) == [fx.VerifyPinAndSign]


def test_expired_new_challenge_is_refetched_once_and_then_used() -> None:
    """If the terminal's clock is fast, each challenge looks expired. The service decides."""
    world = World()
    world.insert_card()
    world.answer(ev.CardRead, CARD)
    world.answer(ev.ChallengeFetched, world.now.wall, to=fx.FetchChallenge)
    world.touch(ev.PinChosen)
    assert kinds(world.touch(ev.PinEntered)) == [fx.FetchChallenge]
    assert kinds(world.answer(ev.ChallengeFetched, world.now.wall)) == [fx.VerifyPinAndSign]


def test_double_touch_sends_one_verify() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    assert kinds(world.touch(ev.PinEntered)) == [fx.VerifyPinAndSign]
    assert world.touch(ev.PinEntered) == ()


def test_changed_try_counter_is_not_reported_as_wrong_pin() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 1, False)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.left == 1
    assert not world.state.wrong


def test_face_is_offered_after_pin_locks() -> None:
    world = World()
    world.read_card(replace(CARD, pin_tries_left=1))
    world.touch(ev.PinChosen)
    world.touch(ev.LastTryConfirmed)
    world.touch(ev.PinEntered)
    assert world.answer(ev.PinRefused, 0, True) == (), "the camera stays off until the patient chooses the face"
    assert isinstance(world.state, st.ChoosingMethod)
    assert (world.state.methods, world.state.why) == ((Way.FACE,), st.MethodReason.PIN_LOCKED_NOW)
    assert kinds(world.touch(ev.FaceChosen)) == [fx.ScanCode]
    assert isinstance(world.state, st.PrintedCodeEntry)


# --- by face ------------------------------------------------------------------------------------------------


def test_face_match_and_chip_signature_open_check() -> None:
    world = World()
    to_face_check(world)
    effects = world.answer(ev.FaceMatched, 0.21)
    assert effects == (fx.ProveChip(world.reception.id, effects[0].effect, Way.FACE, ""),)
    effects = world.answer(ev.ChipSigned)
    assert kinds(effects) == [fx.OpenCheck]
    world.open_check()
    assert isinstance(world.state, st.Consent)


def test_pin_is_offered_after_three_face_refusals() -> None:
    world = World()
    to_face_check(world)
    for attempt in (1, 2, 3):
        assert isinstance(world.state, st.FaceCheck)
        assert world.state.attempt == attempt
        world.answer(ev.FaceRefused, "not-matched")
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.FACE_NOT_MATCHED


def test_staff_is_required_after_three_face_refusals_without_pin() -> None:
    world = World(Rules(staff_enabled=True))
    world.read_card(replace(CARD, pin_tries_left=0))
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    for _ in range(3):
        world.answer(ev.FaceRefused, "not-seen")
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.state.methods == ()
    world.touch(ev.StaffAuthenticated)
    assert isinstance(world.state, st.StaffCheck)
    assert world.touch(ev.StaffConfirmed, "  ") == (), "staff must give a reason"
    effects = world.touch(ev.StaffConfirmed, "knows the patient")
    assert effects[0] == fx.ProveChip(world.reception.id, effects[0].effect, Way.STAFF, "knows the patient")


def test_three_face_refusals_without_pin_or_staff_end_in_problem() -> None:
    world = World()
    world.read_card(replace(CARD, pin_tries_left=0))
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    for _ in range(3):
        world.answer(ev.FaceRefused, "not-matched")
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.HOLDER_NOT_CONFIRMED


def test_match_from_earlier_attempt_is_ignored() -> None:
    world = World()
    to_face_check(world)
    assert isinstance(world.state, st.FaceCheck)
    first = world.state.waiting
    assert first is not None
    world.answer(ev.FaceRefused, "not-matched")
    previous = world.state
    assert world.send(ev.FaceMatched(world.reception.id, first, 0.1)) == ()
    assert world.state == previous


def test_forged_face_record_ends_reception() -> None:
    world = World(Rules(staff_enabled=True))
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    effects = world.answer(ev.RecordOpened, ev.RecordFacts("forged", True, True))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.FORGED_RECORD
    assert fx.AlertStaff in kinds(effects)


@pytest.mark.parametrize("strict", [True, False])
def test_unverifiable_record_is_accepted_only_if_rules_allow(strict: bool) -> None:
    world = World(Rules(require_genuine_record=strict))
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, ev.RecordFacts("cannot-tell", True, True))
    assert isinstance(world.state, st.PinEntry if strict else st.FaceCheck)


def test_card_without_photo_uses_pin() -> None:
    world = World()
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, ev.RecordFacts("genuine", False, False))
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.NO_PHOTO


def test_photo_without_face_cannot_be_compared() -> None:
    """The fallbacks are the PIN if the card has one, staff, and a problem screen with the reason."""
    unclear = ev.RecordFacts("genuine", has_photo=True, reference_usable=False)
    for tries, staff in ((3, False), (0, True), (0, False)):
        world = World(rules=replace(Rules(), staff_enabled=staff))
        world.read_card(replace(CARD, pin_tries_left=tries))
        world.touch(ev.FaceChosen)
        world.answer(ev.CodeScanned)
        world.answer(ev.RecordOpened, unclear)
        match world.state:
            case st.PinEntry(why=reason) if tries:
                assert reason is st.MethodReason.PHOTO_WITHOUT_FACE
            case st.ChoosingMethod(methods=(), why=reason) if staff:
                assert reason is st.MethodReason.PHOTO_WITHOUT_FACE
            case st.Problem(problem=problem) if not tries and not staff:
                assert problem is ProblemCode.PHOTO_WITHOUT_FACE
            case other:
                raise AssertionError(other)


def test_printed_code_is_scanned_once_and_then_typed() -> None:
    world = World()
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.CodeRefused, 9)
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.wrong
    assert world.state.waiting is None, "a misread code is not sent a second time"
    effects = world.touch(ev.CodeEntered)
    assert effects[0] == fx.OpenFaceRecord(world.reception.id, effects[0].effect, 9)


def test_last_printed_code_tries_are_reserved_for_staff() -> None:
    world = World()
    world.read_card(replace(CARD, code_tries_left=3))
    assert isinstance(world.state, st.ChoosingMethod)
    assert world.touch(ev.FaceChosen) == (), "the code is not scanned or sent automatically"
    assert isinstance(world.state, st.PrintedCodeEntry)
    assert world.state.why is st.MethodReason.FEW_CODE_TRIES
    world.touch(ev.CodeEntered)
    world.answer(ev.CodeRefused, 2)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.CODE_LOCKED


def test_camera_failure_during_face_check_switches_to_pin() -> None:
    world = World()
    to_face_check(world)
    effects = world.send(ev.CameraChanged(False))
    assert fx.StopFaceCheck in kinds(effects)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.NO_CAMERA


def test_face_check_is_offered_to_next_patient_after_camera_failure() -> None:
    world = World()
    to_face_check(world)
    world.answer(ev.CameraFailed)
    assert isinstance(world.state, st.PinEntry)
    world.remove_card()
    world.read_card()
    assert isinstance(world.state, st.ChoosingMethod)
    assert Way.FACE in world.state.methods


def test_flapping_camera_does_not_extend_timeout() -> None:
    world = World(Rules(staff_enabled=True))
    world.read_card(replace(CARD, pin_tries_left=0, code_tries_left=0))
    assert isinstance(world.state, st.ChoosingMethod)
    for available in (False, True, False, True):
        world.wait(20)
        world.send(ev.CameraChanged(available))
    assert isinstance(world.state, st.Idle)


def test_code_entered_just_before_timeout_opens_record() -> None:
    world = World()
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    world.wait(89)
    world.touch(ev.CodeEntered)
    world.wait(5)
    world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.FaceCheck)


def test_pin_remains_if_staff_cannot_open_locked_record() -> None:
    world = World(Rules(staff_enabled=True))
    world.read_card(replace(CARD, code_tries_left=0))
    assert isinstance(world.state, st.PinEntry)
    world.touch(ev.StaffAuthenticated)
    assert isinstance(world.state, st.PinEntry)
    assert world.state.why is st.MethodReason.CODE_LOCKED


def test_password_entered_at_idle_is_required_again_to_decide() -> None:
    """Another person may be at the counter when the card is inserted."""
    world = World(Rules(staff_enabled=True))
    world.send(ev.StaffAuthenticated(""))
    world.read_card()
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)
    assert isinstance(world.state, st.StaffCheck)
    assert world.touch(ev.StaffConfirmed, "face") == ()
    assert isinstance(world.state, st.StaffCheck)
    world.touch(ev.StaffAuthenticated)
    assert fx.ProveChip in kinds(world.touch(ev.StaffConfirmed, "face"))


def test_staff_who_join_during_face_check_can_decide_directly() -> None:
    world = World(Rules(staff_enabled=True))
    to_face_check(world)
    world.touch(ev.StaffAuthenticated)
    assert isinstance(world.state, st.StaffCheck)
    assert fx.ProveChip in kinds(world.touch(ev.StaffConfirmed, "face"))


def test_patient_switches_to_pin_during_face_check() -> None:
    world = World()
    to_face_check(world)
    effects = world.touch(ev.PinChosen)
    assert fx.StopFaceCheck in kinds(effects)
    assert isinstance(world.state, st.PinEntry)


# --- cards that cannot be used ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (CardGone(), ProblemCode.CARD_GONE),
        (NotMyNumberCard(), ProblemCode.NOT_MY_NUMBER_CARD),
        (NoCertificate(), ProblemCode.NO_CERTIFICATE),
    ],
)
def test_unusable_card_displays_its_problem(problem: object, code: ProblemCode) -> None:
    world = World()
    world.insert_card()
    world.answer(ev.CardFailed, problem)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is code
    world.remove_card()
    assert isinstance(world.state, st.Idle)


def test_expired_certificate_is_accepted_only_within_grace_period() -> None:
    expiry = World().now.wall - timedelta(days=40)
    world = World()
    world.read_card(replace(CARD, certificate_not_after=expiry))
    assert isinstance(world.state, st.ChoosingMethod)
    world = World()
    world.read_card(replace(CARD, certificate_not_after=expiry - timedelta(days=90)))
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.CERTIFICATE_EXPIRED


# --- opening ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (RefusalReason.REVOKED, ProblemCode.CERTIFICATE_REVOKED),
        (RefusalReason.SUSPENDED, ProblemCode.CERTIFICATE_SUSPENDED),
        (RefusalReason.LAPSED, ProblemCode.CARD_LAPSED),
        (RefusalReason.MIXED_CARD, ProblemCode.MIXED_CARD),
        (RefusalReason.BAD_SIGNATURE, ProblemCode.SERVICE_REFUSED),
    ],
)
def test_service_refusals_have_different_problems(reason: RefusalReason, code: ProblemCode) -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.verify_pin()
    world.answer(ev.ServiceRefused, reason)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is code
    assert world.checks == {}


def test_card_is_released_only_after_decision() -> None:
    """The card must sign the answers."""
    world = World()
    world.identify_by_pin()
    reception = world.reception.id
    assert isinstance(world.state, st.Consent)
    assert reception not in world.released
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    assert reception in world.released


def test_expiring_certificate_notice_comes_before_consent() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"standing": CertificateStatus.EXPIRING}))
    assert isinstance(world.state, st.Notice)
    world.touch(ev.Understood)
    assert isinstance(world.state, st.Consent)


def test_first_visit_registers_card_and_continues() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"registered": False}))
    assert isinstance(world.state, st.Registration)
    world.touch(ev.RegistrationRequested)
    world.answer(ev.Registered, CHECK)
    assert isinstance(world.state, st.Consent)


def test_registration_timeout_is_not_reported_as_declined() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"registered": False}))
    world.touch(ev.RegistrationRequested)
    effects = world.wait(60)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.SERVICE_UNRESPONSIVE
    assert fx.RecordDiscarded in kinds(effects)


def test_registration_declined_submits_nothing() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"registered": False}))
    effects = world.touch(ev.RegistrationDeclined)
    assert fx.RecordDiscarded in kinds(effects)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.REGISTRATION_DECLINED
    assert not any(isinstance(effect, fx.RecordDecision) for effect in world.issued)


def test_invalid_qualification_writes_result_without_questions() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"valid": False}))
    assert isinstance(world.state, st.Submitting)
    assert world.flags() == {}
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.NOT_VALID


def test_inquiry_shows_registration_and_submits_nothing() -> None:
    world = World()
    world.send(ev.InquiryChosen(""))
    world.read_card()
    world.touch(ev.PinChosen)
    world.verify_pin()
    world.answer(ev.CheckOpened, "check-x", CHECK)
    assert isinstance(world.state, st.Inquiry)
    assert world.state.registered
    assert world.checks == {}
    world.remove_card()
    assert world.state == st.Idle()


# --- questions ----------------------------------------------------------------------------------------------


def test_individual_answers_take_effect_when_summary_is_confirmed() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.OneByOne)
    world.touch(ev.QuestionAnswered, "care", True)
    world.touch(ev.QuestionAnswered, "medicines", False)
    world.touch(ev.QuestionAnswered, "health-checkup-specific", False)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert isinstance(world.state, st.Summary)
    world.touch(ev.Confirmed)
    assert world.flags() == {
        Item.DIAGNOSIS: 1,
        Item.MEDICINES: 0,
        Item.HEALTH_CHECKUP: 0,
        Item.HIGH_COST_LIMIT: 1,
    }


def test_unconfirmed_yes_is_recorded_as_no() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.OneByOne)
    world.touch(ev.QuestionAnswered, "care", True)
    world.remove_card()
    assert set(world.flags().values()) == {0}
    assert world.decision().cause is Cause.CARD_REMOVED
    assert all(answer.answered_at is None for answer in world.decision().answers)


def test_share_all_is_recorded_if_card_is_removed_at_limit_question() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.remove_card()
    assert world.flags() == ALL | {Item.HIGH_COST_LIMIT: 0}
    assert isinstance(world.state, st.Submitting)
    assert world.state.outcome is st.Outcome.DONE


def test_late_double_touch_does_not_answer_next_question() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.OneByOne)
    world.touch(ev.QuestionAnswered, "care", True)
    previous = world.state
    world.touch(ev.QuestionAnswered, "care", True)
    assert world.state == previous


def test_going_back_changes_answer() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.Back)
    assert isinstance(world.state, st.Consent)
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    assert set(world.flags().values()) == {0}


def test_removing_card_after_going_back_shares_nothing() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.Back)
    world.remove_card()
    assert world.flags() == dict.fromkeys(ALL, 0) | {Item.HIGH_COST_LIMIT: 0}


def test_share_none_overrides_earlier_individual_answers() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"has_specific_disease_certificate": True}))
    world.touch(ev.OneByOne)
    for question in ("care", "medicines", "health-checkup-specific", "specific-disease", "limit"):
        world.touch(ev.QuestionAnswered, question, True)
    world.touch(ev.Back)
    world.touch(ev.ShareNone)
    assert isinstance(world.state, st.SpecificDisease)
    world.remove_card()
    assert set(world.flags().values()) == {0}


def test_patients_under_forty_have_one_topic_with_both_choices() -> None:
    world = World()
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 30}))
    assert isinstance(world.state, st.Consent)
    assert world.state.index is None
    assert {question.topic for question in world.state.questions} == {"care-and-medicines"}
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.flags() == {Item.DIAGNOSIS: 1, Item.MEDICINES: 1, Item.HIGH_COST_LIMIT: 1}


def test_limit_provided_by_law_is_not_a_consent() -> None:
    world = World(Rules(consent=ConsentSettings(limit=LimitPolicy.BY_LAW)))
    world.identify_by_pin()
    world.touch(ev.ShareNone)
    assert Item.HIGH_COST_LIMIT not in world.flags()
    assert world.decision().by_law == (Item.HIGH_COST_LIMIT,)


def test_disease_certificate_question_precedes_prescription_form() -> None:
    world = World(Rules(consent=ConsentSettings(prescription=PrescriptionPolicy.ASK)))
    world.identify_by_pin(check=CHECK.model_copy(update={"has_specific_disease_certificate": True}))
    world.touch(ev.ShareAll)
    assert isinstance(world.state, st.SpecificDisease)
    world.touch(ev.QuestionAnswered, "specific-disease", True)
    assert isinstance(world.state, st.Prescription)
    world.touch(ev.PrescriptionChosen, PrescriptionForm.ELECTRONIC)
    assert isinstance(world.state, st.Limit)
    world.touch(ev.QuestionAnswered, "limit", False)
    assert world.decision().prescription is PrescriptionForm.ELECTRONIC
    assert world.flags()[Item.SPECIFIC_DISEASE] == 1


# --- early departures and late answers ----------------------------------------------------------------------


def test_reception_cancelled_before_check_leaves_no_data() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.remove_card()
    assert world.state == st.Idle(left=st.LeaveReason.CARD_REMOVED, left_until=world.seconds + 6)
    world.wait(6)
    assert world.state == st.Idle()
    assert world.checks == {}


def test_check_that_opens_after_card_removal_is_ignored() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.verify_pin()
    late = ev.CheckOpened(world.reception.id, world.reception.last_effect, "check-late", CHECK)
    world.remove_card()
    world.insert_card()
    previous = world.state
    assert world.send(late) == ()
    assert world.state == previous


def test_checking_in_without_sharing_submits_no_for_every_item() -> None:
    world = World()
    world.identify_by_pin()
    previous = world.state
    assert world.touch(ev.Cancelled) == (), "an open check can only be completed"
    assert world.state == previous
    world.touch(ev.CheckInWithoutSharing)
    assert set(world.flags().values()) == {0}
    assert world.decision().cause is Cause.WITHOUT_SHARING


def test_next_card_waits_until_previous_reception_ends() -> None:
    world = World()
    world.identify_by_pin()
    world.remove_card()
    assert isinstance(world.state, st.Submitting)
    world.insert_card()
    assert isinstance(world.state, st.Submitting)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    world.wait(6)
    assert isinstance(world.state, st.Reading)
    assert world.reception.id == "r2"


def test_service_timeout_at_end_is_displayed_as_awaiting() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.ServiceUnavailable)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.AWAITING


def test_error_while_delivering_leaves_decision_to_outbox() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.answer(ev.DecisionRecorded)
    effects = world.answer(ev.EffectFailed)
    assert isinstance(world.state, st.Complete)
    assert world.state.outcome is st.Outcome.AWAITING
    assert fx.AlertStaff in kinds(effects)


def test_error_before_decision_is_on_disk_is_a_problem() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareNone)
    world.touch(ev.QuestionAnswered, "limit", False)
    world.answer(ev.EffectFailed)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.INTERNAL


def test_no_questions_if_check_cannot_be_recorded() -> None:
    world = World()
    world.read_card()
    world.touch(ev.PinChosen)
    world.verify_pin()
    world.answer(ev.CheckOpened, "check-r1", CHECK)
    world.answer(ev.LedgerFailed)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.LEDGER_FAILED


def test_ledger_failure_submits_nothing() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    effects = world.answer(ev.LedgerFailed)
    assert isinstance(world.state, st.Problem)
    assert world.state.problem is ProblemCode.LEDGER_FAILED
    assert fx.Deliver not in kinds(effects)


def test_forgotten_card_reminds_every_five_seconds_and_alerts_staff_after_one_minute() -> None:
    world = World()
    world.identify_by_pin()
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    effects = kinds(world.wait(31))
    assert effects.count(fx.RemindToTakeCard) == 6
    assert fx.AlertStaff not in effects
    assert kinds(world.wait(30)).count(fx.AlertStaff) == 1


def test_timeout_warning_offers_more_time() -> None:
    world = World()
    world.identify_by_pin()
    world.wait(81)
    assert isinstance(world.state, st.Consent)
    assert world.state.warned
    world.touch(ev.MoreTime)
    assert not world.state.warned
    world.wait(50)
    assert isinstance(world.state, st.Consent)
    world.wait(41)
    assert isinstance(world.state, st.Submitting)
    assert world.decision().cause is Cause.TIMED_OUT


def test_only_staff_can_discard_open_check() -> None:
    world = World(Rules(staff_enabled=True))
    world.identify_by_pin()
    assert world.touch(ev.StaffDiscarded) == (), "the staff password was not entered"
    world.touch(ev.StaffAuthenticated)
    effects = world.touch(ev.StaffDiscarded)
    assert fx.RecordDiscarded in kinds(effects)
    assert isinstance(world.state, st.Idle)


def test_staff_functions_are_disabled_without_password() -> None:
    world = World()
    world.read_card()
    previous = world.state
    assert world.touch(ev.StaffAuthenticated) == ()
    assert world.state == previous


def test_language_can_change_on_every_screen_and_resets_at_end() -> None:
    world = World()
    world.send(ev.DisplayChanged("", language="en"))
    world.identify_by_pin()
    assert world.reception.display.language == "en"
    world.touch(ev.DisplayChanged, "ja")
    assert world.reception.display.language == "ja"
    world.touch(ev.DisplayChanged, "en")
    world.touch(ev.ShareAll)
    world.touch(ev.QuestionAnswered, "limit", True)
    assert world.decision().language == "en"
    world.remove_card()
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    assert isinstance(world.state, st.Complete)
    world.touch(ev.DisplayChanged, "ja")
    assert world.reception.display.language == "ja", "the language can change on the last screen too"
    world.wait(6)
    assert world.state == st.Idle()


def test_language_is_chosen_from_full_list() -> None:
    world = World()
    world.send(ev.LanguagesRequested(""))
    assert isinstance(world.state, st.Idle)
    assert world.state.help is st.Help.LANGUAGES
    world.send(ev.DisplayChanged("", language="en"))
    assert world.state.help is None
    world.read_card()
    world.touch(ev.LanguagesRequested)
    assert world.reception.aside is ev.Aside.LANGUAGES
    world.touch(ev.DisplayChanged, "ja")
    assert (world.reception.aside, world.reception.display.language) == (ev.Aside.NONE, "ja")


def test_language_list_closes_when_screen_advances() -> None:
    world = World()
    world.insert_card()
    world.touch(ev.LanguagesRequested)
    world.answer(ev.CardRead, CARD)
    assert isinstance(world.state, st.ChoosingMethod)
    assert not world.reception.aside


def test_screen_can_be_displayed_to_staff_in_japanese_briefly() -> None:
    world = World()
    world.send(ev.DisplayChanged("", language="en"))
    world.identify_by_pin()
    world.touch(ev.LanguagesRequested)
    world.touch(ev.JapaneseShown)
    assert world.reception.japanese_until is not None
    world.wait(world.rules.show_japanese)
    assert (world.reception.japanese_until, world.reception.display.language) == (None, "en")


@pytest.mark.parametrize(
    ("rule", "day", "usable"),
    [
        (GraceRule.MONTH_END, date(2026, 11, 30), True),
        (GraceRule.MONTH_END, date(2026, 12, 1), False),
        (GraceRule.SAME_DAY, date(2026, 11, 10), True),
        (GraceRule.SAME_DAY, date(2026, 11, 11), False),
    ],
)
def test_grace_period_ends_with_month_or_on_same_day(rule: GraceRule, day: date, usable: bool) -> None:
    japan = timezone(timedelta(hours=9))
    expiry = datetime(2026, 8, 10, 23, 59, 59, tzinfo=japan)
    now = Now(0.0, datetime.combine(day, time(12), japan))
    expected = CertificateStatus.GRACE if usable else None
    assert certificate_status(expiry, now.wall, rule) is expected
