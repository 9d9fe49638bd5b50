"""All languages say the same things, with the same gaps to fill; every problem and question has its words."""

import re
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from config.profiles import PROFILES
from config.settings import ConsentSettings
from consent.items import HolderFacts, Item, Question, QuestionKind
from consent.questions import questions
from reader.facts import ReaderStanding
from terminal.handover.folder import Undelivered
from terminal.problems import ProblemCode
from terminal.session.states import WhyHere, WhyLeft
from terminal.words.catalogue import LANGUAGES, catalogue, question_wording, words
from vision.verdict import Guidance

PLACEHOLDER = re.compile(r"{(\w+)}")
ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


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


@pytest.mark.parametrize("name", ["problems.md", "problems.ja.md"])
def test_every_problem_is_in_the_manual(name: str) -> None:
    manual = (DOCS / name).read_text(encoding="utf-8")
    for problem in ProblemCode:
        assert f"| {problem.code} |" in manual, f"{problem.name} ({problem.code}) is missing in docs/{name}"
    assert len(re.findall(r"^\| U-\d{3} \|", manual, re.M)) == len(ProblemCode), "the manual names a code nobody uses"


def every_question() -> set[Question]:
    """All that any combination of settings and holder can build: an item added tomorrow is enumerated too."""
    kinds = {name: field.annotation for name, field in ConsentSettings.model_fields.items()}
    found: set[Question] = set()
    yes_no = (False, True)
    for values in product(*(allowed(kind) for kind in kinds.values())):
        settings = ConsentSettings.model_validate(dict(zip(kinds, values, strict=True)))
        for age, late, disease, subsidies, share in product((9, 30, 50, 80), yes_no, yes_no, yes_no, yes_no):
            facts = HolderFacts(
                age=age,
                late_elderly=late,
                has_specific_disease_certificate=disease,
                has_subsidies=subsidies,
                may_share=share,
            )
            found.update(questions(facts, settings))
    return found


def allowed(kind: Any) -> tuple[Any, ...]:
    """Every value a setting of that type can have."""
    if kind is bool:
        return (False, True)
    if get_origin(kind) is Literal:
        return get_args(kind)
    assert issubclass(kind, StrEnum), f"{kind} cannot be enumerated"
    return tuple(kind)


QUESTIONS = sorted(every_question(), key=lambda question: question.id)


def test_all_kinds_of_questions_are_enumerated() -> None:
    assert {question.kind for question in QUESTIONS} == set(QuestionKind)
    assert {item for question in QUESTIONS for item in question.items} == set(Item)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_any_settings_has_its_words(language: str) -> None:
    say = words(language)
    for question in QUESTIONS:
        assert say(f"topic.{question.id}")
        assert say(f"topic.{question.topic}")
        for row in PROFILES.values():
            place = row.words_in(language)
            text = question_wording(language, question.id, institution=place.institution, staff=place.staff)
            assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guidance_and_reason_has_its_words(language: str) -> None:
    say = words(language)
    for guidance in Guidance:
        assert say(f"guidance.{guidance}")
    for why in WhyHere:
        assert not why or say(f"why.{why}")
    for left in WhyLeft:
        assert say(f"idle.left.{left}")
    for standing in ReaderStanding:
        assert standing is ReaderStanding.READY or say(f"reader.{standing}")
    for undelivered in Undelivered:
        assert say(undelivered.message_id)


NOT_RAISED_YET: frozenset[ProblemCode] = frozenset(
    {
        ProblemCode.PHOTO_WITHOUT_FACE,
        ProblemCode.VIRTUAL_CAMERA,
        ProblemCode.NO_BROWSER,
        ProblemCode.VOICE_MISSING,
    }
)
"""Codes that a later step raises. Empty before a release."""


def test_every_problem_is_raised_somewhere() -> None:
    """A code in the manual that nothing can show misleads staff."""
    told_only = {"simulated", "talk"}  # rooms that know codes without raising them
    raised: set[str] = set()
    for path in (ROOT / "terminal").rglob("*.py"):
        if not told_only & set(path.relative_to(ROOT).parts):
            raised.update(re.findall(r"ProblemCode\.([A-Z_]+)", path.read_text(encoding="utf-8")))
    assert {code for code in ProblemCode if code.name not in raised} == NOT_RAISED_YET


def test_an_unknown_id_is_a_programming_mistake() -> None:
    with pytest.raises(KeyError, match="no-such-message"):
        words("ja")("no-such-message")
