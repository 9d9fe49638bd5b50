"""Who is asked what: the table, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import ConsentSettings, LimitPolicy
from consent.items import HolderFacts, Item, QuestionKind
from consent.questions import by_law, questions

CARE, SURGERY, SPECIFIC, ELDERLY = "care-and-medicines", "surgery", "health-checkup-specific", "health-checkup-elderly"
DISEASE, LIMIT = "specific-disease", "limit"


def holder(age: int = 50, *, late: bool = False, certificate: bool = False, may_share: bool = True) -> HolderFacts:
    return HolderFacts(age, late, certificate, may_share)


def asked(facts: HolderFacts, **settings: object) -> list[str]:
    return [question.id for question in questions(facts, ConsentSettings.model_validate(settings))]


@pytest.mark.parametrize(
    ("facts", "settings", "expected"),
    [
        (holder(0), {}, [CARE, LIMIT]),
        (holder(39), {}, [CARE, LIMIT]),
        (holder(40), {}, [CARE, SPECIFIC, LIMIT]),
        (holder(74), {}, [CARE, SPECIFIC, LIMIT]),
        (holder(75), {}, [CARE, ELDERLY, LIMIT]),
        (holder(70, late=True), {}, [CARE, ELDERLY, LIMIT]),
        (holder(70), {}, [CARE, SPECIFIC, LIMIT]),
        (holder(certificate=True), {}, [CARE, SPECIFIC, DISEASE, LIMIT]),
        (holder(certificate=True), {"specific_disease": False}, [CARE, SPECIFIC, LIMIT]),
        (holder(), {"care_and_medicines": False}, [SPECIFIC, LIMIT]),
        (holder(), {"health_checkup": False}, [CARE, LIMIT]),
        (holder(80), {"health_checkup": False}, [CARE, LIMIT]),
        (holder(), {"surgery": True}, [CARE, SURGERY, SPECIFIC, LIMIT]),
        (holder(), {"limit": "by-law"}, [CARE, SPECIFIC]),
        (holder(certificate=True), {"surgery": True}, [CARE, SURGERY, SPECIFIC, DISEASE, LIMIT]),
        (holder(may_share=False), {}, [LIMIT]),
        (holder(certificate=True, may_share=False), {"surgery": True}, [LIMIT]),
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
def test_who_is_asked_what(facts: HolderFacts, settings: dict[str, object], expected: list[str]) -> None:
    assert asked(facts, **settings) == expected


def test_items_and_kinds_of_the_questions() -> None:
    every = questions(holder(certificate=True), ConsentSettings(surgery=True))
    assert [(question.kind, question.items) for question in every] == [
        (QuestionKind.SHARING, (Item.DIAGNOSIS, Item.MEDICINES)),
        (QuestionKind.SHARING, (Item.SURGERY,)),
        (QuestionKind.SHARING, (Item.HEALTH_CHECKUP,)),
        (QuestionKind.SPECIFIC_DISEASE, (Item.SPECIFIC_DISEASE,)),
        (QuestionKind.LIMIT, (Item.HIGH_COST_LIMIT,)),
    ]


@pytest.mark.parametrize("facts", [holder(), holder(20), holder(may_share=False)])
def test_limit_by_law_for_everybody_or_nobody(facts: HolderFacts) -> None:
    assert by_law(facts, ConsentSettings(limit=LimitPolicy.BY_LAW)) == (Item.HIGH_COST_LIMIT,)
    assert by_law(facts, ConsentSettings(limit=LimitPolicy.ASK)) == ()


any_facts = st.builds(HolderFacts, st.integers(0, 120), st.booleans(), st.booleans(), st.booleans())
any_settings = st.builds(
    ConsentSettings,
    care_and_medicines=st.booleans(),
    health_checkup=st.booleans(),
    surgery=st.booleans(),
    specific_disease=st.booleans(),
    limit=st.sampled_from(LimitPolicy),
)


@given(any_facts, any_settings)
def test_no_item_is_asked_twice_nor_asked_and_given_by_law(facts: HolderFacts, settings: ConsentSettings) -> None:
    items = [item for question in questions(facts, settings) for item in question.items]
    items += by_law(facts, settings)
    assert len(items) == len(set(items))
    assert Item.HIGH_COST_LIMIT in items
    if not facts.may_share:
        assert items == [Item.HIGH_COST_LIMIT]
