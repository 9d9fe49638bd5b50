"""Check that a result matches the ledger; one that does not is never handed over. Pure functions."""

from datetime import datetime
from enum import StrEnum

from consent.items import Item
from consent.lifecycle import History
from consent.records import CONSENT_LASTS, Decided
from terminal.qualification.contract import ConsentOutcome, QualificationResult, SubsidyStanding


class Differs(StrEnum):
    """How a result differs from the ledger, as a code recorded in the ledger."""

    OTHER_CHECK = "other-check"
    OTHER_INSTITUTION = "other-institution"
    OLDER_ANSWER = "older-answer"
    """Not the answer to the accepted decision."""
    NOT_BY_CARD = "not-by-card"
    ITEM_TWICE = "item-twice"
    NOT_ASKED = "not-asked"
    """Has an item that was not asked in this reception."""
    ANSWER_MISSING = "answer-missing"
    NOT_GIVEN = "consent-not-given"
    WITHDRAWN = "consent-withdrawn"
    TAKEN_AWAY = "consent-taken-away"
    """A consent given in this reception and not withdrawn is missing."""
    OTHER_TIME = "other-time"
    LASTS_LONGER = "lasts-longer"
    NOT_BY_LAW = "not-by-law"
    DATA_WITHOUT_CONSENT = "data-without-consent"
    OTHER_PRESCRIPTION = "other-prescription"


def differs(result: QualificationResult, history: History, institution_code: str) -> Differs | None:
    """Return how the result differs, or None if it may be handed over. `history` is confirmed, with corrected times."""
    assert history.confirmed is not None
    decided = history.decision.event
    if result.check_id != history.check_id:
        return Differs.OTHER_CHECK
    if result.institution_code != institution_code:
        return Differs.OTHER_INSTITUTION
    if result.processed_at != history.confirmed.event.accepted_at:
        return Differs.OLDER_ANSWER
    if result.reference_classification != "1" or result.search is not None:
        return Differs.NOT_BY_CARD
    return _consents(result, history, decided) or _by_law(result, decided) or _rest(result, history, decided)


def _consents(result: QualificationResult, history: History, decided: Decided) -> Differs | None:
    answered = {answer.item: answer for answer in decided.answers}
    items = [outcome.item for outcome in result.consents]
    if len(items) != len(set(items)):
        return Differs.ITEM_TWICE
    if not set(items) <= set(answered):
        return Differs.NOT_ASKED
    for outcome in result.consents:
        answer = answered[outcome.item]
        moment = answer.answered_at if answer.granted else None
        found = _consent(outcome, moment, outcome.item in history.withdrawn, outcome.item in result.withdrawn)
        if found is not None:
            return found
    # a result with an error has no consents
    return Differs.ANSWER_MISSING if set(items) != set(answered) and result.segment == "1" else None


def _consent(
    outcome: ConsentOutcome, given_at: datetime | None, withdrawn: bool, withdrawn_in_result: bool
) -> Differs | None:
    if outcome.flag == 0:
        return Differs.TAKEN_AWAY if given_at is not None and not (withdrawn or withdrawn_in_result) else None
    if given_at is None:
        return Differs.NOT_GIVEN
    if withdrawn:
        return Differs.WITHDRAWN
    if outcome.consent_time != given_at:
        return Differs.OTHER_TIME
    ends = outcome.available_time
    return Differs.LASTS_LONGER if ends is not None and ends > given_at + CONSENT_LASTS else None


def _by_law(result: QualificationResult, decided: Decided) -> Differs | None:
    asked = {outcome.item for outcome in result.consents}
    if not set(result.by_law) <= set(decided.by_law) or asked & set(result.by_law):
        return Differs.NOT_BY_LAW
    return None


def _rest(result: QualificationResult, history: History, decided: Decided) -> Differs | None:
    given = decided.granted - history.withdrawn
    provided = given | set(decided.by_law)
    if result.limit is not None and Item.HIGH_COST_LIMIT not in provided:
        return Differs.DATA_WITHOUT_CONSENT
    if result.specific_diseases and Item.SPECIFIC_DISEASE not in given:
        return Differs.DATA_WITHOUT_CONSENT
    usable = result.subsidies is not None and result.subsidies.standing is SubsidyStanding.USABLE
    if usable and Item.SUBSIDIES not in given:
        return Differs.DATA_WITHOUT_CONSENT
    form = None if result.prescription_form is None else result.prescription_form.value
    other = form != decided.prescription_form or result.dispense != decided.dispense
    return Differs.OTHER_PRESCRIPTION if other else None
