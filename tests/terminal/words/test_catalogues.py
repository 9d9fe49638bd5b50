"""All languages say the same things, with the same gaps to fill; every problem and question has its words."""

import re
from pathlib import Path

import pytest

from config.profiles import PROFILES
from config.settings import ConsentSettings
from consent.items import HolderFacts
from consent.questions import questions
from terminal.handover.folder import Undelivered
from terminal.problems import ProblemCode
from terminal.session.states import WhyHere
from terminal.words.catalogue import LANGUAGES, catalogue, question_wording, words
from vision.verdict import Guidance

PLACEHOLDER = re.compile(r"{(\w+)}")
DOCS = Path(__file__).parents[3] / "docs"


def messages(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_ids_and_placeholders_in_every_language(language: str) -> None:
    ours, japanese = messages(language), messages("ja")
    assert ours.keys() == japanese.keys()
    for message_id, text in ours.items():
        assert text, message_id
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(japanese[message_id])), message_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_cause_and_a_next_step(language: str) -> None:
    say = words(language)
    for problem in ProblemCode:
        assert say(problem.message_id)
        assert say(f"{problem.message_id}.next")


def test_every_problem_is_in_the_manual() -> None:
    manual = (DOCS / "problems.md").read_text(encoding="utf-8")
    for problem in ProblemCode:
        assert f"| {problem.code} |" in manual, f"{problem.name} ({problem.code}) is missing in docs/problems.md"
    assert len(re.findall(r"^\| U-\d{3} \|", manual, re.M)) == len(ProblemCode), "the manual names a code nobody uses"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_guidance_and_reason_has_its_words(language: str) -> None:
    say = words(language)
    for age in (30, 50, 80):
        facts = HolderFacts(age=age, late_elderly=False, has_specific_disease_certificate=True)
        for question in questions(facts, ConsentSettings(surgery=True)):
            assert say(f"topic.{question.id}")
            for row in PROFILES.values():
                place = row.words_in(language)
                text = question_wording(language, question.id, institution=place.institution, staff=place.staff)
                assert "{" not in text
    for guidance in Guidance:
        assert say(f"guidance.{guidance}")
    for why in WhyHere:
        assert not why or say(f"why.{why}")
    for undelivered in Undelivered:
        assert say(undelivered.message_id)


def test_an_unknown_id_is_a_programming_mistake() -> None:
    with pytest.raises(KeyError, match="no-such-message"):
        words("ja")("no-such-message")
