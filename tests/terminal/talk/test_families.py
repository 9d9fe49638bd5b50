"""Tests for receptions of children and for guardians, companions and proxies."""

import pytest
from msgspec.structs import replace

from config.settings import FaceAndPinPolicy, Profile, Settings
from consent.items import AnsweredBy
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session import effects as fx
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.methods import available_methods
from terminal.session.rules import Rules
from terminal.talk.parts import LineKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker, wording_lines
from tests.terminal.session.world import CARD, CHECK, GENUINE, World
from tests.terminal.talk.gallery import RULES, problem, state_for

CHILD = CHECK.model_copy(update={"age": 9, "birth_year": 2017})
speak = speaker(Settings())


def talk_in(world: World) -> Talk:
    return talk_for(world.state, world.rules, speak)


def button_ids(talk: Talk) -> list[str]:
    return [button.id for button in talk.body.buttons]


def line_texts(talk: Talk) -> list[str]:
    return [line.text for line in talk.body.lines]


def world_after(*touches: type[ev.ForChildChosen | ev.ProxyChosen], rules: Rules = RULES) -> World:
    world = World(rules)
    for touch in (ev.HelpChosen, *touches):
        world.send(touch(""))
    return world


def test_for_a_child_pin_and_staff_are_offered_before_the_face() -> None:
    world = world_after(ev.ForChildChosen)
    world.read_card()
    assert button_ids(talk_in(world)) == ["pin", "staff", "face"]
    adult = World(RULES)
    adult.read_card()
    assert button_ids(talk_in(adult)) == ["face", "pin"]


def test_siblings_are_distinguished_by_year_of_birth() -> None:
    world = world_after(ev.ForChildChosen, rules=Rules())
    world.identify_by_pin(check=CHILD)
    assert "2017年うまれの お子さま" in line_texts(talk_in(world))
    world.touch(ev.OneByOne)
    while isinstance(world.state, st.Consent | st.Limit):
        assert world.state.question is not None
        assert "2017年うまれの お子さま" in line_texts(talk_in(world))
        world.touch(ev.QuestionAnswered, world.state.question.id, True)
    world.touch(ev.Confirmed)
    assert "2017" not in repr(world.decision()), "the ledger does not record the year"


def test_year_of_birth_is_optional() -> None:
    world = World(RULES)
    world.identify_by_pin(check=CHECK.model_copy(update={"age": 9}))
    assert "お子さまの情報" in talk_in(world).body.question
    assert not [line for line in line_texts(talk_in(world)) if "うまれ" in line]


def test_parents_card_used_for_a_child_addresses_the_parent() -> None:
    world = world_after(ev.ForChildChosen)
    world.identify_by_pin(check=CHECK)
    assert "あなたの情報" in talk_in(world).body.question


def test_companion_must_ask_the_patient_first() -> None:
    world = World(RULES)
    world.identify_by_pin()
    world.touch(ev.AsideRequested, ev.Aside.RESPONDENT)
    assert button_ids(talk_in(world)) == ["close", "as-person", "as-guardian", "as-companion"]
    assert talk_in(world).body.buttons[-1].hint == "本人に聞いてから選んでください"
    world.touch(ev.RespondentChosen, AnsweredBy.COMPANION)
    assert "respondent" in button_ids(talk_in(world)), "the question is displayed again"
    assert "本人に聞いてから選んでください" in line_texts(talk_in(world))
    world.touch(ev.ShareNone)
    world.touch(ev.CheckInWithoutSharing)
    assert world.decision().answered_by is AnsweredBy.COMPANION


@pytest.mark.parametrize("respondent", AnsweredBy)
def test_questions_are_worded_for_the_person_who_answers(respondent: AnsweredBy) -> None:
    world = world_after(ev.ProxyChosen) if respondent is AnsweredBy.PROXY else World(RULES)
    if respondent is AnsweredBy.PROXY:
        world.read_card()
        world.verify_pin()
        world.open_check()
    else:
        world.identify_by_pin()
        world.touch(ev.RespondentChosen, respondent)
    possessor = "あなた" if respondent is AnsweredBy.PERSON else "ご本人"
    assert talk_in(world).body.question.startswith(f"{possessor}の情報を ")
    world.touch(ev.ShareNone)
    world.touch(ev.CheckInWithoutSharing)
    recorded = {wording_lines(wording, Profile.CLINIC)[0] for _, wording in world.decision().wordings if wording.topic}
    assert recorded == {f"{possessor}の情報を この医院の医師に 提供しますか"}, "the displayed wording is recorded"


