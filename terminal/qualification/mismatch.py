"""Check that a result matches the ledger. A result with a mismatch is not handed over. No I/O."""

from datetime import datetime
from enum import StrEnum

from consent.items import Item
from consent.lifecycle import History
from consent.records import CONSENT_VALIDITY, Decided
from terminal.qualification.contract import ConsentOutcome, QualificationResult, SubsidyStatus


class Mismatch(StrEnum):
    """Difference between a result and the ledger. The value is recorded in the ledger."""

    OTHER_CHECK = "other-check"
    OTHER_INSTITUTION = "other-institution"
    OLDER_ANSWER = "older-answer"
    """The result is not for the accepted decision."""
    NOT_BY_CARD = "not-by-card"
    ITEM_TWICE = "item-twice"
    NOT_ASKED = "not-asked"
    """The result contains an item that the patient was not asked about."""
    ANSWER_MISSING = "answer-missing"
    NOT_GIVEN = "consent-not-given"
    WITHDRAWN = "consent-withdrawn"
    CONSENT_MISSING = "consent-taken-away"
    """A consent granted in this reception and not withdrawn is missing."""
    OTHER_TIME = "other-time"
    LASTS_LONGER = "lasts-longer"
    NOT_BY_LAW = "not-by-law"
    DATA_WITHOUT_CONSENT = "data-without-consent"
    OTHER_PRESCRIPTION = "other-prescription"


def find_mismatch(result: QualificationResult, history: History, institution_code: str) -> Mismatch | None:
    """Return the first mismatch, or None if the result can be handed over. `history` must be confirmed."""
    assert history.confirmed is not None
    decided = history.decision.event
    if result.check_id != history.check_id:
        return Mismatch.OTHER_CHECK
    if result.institution_code != institution_code:
        return Mismatch.OTHER_INSTITUTION
    if result.processed_at != history.confirmed.event.accepted_at:
        return Mismatch.OLDER_ANSWER
    if result.reference_classification != "1" or result.search is not None:
        return Mismatch.NOT_BY_CARD
    return _consents(result, history, decided) or _by_law(result, decided) or _data(result, history, decided)


def _consents(result: QualificationResult, history: History, decided: Decided) -> Mismatch | None:
    answered = {answer.item: answer for answer in decided.answers}
    items = [outcome.item for outcome in result.consents]
    if len(items) != len(set(items)):
        return Mismatch.ITEM_TWICE
    if not set(items) <= set(answered):
        return Mismatch.NOT_ASKED
    for outcome in result.consents:
        answer = answered[outcome.item]
        granted_at = answer.answered_at if answer.granted else None
        mismatch = _consent(outcome, granted_at, outcome.item in history.withdrawn, outcome.item in result.withdrawn)
        if mismatch is not None:
            return mismatch
    # error results contain no consents
    return Mismatch.ANSWER_MISSING if set(items) != set(answered) and result.segment == "1" else None


def _consent(
    outcome: ConsentOutcome, granted_at: datetime | None, withdrawn: bool, withdrawn_in_result: bool
) -> Mismatch | None:
    if outcome.flag == 0:
        return Mismatch.CONSENT_MISSING if granted_at is not None and not (withdrawn or withdrawn_in_result) else None
    if granted_at is None:
        return Mismatch.NOT_GIVEN
    if withdrawn:
        return Mismatch.WITHDRAWN
    if outcome.consent_time != granted_at:
        return Mismatch.OTHER_TIME
    valid_until = outcome.available_time
    return Mismatch.LASTS_LONGER if valid_until is not None and valid_until > granted_at + CONSENT_VALIDITY else None


def _by_law(result: QualificationResult, decided: Decided) -> Mismatch | None:
    answered = {outcome.item for outcome in result.consents}
    if not set(result.by_law) <= set(decided.by_law) or answered & set(result.by_law):
        return Mismatch.NOT_BY_LAW
    return None


def _data(result: QualificationResult, history: History, decided: Decided) -> Mismatch | None:
    granted = decided.granted - history.withdrawn
    provided = granted | set(decided.by_law)
    if result.limit is not None and Item.HIGH_COST_LIMIT not in provided:
        return Mismatch.DATA_WITHOUT_CONSENT
    if result.specific_diseases and Item.SPECIFIC_DISEASE not in granted:
        return Mismatch.DATA_WITHOUT_CONSENT
    usable = result.subsidies is not None and result.subsidies.standing is SubsidyStatus.USABLE
    if usable and Item.SUBSIDIES not in granted:
        return Mismatch.DATA_WITHOUT_CONSENT
    form = None if result.prescription_form is None else result.prescription_form.value
    differs = form != decided.prescription_form or result.dispense != decided.dispense
    return Mismatch.OTHER_PRESCRIPTION if differs else None
