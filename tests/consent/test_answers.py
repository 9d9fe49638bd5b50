"""Tests for answers to questions. Consent requires a question that was shown and answered yes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import ConsentSettings
from consent.answers import PatientReply, answers, sharing_questions, unanswered
from consent.items import Answer, HolderFacts, Item, Question, QuestionKind
from consent.questions import questions

NOW = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
ALL_QUESTIONS = questions(HolderFacts(50, False, True, True), ConsentSettings(surgery=True, subsidies=True))
IDS = [
    "care",
    "medicines",
    "surgery",
    "health-checkup-specific",
    "health-checkup-elderly",
    "specific-disease",
    "subsidies",
    "limit",
]


def test_one_answer_covers_all_items_of_its_question() -> None:
    question = Question("both", QuestionKind.SHARING, (Item.DIAGNOSIS, Item.MEDICINES))
    result = answers((question,), {"both": PatientReply(True, NOW)})
    assert [(a.item, a.granted, a.answered_at) for a in result] == [
        (Item.DIAGNOSIS, True, NOW),
        (Item.MEDICINES, True, NOW),
    ]


def test_unanswered_questions_have_no_answer_time() -> None:
    refused, silent = answers(ALL_QUESTIONS[2:4], {"surgery": PatientReply(False, NOW)})
    assert (refused.granted, refused.answered_at) == (False, NOW)
    assert (silent.granted, silent.answered_at) == (False, None)


def test_answer_to_question_that_was_not_shown_is_ignored() -> None:
    assert answers((), {"limit": PatientReply(True, NOW)}) == ()


def test_answering_all_covers_only_sharing_questions() -> None:
    answered = answers(
        ALL_QUESTIONS, {question.id: PatientReply(True, NOW) for question in sharing_questions(ALL_QUESTIONS)}
    )
    assert {a.item for a in answered if a.granted} == {
        Item.DIAGNOSIS,
        Item.MEDICINES,
        Item.SURGERY,
        Item.HEALTH_CHECKUP,
    }
    refused = answers(
        ALL_QUESTIONS, {question.id: PatientReply(False, NOW) for question in sharing_questions(ALL_QUESTIONS)}
    )
    assert not any(a.granted for a in refused)


def test_two_questions_for_one_item_are_refused() -> None:
    duplicate = Question("duplicate", QuestionKind.SHARING, (Item.SURGERY,))
    with pytest.raises(ValueError, match="two questions"):
        answers((*ALL_QUESTIONS, duplicate), {})


def test_answer_requires_time_with_time_zone() -> None:
    with pytest.raises(ValueError, match="a granted item requires answered_at"):
        Answer(Item.SURGERY, True, None, "surgery")
    with pytest.raises(ValueError, match="must be timezone-aware"):
        Answer(Item.SURGERY, False, datetime(2026, 11, 22), "surgery")


touches = st.lists(
    st.tuples(
        st.sampled_from(["show", "yes", "no"]), st.sampled_from(IDS), st.integers(0, 600).map(lambda s: timedelta(0, s))
    ),
    max_size=30,
)


@given(
    st.builds(HolderFacts, st.integers(0, 120), *[st.booleans()] * 4),
    st.booleans(),
    touches,
)
def test_granted_only_if_shown_and_answered_yes(
    facts: HolderFacts, surgery: bool, actions: list[tuple[str, str, timedelta]]
) -> None:
    """Show and answer questions in any order, including answers to questions not shown."""
    offered = {question.id: question for question in questions(facts, ConsentSettings(surgery=surgery, subsidies=True))}
    shown: dict[str, Question] = {}
    answered: dict[str, PatientReply] = {}
    for action, question_id, after in actions:
        if action != "show":
            answered[question_id] = PatientReply(action == "yes", NOW + after)
        elif question_id in offered:
            shown[question_id] = offered[question_id]
    result = answers(shown.values(), answered)
    assert [a.item for a in result] == [item for question in shown.values() for item in question.items]
    for answer in result:
        last = answered.get(answer.question_id)
        assert answer.granted == (last is not None and last.granted)
        assert answer.answered_at == (last.at if last else None)
    assert not any(a.granted for a in unanswered(shown.values()))
