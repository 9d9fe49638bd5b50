"""Which consents a valid holder is asked for. Decided here and nowhere else."""

from collections.abc import Iterator

from config.settings import ConsentSettings, LimitPolicy
from consent.items import HolderFacts, Item, Question, QuestionKind

HEALTH_CHECKUP_FROM = 40
ELDERLY_CHECKUP_FROM = 75
CARE_AND_MEDICINES = "care-and-medicines"
"""Past care and medicines are asked about one by one, and form one topic in the bundle."""


def questions(facts: HolderFacts, settings: ConsentSettings) -> tuple[Question, ...]:
    """Return the questions for this holder, in the order of the screens; an item is in at most one of them.

    Ages count by birthday (`HolderFacts.age`, on the day of the check), not by fiscal year.
    """
    asked: list[Question] = []
    if facts.may_share and settings.sharing:
        asked += _sharing(facts, settings)
        if settings.specific_disease and facts.has_specific_disease_certificate:
            asked.append(Question("specific-disease", QuestionKind.SPECIFIC_DISEASE, (Item.SPECIFIC_DISEASE,)))
    if settings.subsidies and facts.has_subsidies:
        asked.append(Question("subsidies", QuestionKind.SUBSIDIES, (Item.SUBSIDIES,)))
    if settings.limit is LimitPolicy.ASK:
        wording = "limit" if settings.limit_wording == "plain" else "limit-guides"
        asked.append(Question(wording, QuestionKind.LIMIT, (Item.HIGH_COST_LIMIT,)))
    return tuple(asked)


def by_law(facts: HolderFacts, settings: ConsentSettings) -> tuple[Item, ...]:
    """Return the items provided without asking because of the law. Never an `Answer`, never recorded as a consent.

    `facts` is not used today: the limit is provided for everybody, even if nothing else may be shared.
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
