"""Tests for the screens of all states, languages and problems."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from config.settings import Profile, Settings
from reader.facts import CardFacts, Medium
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.screens.wrapping import LINE_CELLS, cells, wrap
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import Now, Rules
from terminal.session.step import step
from terminal.talk.parts import Button, LineKind, PadKind, Remark, Sign, Talk
from terminal.talk.view import starting_talk, talk_for
from terminal.words.catalogue import speaker
from terminal.words.languages import LANGUAGES, STAFF_LANGUAGES
from tests.terminal.talk.gallery import RULES, SCREENS, problem, state_for

NOW = Now(1.0, datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
NARROWEST = 32
"""Width in cells next to the pad or picture on the smallest screen."""


speak = speaker(Settings())


def talk_in(state: st.State, rules: Rules = RULES) -> Talk:
    return talk_for(state, rules, speak)


TESTED_LANGUAGES = [
    language if language in STAFF_LANGUAGES else pytest.param(language, marks=pytest.mark.every_language)
    for language in LANGUAGES
]


@pytest.fixture(params=TESTED_LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


every_screen = pytest.mark.parametrize("name", SCREENS)


MENUS = ("idle-help",)
"""Menu screens, which list many options but record no answer."""


def test_each_screen_has_one_question_and_at_most_four_answers(language: str) -> None:
    for name in SCREENS:
        talk = talk_in(state_for(name, language))
        assert talk.body.question, name
        assert len(talk.body.buttons) <= (8 if name in MENUS else 4), name
        assert len(talk.footer) <= 4, name
        assert len({answer.id for answer in talk.body.buttons}) == len(talk.body.buttons), name
        assert all(answer.label for answer in (*talk.body.buttons, *talk.footer)), name


def test_every_answer_has_an_effect(language: str) -> None:
    for name in SCREENS:
        state = state_for(name, language)
        for answer in (*talk_in(state).body.buttons, *talk_in(state).footer):
            following = step(state, answer.event, RULES, NOW)
            unchanged = answer.event == ev.DisplayChanged("", language=language)
            assert unchanged or following.state != state or following.effects, f"{answer.id} on {name} has no effect"


@every_screen
def test_keys_are_unique_and_digits_are_reserved_for_typing(name: str) -> None:
    talk = talk_in(state_for(name))
    keys = [answer.key for answer in (*talk.body.buttons, *talk.footer)]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    if talk.body.pad is not PadKind.NONE:
        assert not any(key.isdigit() for key in keys)
    else:
        numbers = [answer.key for answer in talk.body.buttons]
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


@every_screen
def test_back_is_left_and_yes_is_right(name: str) -> None:
    answers = talk_in(state_for(name)).body.buttons
    answers = tuple(answer for answer in answers if answer.id != "respondent")
    back = [index for index, answer in enumerate(answers) if answer.back]
    if answers and answers[-1].id not in ("help",):
        assert back in ([], [0])
    positive = [index for index, answer in enumerate(answers) if answer.id in ("yes", "all", "confirm", "go-on")]
    assert positive in ([], [len(answers) - 1])


def test_lines_are_short_and_few_enough_for_the_smallest_screen(language: str) -> None:
    for name in SCREENS:
        body = talk_in(state_for(name, language)).body
        for text in (body.question, *(line.text for line in body.lines)):
            assert all(cells(line) <= LINE_CELLS for line in wrap(text)), name
        narrow = NARROWEST if body.camera or body.pad is not PadKind.NONE else LINE_CELLS
        assert len(wrap(body.question, narrow)) <= 3, name
        original = any(line.kind is LineKind.ORIGINAL for line in body.lines)
        assert sum(len(wrap(line.text, narrow)) for line in body.lines) <= (10 if original else 9), name


def test_every_screen_offers_calling_staff_and_leaving(language: str) -> None:
    for name in SCREENS:
        state = state_for(name, language)
        ids = [answer.id for answer in talk_in(state).footer]
        assert ids[-1] == "call-staff", name
        can_leave = not isinstance(state, st.Idle | st.Submitting | st.Complete | st.Problem | st.Inquiry)
        assert (ids[0] in ("cancel", "without-sharing")) == can_leave, name
        own_buttons = "language-en" in [answer.id for answer in talk_in(state).body.buttons]
        assert ("language" in ids) != own_buttons, f"{name}: the first screen has a button for every language"


@every_screen
def test_language_can_be_changed_on_every_screen(name: str) -> None:
    state = state_for(name, "ja")
    talk = talk_in(state)
    changes = [
        answer.event
        for answer in (*talk.body.buttons, *talk.footer)
        if isinstance(answer.event, ev.DisplayChanged) and answer.event.language == "en"
    ]
    following = step(state, changes[0], RULES, NOW).state
    assert talk_in(following).language == "en"
    assert talk_in(following).body.question != talk.body.question


@every_screen
def test_pharmacies_have_different_wording(name: str) -> None:
    state = state_for(name)
    talk = talk_for(state, RULES, speaker(Settings(profile=Profile.PHARMACY)))
    assert "医師" not in talk.body.question


def test_every_problem_displays_its_code_and_instructions(language: str) -> None:
    for code in ProblemCode:
        talk = talk_in(problem(code, language))
        assert talk.body.code == code.code
        assert talk.body.lines, code
        assert code.code not in talk.body.question
        assert [answer.id for answer in talk.body.buttons] == ["start-over"], code


def test_each_screen_belongs_to_a_step() -> None:
    steps = {
        name: talk_in(state_for(name)).step for name in ("idle", "reading", "method", "pin", "consent", "complete")
    }
    assert steps == {"idle": 0, "reading": 0, "method": 1, "pin": 1, "consent": 2, "complete": 3}
    assert talk_in(state_for("idle")).steps == ("読み取り", "本人確認", "同意", "完了")


def test_pin_screen_shows_the_tries_left_and_no_digits() -> None:
    talk = talk_in(state_for("pin-wrong"))
    assert [line.text for line in talk.body.lines] == ["暗証番号がちがいます", "あと2回 入れられます"]
    assert talk.body.pad is PadKind.PIN


def test_last_try_requires_confirmation_before_the_pad() -> None:
    confirmation = talk_in(state_for("pin-last"))
    assert confirmation.body.pad is PadKind.NONE
    assert [answer.id for answer in confirmation.body.buttons] == ["face", "go-on"]
    assert talk_in(state_for("pin-last-confirmed")).body.pad is PadKind.PIN


def test_card_with_one_method_shows_the_reason() -> None:
    body = talk_in(state_for("pin-only")).body
    assert body.lines[0].text == "カメラが使えないので 顔では確認できません"
    assert body.lines[0].kind is LineKind.REASON


@pytest.mark.parametrize(
    ("left", "target", "tries"), [(4, Way.FACE, "あと2回 入れられます"), (4, Way.STAFF, "あと4回 入れられます")]
)
def test_last_tries_of_the_printed_code_are_reserved_for_staff(left: int, target: Way, tries: str) -> None:
    state = state_for("code-wrong")
    assert isinstance(state, st.PrintedCodeEntry)
    state = replace(state, target=target, reception=replace(state.reception, code_left=left))
    assert tries in [line.text for line in talk_in(state).body.lines]


def test_unused_tries_of_the_printed_code_are_not_shown() -> None:
    assert [line.text for line in talk_in(state_for("code")).body.lines] == ["西暦のときは 下2けた"]


def test_face_check_shows_one_instruction_at_a_time() -> None:
    body = talk_in(state_for("face-guided")).body
    assert (body.question, body.progress, body.camera) == ("もう少し近づいてください", (1, 5), True)
    assert "あと少しです" in [line.text for line in talk_in(state_for("face-nearly")).body.lines]


def test_guardian_is_asked_to_answer_for_a_child() -> None:
    assert "保護者の方が お答えください" in [line.text for line in talk_in(state_for("consent-child")).body.lines]
    assert "保護者の方が お答えください" not in [line.text for line in talk_in(state_for("consent")).body.lines]


def test_back_is_offered_only_if_there_is_an_earlier_screen() -> None:
    first = [answer.id for answer in talk_in(state_for("consent-one")).body.buttons]
    assert first == ["back", "no", "yes"]
    single = step_into_single_question()
    assert [answer.id for answer in talk_in(*single).body.buttons] == ["no", "yes"]


def step_into_single_question() -> tuple[st.State, Rules]:
    state = state_for("consent-one")
    assert isinstance(state, st.Consent)
    rules = replace(RULES, consent=RULES.consent.model_copy(update={"health_checkup": False, "surgery": False}))
    return replace(state, questions=state.questions[:1], index=0), rules


def test_summary_lists_all_answers() -> None:
    assert [line.text for line in talk_in(state_for("summary")).body.lines] == [
        "これまでの診療：提供する",
        "お薬：提供する",
        "手術：提供しない",
        "特定健診の結果：提供する",
        "特定疾病の受療証：提供しない",
        "限度額：提供する",
        "紙の処方せん",
    ]


def test_patient_is_asked_to_take_the_card_until_it_is_removed() -> None:
    inserted, removed = talk_in(state_for("complete")), talk_in(state_for("complete-card-taken"))
    assert inserted.body.sign is Sign.TAKE_CARD
    assert inserted.body.lines[0].kind is LineKind.CALL
    assert removed.body.sign is Sign.NONE
    assert LineKind.CALL not in {line.kind for line in removed.body.lines}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("complete", "受付が完了しました"),
        ("complete-nothing-shared", "受付できました（情報は提供していません）"),
        ("complete-not-valid", "受付にお声がけください"),
        ("complete-awaiting", "受け付けました（確認待ち）"),
        ("complete-declined", "登録しませんでした。資格確認書を 受付に出してください"),
    ],
)
def test_each_outcome_has_a_different_text(name: str, text: str) -> None:
    assert talk_in(state_for(name)).body.question == text


def test_timeout_warning_offers_more_time() -> None:
    talk = talk_in(state_for("pin-warned"))
    assert talk.warning == "まもなく最初の画面にもどります"
    assert "more-time" in [answer.id for answer in talk.footer]
    assert not talk_in(state_for("pin")).warning


def test_staff_and_inquiry_are_marked_on_the_first_screen() -> None:
    assert [line.kind for line in talk_in(state_for("idle-marked")).body.lines] == [LineKind.REASON, LineKind.REASON]


def test_staff_confirm_and_give_the_reason_with_one_touch() -> None:
    answers = talk_in(state_for("staff-check")).body.buttons
    assert [answer.id for answer in answers] == ["other", "same-asked"]
    assert answers[1].event == ev.StaffConfirmed("r1", "asked")
    state = state_for("staff-check")
    assert isinstance(state, st.StaffCheck)
    with_reasons = replace(state, reception=replace(state.reception, face_attempts=2, camera_failed=True, pin_left=0))
    assert [answer.id for answer in talk_in(with_reasons).body.buttons] == [
        "other",
        "same-face",
        "same-camera",
        "same-pin",
    ]
    documents = talk_in(state_for("staff-check-no-photo"))
    assert [answer.id for answer in documents.body.buttons] == ["other", "same-documents"]
    assert not documents.body.photo


@pytest.mark.parametrize("language", STAFF_LANGUAGES)
def test_staff_who_signed_in_earlier_enter_the_password_again(language: str) -> None:
    state = state_for("staff-check", language)
    assert isinstance(state, st.StaffCheck)
    marked = replace(state, reception=replace(state.reception, staff_at_terminal=False))
    view = talk_in(marked)
    assert view.body.buttons == ()
    assert view.body.question != talk_in(state).body.question, "the patient's screen has no confirmation question"
    instructions = {
        "ja": "係員がもう一度、パスワードを入れると決められます",
        "en": "Staff must enter the password again to decide",
    }
    assert instructions.get(language, instructions["ja"]) in [line.text for line in view.body.lines]


def test_staff_call_is_confirmed_by_a_notice() -> None:
    assert talk_for(state_for("method"), RULES, speak, remark=Remark.STAFF_COMING).notice == "係員がまいります"


def test_starting_screen_requires_no_state() -> None:
    talk = starting_talk("ja", speak)
    assert talk.body.question == "準備しています"
    assert (talk.body.buttons, talk.footer) == ((), ())


def test_view_has_no_card_dates(language: str) -> None:
    """The view does not receive card dates, or counters other than the tries left."""
    state = state_for("pin", language)
    assert isinstance(state, st.PinEntry)
    assert isinstance(state.reception.facts, CardFacts)
    assert state.reception.facts.certificate_not_after is not None
    text = repr(replace(talk_in(state), footer=()))
    assert str(state.reception.facts.certificate_not_after.year) not in text


def test_offers_are_comparable_and_hashable() -> None:
    answer = Button(id="x", label="x", event=ev.Back("r1"))
    assert answer == Button(id="x", label="x", event=ev.Back("r1"))
    assert hash(answer) == hash(Button(id="x", label="x", event=ev.Back("r1")))


def line_texts(name: str) -> list[str]:
    return [line.text for line in talk_in(state_for(name)).body.lines]


def test_end_shows_counts_and_details_only_on_request() -> None:
    state = state_for("complete")
    assert isinstance(state, st.Complete)
    mixed = replace(state, flags=tuple((item, number < 2) for number, (item, _) in enumerate(state.flags)))
    refused = len(state.flags) - 2
    lines = [line.text for line in talk_in(mixed).body.lines]
    assert f"提供する 2件 ・ 提供しない {refused}件" in lines
    assert not any("：" in line for line in lines), "other patients could read the answers"
    assert any("：" in line for line in line_texts("complete-details"))


@pytest.mark.parametrize("name", ["method-pin-locked", "method-pin-forgotten", "method-face-only"])
def test_unusable_pin_is_reported_with_instructions_to_reset_it(name: str) -> None:
    assert any("市区町村" in line for line in line_texts(name))


def test_bundle_shows_past_care_and_medicines_as_one_topic() -> None:
    topics = [line.text for line in talk_in(state_for("consent")).body.lines if line.kind is LineKind.CHOICE]
    assert len(topics) == len(set(topics))
    assert sum("お薬" in topic or "診療" in topic for topic in topics) == 1


def test_expired_phone_suggests_the_card_and_not_the_municipality() -> None:
    expired = state_for("problem-expired")
    assert isinstance(expired, st.Problem)
    facts = expired.reception.facts
    assert facts is not None
    by_phone = replace(
        expired, reception=replace(expired.reception, facts=replace(facts, medium=Medium.PHONE_VERIFIES))
    )
    lines = [line.text for line in talk_in(by_phone).body.lines]
    assert "カードをお持ちなら カードで受付できます" in lines
    assert not any("新しくできます" in line for line in lines)
    assert any("新しくできます" in line.text for line in talk_in(expired).body.lines)


def test_first_screen_shows_that_the_camera_stays_on(language: str) -> None:
    hint = speak(language)("idle.hint.camera-on")
    talk = talk_in(state_for("idle", language), replace(RULES, camera_stays_on=True))
    assert hint in [line.text for line in talk.body.lines]
    assert hint not in [line.text for line in talk_in(state_for("idle", language)).body.lines]
