"""Tests for selecting questions by holder and settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import ConsentSettings, LimitPolicy
from consent.items import HolderFacts, Item, QuestionKind
from consent.questions import items_by_law, questions

CARE, MEDICINES, SURGERY = "care", "medicines", "surgery"
SPECIFIC, ELDERLY = "health-checkup-specific", "health-checkup-elderly"
DISEASE, SUBSIDIES, LIMIT = "specific-disease", "subsidies", "limit"


def holder(
    age: int = 50, *, late: bool = False, certificate: bool = False, subsidies: bool = False, may_share: bool = True
) -> HolderFacts:
    return HolderFacts(age, late, certificate, has_subsidies=subsidies, may_share=may_share)


def question_ids(facts: HolderFacts, **settings: object) -> list[str]:
    return [question.id for question in questions(facts, ConsentSettings.model_validate(settings))]


@pytest.mark.parametrize(
    ("facts", "settings", "expected"),
    [
        (holder(0), {}, [CARE, MEDICINES, LIMIT]),
        (holder(39), {}, [CARE, MEDICINES, LIMIT]),
        (holder(40), {}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (holder(74), {}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (holder(75), {}, [CARE, MEDICINES, ELDERLY, LIMIT]),
        (holder(70, late=True), {}, [CARE, MEDICINES, ELDERLY, LIMIT]),
        (holder(70), {}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (holder(certificate=True), {}, [CARE, MEDICINES, SPECIFIC, DISEASE, LIMIT]),
        (holder(certificate=True), {"specific_disease": False}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (holder(), {"care_and_medicines": False}, [SPECIFIC, LIMIT]),
        (holder(), {"health_checkup": False}, [CARE, MEDICINES, LIMIT]),
        (holder(80), {"health_checkup": False}, [CARE, MEDICINES, LIMIT]),
        (holder(), {"surgery": True}, [CARE, MEDICINES, SURGERY, SPECIFIC, LIMIT]),
        (holder(), {"limit": "by-law"}, [CARE, MEDICINES, SPECIFIC]),
        (holder(certificate=True), {"surgery": True}, [CARE, MEDICINES, SURGERY, SPECIFIC, DISEASE, LIMIT]),
        (holder(subsidies=True), {}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (holder(), {"subsidies": True}, [CARE, MEDICINES, SPECIFIC, LIMIT]),
        (
            holder(certificate=True, subsidies=True),
            {"subsidies": True},
            [CARE, MEDICINES, SPECIFIC, DISEASE, SUBSIDIES, LIMIT],
        ),
        (holder(subsidies=True, may_share=False), {"subsidies": True}, [SUBSIDIES, LIMIT]),
        (holder(may_share=False), {}, [LIMIT]),
        (holder(certificate=True, may_share=False), {"surgery": True}, [LIMIT]),
        (holder(certificate=True), {"sharing": False, "surgery": True}, [LIMIT]),
        (holder(certificate=True, may_share=False), {"limit": "by-law"}, []),
        (
            holder(certificate=True),
            {
                "care_and_medicines": False,
                "health_checkup": False,
                "specific_disease": False,
                "limit": "by-law",
            },
            [],
        ),
    ],
)
def test_questions_depend_on_holder_and_settings(
    facts: HolderFacts, settings: dict[str, object], expected: list[str]
) -> None:
    assert question_ids(facts, **settings) == expected


def test_question_items_and_kinds() -> None:
    selected = questions(holder(certificate=True, subsidies=True), ConsentSettings(surgery=True, subsidies=True))
    assert [(question.kind, question.items) for question in selected] == [
        (QuestionKind.SHARING, (Item.DIAGNOSIS,)),
        (QuestionKind.SHARING, (Item.MEDICINES,)),
        (QuestionKind.SHARING, (Item.SURGERY,)),
        (QuestionKind.SHARING, (Item.HEALTH_CHECKUP,)),
        (QuestionKind.SPECIFIC_DISEASE, (Item.SPECIFIC_DISEASE,)),
        (QuestionKind.SUBSIDIES, (Item.SUBSIDIES,)),
        (QuestionKind.LIMIT, (Item.HIGH_COST_LIMIT,)),
    ]


def test_past_care_and_medicines_share_topic() -> None:
    topics = [question.topic for question in questions(holder(), ConsentSettings())]
    assert topics == ["care-and-medicines", "care-and-medicines", SPECIFIC, LIMIT]


@pytest.mark.parametrize("facts", [holder(), holder(20), holder(may_share=False)])
def test_limit_by_law_applies_to_every_patient(facts: HolderFacts) -> None:
    assert items_by_law(facts, ConsentSettings(limit=LimitPolicy.BY_LAW)) == (Item.HIGH_COST_LIMIT,)
    assert items_by_law(facts, ConsentSettings(limit=LimitPolicy.ASK)) == ()


any_facts = st.builds(HolderFacts, st.integers(0, 120), *[st.booleans()] * 4)
any_settings = st.builds(
    ConsentSettings,
    care_and_medicines=st.booleans(),
    health_checkup=st.booleans(),
    surgery=st.booleans(),
    specific_disease=st.booleans(),
    subsidies=st.booleans(),
    limit=st.sampled_from(LimitPolicy),
)


@given(any_facts, any_settings)
def test_no_item_is_asked_twice_or_also_provided_by_law(facts: HolderFacts, settings: ConsentSettings) -> None:
    items = [item for question in questions(facts, settings) for item in question.items]
    items += items_by_law(facts, settings)
    assert len(items) == len(set(items))
    assert Item.HIGH_COST_LIMIT in items
    if not facts.may_share:
        assert set(items) <= {Item.SUBSIDIES, Item.HIGH_COST_LIMIT}
