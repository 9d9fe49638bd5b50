"""Tests for question serial numbers, which prevent a touch from answering a different question."""

import pytest
from msgspec.structs import replace

from config.settings import Settings
from terminal.session import events as ev
from terminal.session import states as st
from terminal.talk.parts import Remark
from terminal.talk.question_numbers import SETTLE_SECONDS, Talks
from terminal.words.catalogue import speaker
from tests.terminal.talk.gallery import RULES, SCREENS, state_for
from vision.verdict import FaceCheckProgress, Guidance

speak = speaker(Settings())


def serials(*states: st.State) -> list[int]:
    talks = Talks(speak, language="ja")
    return [talks.show(state, RULES, now=0.0).serial for state in states]


def changed(state: st.State, **changes: object) -> st.State:
    return replace(state, **changes)


@pytest.mark.parametrize("name", SCREENS)
def test_timeouts_and_language_changes_keep_the_serial(name: str) -> None:
    if name == "languages":
        return  # the answers differ, because other languages offer Japanese to staff
    state = state_for(name)
    assert len(set(serials(state, state_for(name, "en"), state_for(name, size=st.Size.LARGE)))) == 1
    if not isinstance(state, st.Idle):
        assert len(set(serials(state, changed(state, deadline=99.0), changed(state, warned=not state.warned)))) == 1


def test_guidance_keeps_the_serial_and_a_new_attempt_changes_it() -> None:
    face = state_for("face")
    assert isinstance(face, st.FaceCheck)
    guided = [replace(face, progress=FaceCheckProgress(guidance, 2, 5)) for guidance in Guidance]
    assert len(set(serials(face, *guided))) == 1
    first, second = serials(face, replace(face, attempt=2))
    assert first != second


def test_successive_questions_have_different_serials() -> None:
    consent = state_for("consent-one")
    assert isinstance(consent, st.Consent)
    all_questions = [replace(consent, index=index) for index in range(len(consent.questions))]
    assert len(set(serials(*all_questions))) == len(all_questions)


def test_same_question_has_a_new_serial_for_the_next_patient() -> None:
    first = state_for("consent")
    assert not isinstance(first, st.Idle)
    second = changed(first, reception=replace(first.reception, id="r2"))
    assert len(set(serials(first, second))) == 2


def test_wrong_pin_changes_the_serial() -> None:
    talks = Talks(speak, language="ja", settle_seconds=0)
    serial = talks.show(state_for("pin"), RULES, 0.0).serial
    assert talks.is_present(serial)
    talks.show(state_for("pin-wrong"), RULES, 1.0)
    assert not talks.is_present(serial)


def test_touch_selects_the_offer_of_its_own_screen() -> None:
    talks = Talks(speak, language="ja", settle_seconds=0)
    method = talks.show(state_for("method"), RULES, 0.0)
    assert talks.event(method.serial, "pin", 0.0) == ev.PinChosen("r1")
    assert talks.event(method.serial, "no-such-button", 0.0) is None
    consent = talks.show(state_for("consent"), RULES, 1.0)
    assert talks.event(method.serial, "all", 1.0) is None
    assert talks.event(consent.serial, "all", 1.0) == ev.ShareAll("r1")


def test_a_double_tap_does_not_answer_the_next_question() -> None:
    talks = Talks(speak, language="ja")
    consent = talks.show(state_for("consent"), RULES, 10.0)
    assert talks.event(consent.serial, "all", 10.0 + SETTLE_SECONDS - 0.01) is None
    assert talks.event(consent.serial, "all", 10.0 + SETTLE_SECONDS) == ev.ShareAll("r1")
    translated = talks.show(state_for("consent", "en"), RULES, 11.0, remark=Remark.TOO_EARLY)
    assert talks.event(translated.serial, "all", 11.0) == ev.ShareAll("r1"), (
        "a change of language does not restart the delay"
    )
    assert translated.notice == "Please touch again"


def test_no_answers_are_offered_before_the_first_state() -> None:
    talks = Talks(speak, language="ja")
    assert talks.talk.body.question == "準備しています"
    assert talks.talk.buttons == ()
    assert talks.event(talks.talk.serial, "pin", 0.0) is None
