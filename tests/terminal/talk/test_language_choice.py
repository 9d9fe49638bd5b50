"""Tests for choosing the language, and for the Japanese text for staff."""

import pytest
from msgspec.structs import replace

from config.settings import Profile, Settings
from consent.items import Item
from terminal.qualification.contract import PrescriptionForm
from terminal.session import events as ev
from terminal.session import states as st
from terminal.talk.parts import LineKind, Talk
from terminal.talk.view import talk_for
from terminal.words.catalogue import speaker, wording_lines
from terminal.words.languages import LANGUAGES
from tests.terminal.session.world import World
from tests.terminal.talk.gallery import ALL_LANGUAGES, RULES, state_for

speak = speaker(Settings())


def _talk_in(state: st.State) -> Talk:
    return talk_for(state, RULES, speak)


def test_every_language_can_be_chosen_on_the_first_screen() -> None:
    first = talk_for(state_for("idle"), ALL_LANGUAGES, speak).body.buttons
    assert [button.id for button in first] == ["language-ja-easy", "language-en", "languages", "help"]
    assert [language for language, _ in first[2].names] == list(LANGUAGES[3:])
    choices = talk_for(state_for("idle-languages"), ALL_LANGUAGES, speak).body.buttons
    assert [button.label for button in choices] == [speak(language)("language.name") for language in LANGUAGES]


def test_every_language_can_be_chosen_later_and_staff_can_read_japanese() -> None:
    footer = talk_for(state_for("method", "en"), replace(RULES, languages=("ja", "en", "x")), speak).footer
    assert isinstance(next(button for button in footer if button.id == "language").event, ev.LanguagesRequested)
    chooser = _talk_in(state_for("languages", "en"))
    assert [button.id for button in chooser.body.buttons] == ["language-ja", "language-en", "japanese"]
    assert "japanese" not in [button.id for button in _talk_in(state_for("languages", "ja")).body.buttons]


def test_staff_can_read_japanese_without_changing_the_patients_language() -> None:
    state = state_for("consent", "en")
    assert not isinstance(state, st.Idle)
    talk = _talk_in(replace(state, reception=replace(state.reception, japanese_until=99.0)))
    assert (talk.language, talk.display.language) == ("ja", "en")
    assert talk.body.question == _talk_in(state_for("consent")).body.question


def _displayed_text(world: World) -> str:
    body = talk_for(world.state, world.rules, speak).body
    return "\n".join((body.question, *(line.text for line in body.lines)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("together", [True, False], ids=["together", "one-by-one"])
def test_recorded_wording_was_on_the_screen(language: str, together: bool) -> None:
    world = World(ALL_LANGUAGES)
    world.send(ev.DisplayChanged("", language=language))
    world.identify_by_pin()
    displayed = _displayed_text(world)
    world.touch(ev.ShareAll if together else ev.OneByOne)
    while not isinstance(world.state, st.Submitting | st.Summary):
        displayed += _displayed_text(world)
        if isinstance(world.state, st.Prescription):
            world.touch(ev.PrescriptionChosen, PrescriptionForm.PAPER)
            continue
        assert isinstance(world.state, st.Consent | st.Limit)
        assert world.state.question is not None
        world.touch(ev.QuestionAnswered, world.state.question.id, True)
    if not together:
        world.touch(ev.Confirmed)
    decision = world.decision()
    assert {language} == {wording.language for _, wording in decision.wordings}
    for answer in decision.answers:
        wording = dict(decision.wordings)[answer.question_id]
        assert bool(wording.topic) == (together and answer.item is not Item.HIGH_COST_LIMIT)
        for line in wording_lines(wording, Profile.CLINIC):
            assert line in displayed


def test_answers_are_recorded_with_their_language() -> None:
    world = World(ALL_LANGUAGES)
    world.send(ev.DisplayChanged("", language="ko"))
    world.identify_by_pin()
    world.touch(ev.OneByOne)
    world.touch(ev.QuestionAnswered, "care", True)
    world.touch(ev.DisplayChanged, "vi")
    world.touch(ev.QuestionAnswered, "medicines", False)
    world.touch(ev.CheckInWithoutSharing)
    wordings = dict(world.decision().wordings)
    assert [wordings[name].language for name in ("care", "medicines", "surgery")] == ["ko", "vi", "vi"]


def test_consent_screens_in_other_languages_include_the_japanese_text() -> None:
    for language in LANGUAGES:
        for name in ("consent", "consent-one", "limit", "specific-disease", "subsidies"):
            originals = [
                line for line in _talk_in(state_for(name, language)).body.lines if line.kind is LineKind.ORIGINAL
            ]
            assert len(originals) == (language != "ja"), (name, language)
            assert all(line.language == "ja" for line in originals)
            assert all(line.text.startswith(_talk_in(state_for(name)).body.question) for line in originals)
