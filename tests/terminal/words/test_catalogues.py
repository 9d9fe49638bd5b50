"""Test that the catalogues are complete and that every problem and question has its texts."""

import re
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from babel.messages.catalog import Message

from config.profiles import Profile
from config.settings import ConsentSettings
from consent.items import HolderFacts, Item, Question, QuestionKind, Wording
from consent.questions import questions
from reader.facts import ReaderStatus
from terminal.handover.folder import DeliveryFailure
from terminal.problems import ProblemCode
from terminal.session.states import LeaveReason, MethodReason
from terminal.words.catalogue import catalogue, is_for_staff, wording_lines, words
from terminal.words.languages import LANGUAGES, STAFF_LANGUAGES
from vision.verdict import Guidance

PLACEHOLDER = re.compile(r"{(\w+)}")
ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def messages(language: str) -> dict[str, tuple[str, ...]]:
    """Return the forms of each message by id. A message has one form or one per plural form of the language."""
    return {message_id(message): plural_forms(message) for message in catalogue(language) if message.id}


def message_id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def plural_forms(message: Message) -> tuple[str, ...]:
    forms = message.string or ""
    return (forms,) if isinstance(forms, str) else tuple(forms)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_ids_and_placeholders(language: str) -> None:
    translated, japanese = messages(language), messages("ja")
    required = {message_id for message_id in japanese if language in STAFF_LANGUAGES or not is_for_staff(message_id)}
    assert required - translated.keys() == set(), "missing"
    assert translated.keys() - required == set(), "not in the Japanese catalogue, or for staff only"
    for message_id, forms in translated.items():
        for text in forms:
            assert text.strip(), message_id
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(japanese[message_id][0])), message_id
        assert len(forms) in (1, catalogue(language).num_plurals), message_id
        assert len(forms) == 1 or len(PLACEHOLDER.findall(forms[0])) == 1, f"{message_id}: one placeholder required"


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
    assert len(re.findall(r"^\| U-\d{3} \|", manual, re.M)) == len(ProblemCode), "the manual lists an unused code"


def all_questions() -> set[Question]:
    """Return the questions for every combination of settings and holder."""
    kinds = {name: field.annotation for name, field in ConsentSettings.model_fields.items()}
    result: set[Question] = set()
    yes_no = (False, True)
    for values in product(*(possible_values(kind) for kind in kinds.values())):
        settings = ConsentSettings.model_validate(dict(zip(kinds, values, strict=True)))
        for age, late, disease, subsidies, share in product((9, 30, 50, 80), yes_no, yes_no, yes_no, yes_no):
            facts = HolderFacts(
                age=age,
                late_elderly=late,
                has_specific_disease_certificate=disease,
                has_subsidies=subsidies,
                may_share=share,
            )
            result.update(questions(facts, settings))
    return result


def possible_values(kind: Any) -> tuple[Any, ...]:
    """Return the possible values of a setting of this type."""
    if kind is bool:
        return (False, True)
    if get_origin(kind) is Literal:
        return get_args(kind)
    assert issubclass(kind, StrEnum), f"{kind} cannot be enumerated"
    return tuple(kind)


QUESTIONS = sorted(all_questions(), key=lambda question: question.id)


def test_all_kinds_of_questions_are_enumerated() -> None:
    assert {question.kind for question in QUESTIONS} == set(QuestionKind)
    assert {item for question in QUESTIONS for item in question.items} == set(Item)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_its_texts(language: str) -> None:
    say = words(language)
    for question in QUESTIONS:
        assert say(f"topic.{question.id}")
        assert say(f"topic.{question.topic}")
        for profile in Profile:
            lines = wording_lines(Wording(language, f"question.{question.id}", f"topic.{question.topic}"), profile)
            assert "{" not in "".join(lines)
            assert len("\n".join(lines)) <= 300, "the ledger limits the wording to 300 characters"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guidance_and_reason_has_its_texts(language: str) -> None:
    say = words(language)
    for guidance in Guidance:
        assert say(f"guidance.{guidance}")
    for method_reason in MethodReason:
        assert not method_reason or say(f"why.{method_reason}")
    for leave_reason in LeaveReason:
        assert say(f"idle.left.{leave_reason}")
    for status in ReaderStatus:
        assert status is ReaderStatus.READY or say(f"reader.{status}")
    for failure in DeliveryFailure:
        assert say(failure.message_id)


def test_every_problem_code_is_used() -> None:
    """A manual entry for a code that cannot occur would mislead staff."""
    not_raising = {"simulated", "talk"}  # packages that use codes without raising them
    raised: set[str] = set()
    for path in (ROOT / "terminal").rglob("*.py"):
        if not not_raising & set(path.relative_to(ROOT).parts):
            raised.update(re.findall(r"ProblemCode\.([A-Z_]+)", path.read_text(encoding="utf-8")))
    assert {code for code in ProblemCode if code.name not in raised} == set()


def test_plural_forms_follow_the_language() -> None:
    assert [words("en")("pin.tries-left", left=left) for left in (1, 2)] == ["1 try left", "2 tries left"]
    assert words("ja")("pin.tries-left", left=1) == "あと1回 入れられます"


def test_clinics_and_pharmacies_have_different_texts() -> None:
    clinic, pharmacy = (words("ja", profile=profile.value) for profile in (Profile.CLINIC, Profile.PHARMACY))
    assert "この医院の医師" in clinic("consent.question")
    assert "この薬局の薬剤師" in pharmacy("consent.question")


def test_unknown_id_raises_key_error() -> None:
    with pytest.raises(KeyError, match="no-such-message"):
        words("ja")("no-such-message")
