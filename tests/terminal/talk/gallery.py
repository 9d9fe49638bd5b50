"""Gallery of all screens. Each state is reached through session events, as by a patient."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from msgspec.structs import replace

from config.settings import ConsentSettings, DispensingPolicy, FaceAndPinPolicy, PrescriptionPolicy
from consent.items import AnsweredBy
from reader.facts import CardGone, CardUnreadable, Medium, ReaderStatus, TwoCards
from terminal.problems import ProblemCode
from terminal.qualification.contract import CertificateStatus, RefusalReason, SubsidyStatus
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Rules
from terminal.words.languages import LANGUAGES
from tests.terminal.session.world import CARD, CHECK, GENUINE, WAITING, World
from vision.verdict import FaceCheckProgress, Guidance

RULES = Rules(
    consent=ConsentSettings(
        surgery=True, subsidies=True, prescription=PrescriptionPolicy.ASK, dispensing=DispensingPolicy.ASK
    ),
    staff_enabled=True,
    phone=True,
)
FACE_AND_PIN = replace(RULES, face_and_pin=FaceAndPinPolicy.ALWAYS)
ALL_LANGUAGES = replace(RULES, languages=LANGUAGES)
WITH_DISEASE_CERTIFICATE = CHECK.model_copy(update={"has_specific_disease_certificate": True})


def _world() -> World:
    return World(RULES)


def _idle(world: World) -> None:
    pass


def _idle_marked(world: World) -> None:
    world.send(ev.StaffAuthenticated(""))
    world.send(ev.InquiryChosen(""))


def _card_left(world: World) -> None:
    _method(world)
    world.touch(ev.Cancelled)


def _out_of_service(world: World) -> None:
    world.send(ev.ReaderChanged(ReaderStatus.NAMED_MISSING))


def _help(world: World) -> None:
    world.send(ev.HelpChosen(""))


def _no_card(world: World) -> None:
    _help(world)
    world.send(ev.NoCardChosen(""))


def _idle_languages(world: World) -> None:
    world.send(ev.LanguagesRequested(""))


def _languages(world: World) -> None:
    _method(world)
    world.touch(ev.LanguagesRequested)


def _for_child(world: World) -> None:
    _help(world)
    world.send(ev.ForChildChosen(""))


def _left(reason: st.LeaveReason) -> Callable[[World], None]:
    def play(world: World) -> None:
        _method(world)
        match reason:
            case st.LeaveReason.LEFT:
                world.touch(ev.Cancelled)
            case st.LeaveReason.TIMED_OUT:
                world.wait(RULES.timeouts["ChoosingMethod"])
        world.remove_card()

    return play


def _proxy(world: World) -> None:
    _help(world)
    world.send(ev.ProxyChosen(""))


def _proxy_pin(world: World) -> None:
    _proxy(world)
    world.read_card()


def _proxy_consent(world: World) -> None:
    _proxy(world)
    world.identify_by_pin()


def _child_method(world: World) -> None:
    _for_child(world)
    world.read_card()


def _staff_check_proxy(world: World) -> None:
    _proxy_pin(world)
    world.touch(ev.StaffAuthenticated)
    world.answer(ev.CodeNotScanned)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)


def _respondents(world: World) -> None:
    _consent_child(world)
    world.touch(ev.AsideRequested, ev.Aside.RESPONDENT)


def _companion(world: World) -> None:
    _consent(world)
    world.touch(ev.RespondentChosen, AnsweredBy.COMPANION)


def _card_shown(world: World) -> None:
    assert CARD.card_expiry is not None
    world.send(ev.CodeShown("shown-1", CARD.card_expiry))


def _reading(world: World) -> None:
    world.insert_card()


def _method(world: World) -> None:
    world.read_card()


def _face_only(world: World) -> None:
    world.read_card(replace(CARD, pin_tries_left=0))


def _both_asked(world: World) -> None:
    world.rules = FACE_AND_PIN
    world.read_card()


def _camera_gone(world: World) -> None:
    _method(world)
    world.send(ev.CameraChanged(False))


def _pin_locked(world: World) -> None:
    _pin_last_confirmed(world)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 0, True)


def _pin_forgotten(world: World) -> None:
    _pin(world)
    world.touch(ev.PinForgotten)


def _phone(world: World) -> None:
    world.read_card(replace(CARD, medium=Medium.PHONE_VERIFIES))


def _phone_refused(world: World) -> None:
    _phone(world)
    world.answer(ev.PhoneRefused)


def _few_code_tries(world: World) -> None:
    world.read_card(replace(CARD, code_tries_left=4))
    world.touch(ev.FaceChosen)


def _staff_only(world: World) -> None:
    world.read_card(replace(CARD, pin_tries_left=0, code_tries_left=1))


def _code(world: World) -> None:
    _method(world)
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)


def _code_scanning(world: World) -> None:
    _method(world)
    world.touch(ev.FaceChosen)


def _code_wrong(world: World) -> None:
    world.read_card(replace(CARD, code_tries_left=5))
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    world.touch(ev.CodeEntered)
    world.answer(ev.CodeRefused, 4)


def _face(world: World) -> None:
    _code(world)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)


def _face_guided(world: World) -> None:
    _face(world)
    world.answer(ev.FaceProgress, FaceCheckProgress(Guidance.TOO_FAR, 1, 5))


def _face_nearly(world: World) -> None:
    _face(world)
    world.answer(ev.FaceProgress, FaceCheckProgress(Guidance.HOLD_STILL, 4, 5))


def _face_turn(world: World) -> None:
    _face(world)
    world.answer(ev.FaceProgress, FaceCheckProgress(Guidance.TURN_LEFT, 3, 5))


def _face_turn_without_pin(world: World) -> None:
    world.read_card(replace(CARD, pin_tries_left=0))
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeNotScanned)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)
    world.answer(ev.FaceProgress, FaceCheckProgress(Guidance.TURN_RIGHT, 3, 5))


def _face_again(world: World) -> None:
    _face(world)
    world.answer(ev.FaceRefused, "not-matched")
    world.answer(ev.FaceProgress, FaceCheckProgress(Guidance.TOO_DARK, 0, 5))


def _face_failed(world: World) -> None:
    _face(world)
    for _ in range(RULES.face_attempts):
        world.answer(ev.FaceRefused, "not-matched")


def _pin(world: World) -> None:
    _method(world)
    world.touch(ev.PinChosen)


def _pin_wrong(world: World) -> None:
    _pin(world)
    world.touch(ev.PinEntered)
    world.answer(ev.PinRefused, 2, True)


def _pin_last(world: World) -> None:
    world.read_card(replace(CARD, pin_tries_left=1))
    world.touch(ev.PinChosen)


def _pin_last_confirmed(world: World) -> None:
    _pin_last(world)
    world.touch(ev.LastTryConfirmed)


def _pin_only(world: World) -> None:
    world.send(ev.CameraChanged(False))
    world.read_card()


def _pin_after_face(world: World) -> None:
    world.rules = FACE_AND_PIN
    world.read_card()
    world.touch(ev.FaceChosen)
    world.answer(ev.CodeScanned)
    world.answer(ev.RecordOpened, GENUINE)
    world.answer(ev.FaceMatched, 0.2)


def _pin_warned(world: World) -> None:
    _pin(world)
    world.wait(RULES.timeouts["PinEntry"] - RULES.warn_before + 1)


def _pin_checking(world: World) -> None:
    _pin(world)
    world.touch(ev.PinEntered)


def _staff_check(world: World) -> None:
    _face(world)
    world.touch(ev.StaffAuthenticated)


def _staff_check_no_photo(world: World) -> None:
    _code(world)
    world.touch(ev.StaffAuthenticated)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, ev.RecordFacts("genuine", False, False))
    world.touch(ev.StaffAuthenticated)


def _opening(world: World) -> None:
    _pin(world)
    world.verify_pin()


def _notice(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"standing": CertificateStatus.EXPIRING}))


def _notice_grace(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"standing": CertificateStatus.GRACE}))


def _registration(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"registered": False}))


def _registering(world: World) -> None:
    _registration(world)
    world.touch(ev.RegistrationRequested)


def _consent(world: World) -> None:
    world.identify_by_pin(check=WITH_DISEASE_CERTIFICATE)


def _consent_child(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 9, "birth_year": 2017}))


def _consent_guardian(world: World) -> None:
    _consent_child(world)
    world.touch(ev.RespondentChosen, AnsweredBy.GUARDIAN)


def _consent_elderly(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 80}))
    world.touch(ev.OneByOne)
    for question in ("care", "medicines", "surgery"):
        world.touch(ev.QuestionAnswered, question, True)


def _one_by_one(world: World) -> None:
    _consent(world)
    world.touch(ev.OneByOne)


def _second_question(world: World) -> None:
    _one_by_one(world)
    _answer(world, True)


def _answer(world: World, granted: bool) -> None:
    state = world.state
    assert isinstance(state, st.Consent | st.SpecificDisease | st.Subsidies | st.Limit)
    assert state.question is not None
    world.touch(ev.QuestionAnswered, state.question.id, granted)


def _disease(world: World) -> None:
    _consent(world)
    world.touch(ev.ShareAll)


def _subsidies(world: World) -> None:
    facts = CHECK.model_copy(update={"subsidies": SubsidyStatus.USABLE})
    world.identify_by_pin(check=facts)
    world.touch(ev.ShareAll)


def _prescription(world: World) -> None:
    _disease(world)
    _answer(world, True)


def _dispensing(world: World, count: int = 2) -> None:
    from terminal.qualification.contract import PrescriptionForm

    world.identify_by_pin(check=CHECK.model_copy(update={"prescriptions": WAITING[:count]}))
    world.touch(ev.ShareNone)
    world.touch(ev.PrescriptionChosen, PrescriptionForm.PAPER)


def _dispensing_many(world: World) -> None:
    _dispensing(world, 3)


def _limit(world: World) -> None:
    from terminal.qualification.contract import PrescriptionForm

    _prescription(world)
    world.touch(ev.PrescriptionChosen, PrescriptionForm.ELECTRONIC)


def _summary(world: World) -> None:
    from terminal.qualification.contract import PrescriptionForm

    _one_by_one(world)
    for granted in (True, True, False, True):
        _answer(world, granted)
    _answer(world, False)
    world.touch(ev.PrescriptionChosen, PrescriptionForm.PAPER)
    _answer(world, True)


def _submitting(world: World) -> None:
    _limit(world)
    _answer(world, True)


def _accepted(world: World) -> None:
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)


def _complete(world: World) -> None:
    _submitting(world)
    _accepted(world)


def _details(world: World) -> None:
    _complete(world)
    world.touch(ev.DetailsRequested)


def _done_card_taken(world: World) -> None:
    _complete(world)
    world.remove_card()


def _nothing_shared(world: World) -> None:
    _consent(world)
    world.touch(ev.CheckInWithoutSharing)
    _accepted(world)


def _not_valid(world: World) -> None:
    world.identify_by_pin(check=CHECK.model_copy(update={"valid": False}))
    _accepted(world)


def _awaiting(world: World) -> None:
    _submitting(world)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.ServiceUnavailable)


def _declined(world: World) -> None:
    _registration(world)
    world.touch(ev.RegistrationDeclined)


def _inquired(registered: bool, valid: bool = True) -> Callable[[World], None]:
    def play(world: World) -> None:
        world.send(ev.InquiryChosen(""))
        _pin(world)
        world.verify_pin()
        facts = CHECK.model_copy(update={"registered": registered, "valid": valid})
        world.answer(ev.CheckOpened, "check-1", facts)

    return play


def _unreadable(world: World) -> None:
    _reading(world)
    world.answer(ev.CardFailed, CardUnreadable())


def _card_gone(world: World) -> None:
    _reading(world)
    world.answer(ev.CardFailed, CardGone())


def _two_cards(world: World) -> None:
    _reading(world)
    world.answer(ev.CardFailed, TwoCards())


def _reader_lost(world: World) -> None:
    _method(world)
    world.send(ev.ReaderChanged(ReaderStatus.NONE))


def _suspended(world: World) -> None:
    _opening(world)
    world.answer(ev.ServiceRefused, RefusalReason.SUSPENDED)


def _expired(world: World) -> None:
    world.read_card(replace(CARD, certificate_not_after=world.now.wall - timedelta(days=400)))


SCREENS: dict[str, Callable[[World], None]] = {
    "idle": _idle,
    "idle-marked": _idle_marked,
    "idle-card-left": _card_left,
    "idle-out-of-service": _out_of_service,
    "idle-help": _help,
    "idle-no-card": _no_card,
    "idle-proxy": _proxy,
    "pin-proxy": _proxy_pin,
    "method-child": _child_method,
    "staff-check-proxy": _staff_check_proxy,
    "consent-proxy": _proxy_consent,
    "consent-companion": _companion,
    "consent-who": _respondents,
    "idle-languages": _idle_languages,
    "languages": _languages,
    "idle-child": _for_child,
    "idle-left": _left(st.LeaveReason.LEFT),
    "idle-left-card-removed": _left(st.LeaveReason.CARD_REMOVED),
    "idle-left-timed-out": _left(st.LeaveReason.TIMED_OUT),
    "card-shown": _card_shown,
    "reading": _reading,
    "method": _method,
    "method-face-only": _face_only,
    "method-both-asked": _both_asked,
    "method-no-camera": _camera_gone,
    "method-pin-locked": _pin_locked,
    "method-pin-forgotten": _pin_forgotten,
    "method-phone": _phone_refused,
    "method-staff-only": _staff_only,
    "code": _code,
    "code-scanning": _code_scanning,
    "code-wrong": _code_wrong,
    "code-few-tries": _few_code_tries,
    "face": _face,
    "face-guided": _face_guided,
    "face-turn": _face_turn,
    "face-turn-without-pin": _face_turn_without_pin,
    "face-nearly": _face_nearly,
    "face-again": _face_again,
    "face-failed": _face_failed,
    "pin": _pin,
    "pin-wrong": _pin_wrong,
    "pin-last": _pin_last,
    "pin-last-confirmed": _pin_last_confirmed,
    "pin-only": _pin_only,
    "pin-after-face": _pin_after_face,
    "pin-warned": _pin_warned,
    "pin-checking": _pin_checking,
    "phone": _phone,
    "staff-check": _staff_check,
    "staff-check-no-photo": _staff_check_no_photo,
    "opening": _opening,
    "notice": _notice,
    "notice-grace": _notice_grace,
    "registration": _registration,
    "registering": _registering,
    "consent": _consent,
    "consent-child": _consent_child,
    "consent-guardian": _consent_guardian,
    "consent-elderly": _consent_elderly,
    "consent-one": _one_by_one,
    "consent-two": _second_question,
    "specific-disease": _disease,
    "subsidies": _subsidies,
    "prescription": _prescription,
    "dispensing": _dispensing,
    "dispensing-many": _dispensing_many,
    "limit": _limit,
    "summary": _summary,
    "submitting": _submitting,
    "complete": _complete,
    "complete-details": _details,
    "complete-card-taken": _done_card_taken,
    "complete-nothing-shared": _nothing_shared,
    "complete-not-valid": _not_valid,
    "complete-awaiting": _awaiting,
    "complete-declined": _declined,
    "inquiry-registered": _inquired(True),
    "inquiry-not-valid": _inquired(True, valid=False),
    "inquiry-not-registered": _inquired(False),
    "problem-unreadable": _unreadable,
    "problem-gone": _card_gone,
    "problem-two-cards": _two_cards,
    "problem-suspended": _suspended,
    "problem-reader-lost": _reader_lost,
    "problem-expired": _expired,
}


@cache
def state_for(name: str, language: str = "ja", **display: Any) -> st.State:
    """Return the state for a gallery screen, with a language and display settings."""
    world = _world()
    world.send(ev.DisplayChanged("", language=language, **display))
    SCREENS[name](world)
    return _with_display(world.state, language, **display)


def _with_display(state: st.State, language: str, **display: Any) -> st.State:
    display_settings = st.Display(language=language, **display)
    if isinstance(state, st.Idle):
        return replace(state, display=display_settings)
    return replace(state, reception=replace(state.reception, display=display_settings))


def problem(code: ProblemCode, language: str = "ja") -> st.Problem:
    state = state_for("problem-gone", language)
    assert isinstance(state, st.Problem)
    return replace(state, problem=code)


__all__ = ["FACE_AND_PIN", "RULES", "SCREENS", "fx", "problem", "state_for"]
