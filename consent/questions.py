"""Select the consent questions for a holder with a valid qualification."""

from collections.abc import Iterator

from config.settings import ConsentSettings, LimitPolicy
from consent.items import HolderFacts, Item, Question, QuestionKind

HEALTH_CHECKUP_FROM = 40
ELDERLY_CHECKUP_FROM = 75
CARE_AND_MEDICINES = "care-and-medicines"
"""Topic that covers past care and medicines if all questions are asked together."""


def questions(facts: HolderFacts, settings: ConsentSettings) -> tuple[Question, ...]:
    """Return the questions for this holder in screen order. Each item is in at most one question.

    Age limits refer to the age on the day of the check (`HolderFacts.age`), not to the fiscal year.
    """
    result: list[Question] = []
    if facts.may_share and settings.sharing:
        result += _sharing(facts, settings)
        if settings.specific_disease and facts.has_specific_disease_certificate:
            result.append(Question("specific-disease", QuestionKind.SPECIFIC_DISEASE, (Item.SPECIFIC_DISEASE,)))
    if settings.subsidies and facts.has_subsidies:
        result.append(Question("subsidies", QuestionKind.SUBSIDIES, (Item.SUBSIDIES,)))
    if settings.limit is LimitPolicy.ASK:
        wording = "limit" if settings.limit_wording == "plain" else "limit-guides"
        result.append(Question(wording, QuestionKind.LIMIT, (Item.HIGH_COST_LIMIT,)))
    return tuple(result)


def items_by_law(facts: HolderFacts, settings: ConsentSettings) -> tuple[Item, ...]:
    """Return the items provided by law without asking. They are recorded separately from consents.

    `facts` is unused: the limit is provided for every holder, including those whose other data is never shared.
    """
    return (Item.HIGH_COST_LIMIT,) if settings.limit is LimitPolicy.BY_LAW else ()


def _sharing(facts: HolderFacts, settings: ConsentSettings) -> Iterator[Question]:
    if settings.care_and_medicines:
        yield Question("care", QuestionKind.SHARING, (Item.DIAGNOSIS,), bundled_as=CARE_AND_MEDICINES)
        yield Question("medicines", QuestionKind.SHARING, (Item.MEDICINES,), bundled_as=CARE_AND_MEDICINES)
    if settings.surgery:
        yield Question("surgery", QuestionKind.SHARING, (Item.SURGERY,))
    if settings.health_checkup and (facts.late_elderly or facts.age >= HEALTH_CHECKUP_FROM):
        elderly = facts.late_elderly or facts.age >= ELDERLY_CHECKUP_FROM
        wording = "health-checkup-elderly" if elderly else "health-checkup-specific"
        yield Question(wording, QuestionKind.SHARING, (Item.HEALTH_CHECKUP,))