def test_guardian_can_answer_for_an_adult() -> None:
    world = World(RULES)
    world.identify_by_pin()
    world.touch(ev.RespondentChosen, AnsweredBy.GUARDIAN)
    assert "答える人：保護者・成年後見人" in line_texts(talk_in(world))


def test_proxy_is_confirmed_by_pin_and_recorded() -> None:
    world = world_after(ev.ProxyChosen)
    assert "代わりの方の受付です。顔では確認しません" in line_texts(talk_in(world))
    world.read_card()
    assert isinstance(world.state, st.PinEntry)
    assert Way.FACE not in available_methods(world.reception, world.rules)
    assert "face" not in button_ids(talk_in(world))
    world.verify_pin()
    world.open_check()
    assert "本人から聞いたとおりに選んでください" in line_texts(talk_in(world))
    assert "respondent" not in button_ids(talk_in(world))
    world.touch(ev.RespondentChosen, AnsweredBy.PERSON)
    world.touch(ev.CheckInWithoutSharing)
    assert world.decision().answered_by is AnsweredBy.PROXY


@pytest.mark.parametrize("policy", FaceAndPinPolicy)
def test_proxys_face_is_never_compared(policy: FaceAndPinPolicy) -> None:
    world = world_after(ev.ProxyChosen, rules=replace(RULES, face_and_pin=policy))
    world.read_card()
    world.touch(ev.FaceChosen)
    assert not [effect for effect in world.issued if isinstance(effect, fx.CheckFace | fx.OpenFaceRecord)]


def test_staff_check_a_proxys_documents_instead_of_faces() -> None:
    world = world_after(ev.ProxyChosen)
    world.read_card()
    world.touch(ev.StaffAuthenticated)
    world.answer(ev.CodeNotScanned)
    world.touch(ev.CodeEntered)
    world.answer(ev.RecordOpened, GENUINE)
    body = talk_in(world).body
    assert (body.camera, body.photo) == (False, False)
    assert [button.event for button in body.buttons][1:] == [ev.StaffConfirmed(world.reception.id, "proxy")]


def test_next_family_member_chooses_the_respondent_again() -> None:
    world = world_after(ev.ProxyChosen)
    world.send(ev.DisplayChanged("", language="en"))
    world.identify_by_pin()
    world.touch(ev.CheckInWithoutSharing)
    world.answer(ev.DecisionRecorded)
    world.answer(ev.Accepted, True)
    world.touch(ev.NextFamilyMember)
    assert isinstance(world.state, st.Idle)
    assert (world.state.display.language, world.state.proxy, world.state.child) == ("en", False, False)


@pytest.mark.parametrize("name", ["face", "face-turn", "face-turn-without-pin"])
def test_staff_is_offered_during_the_face_check(name: str) -> None:
    assert "staff" in button_ids(talk_for(state_for(name), RULES, speak))


def test_pinless_card_without_a_staff_password_has_alternatives() -> None:
    without_staff = replace(RULES, staff_enabled=False)
    world = World(without_staff)
    world.read_card(replace(CARD, pin_tries_left=0))
    assert button_ids(talk_in(world))[0] == "face"
    for code in (ProblemCode.NO_WAY_LEFT, ProblemCode.HOLDER_NOT_CONFIRMED):
        talk = talk_for(problem(code), without_staff, speak)
        choices = [line.text for line in talk.body.lines if line.kind is LineKind.CHOICE]
        assert "資格確認書" in choices, "accepted instead of the card"


def test_accessibility_options_are_offered_to_everyone() -> None:
    world = World(RULES)
    world.send(ev.HelpChosen(""))
    comfort = next(button for button in talk_in(world).body.buttons if button.id == "comfort")
    world.send(comfort.event)
    assert {"low", "more-time", "large", "contrast"} <= set(button_ids(talk_in(world)))
    world.send(next(button.event for button in talk_in(world).body.buttons if button.id == "low"))
    world.send(next(button.event for button in talk_in(world).body.buttons if button.id == "more-time"))
    assert isinstance(world.state, st.Idle)
    assert (world.state.display.low, world.state.display.more_time) == (True, True)
