"""Tests for checks without a card, which are opened and decided in one step and never submitted."""

import pytest

from consent.lifecycle import LifeCycleError
from consent.outbox import awaiting_confirmation, undecided, undelivered, unfinished_without_card
from consent.records import WITHOUT_CARD, HandingOver
from tests.consent.conftest import Counter


def test_check_without_card_is_handed_over_without_submission(counter: Counter) -> None:
    ledger = counter.ledger
    ledger.opened(counter.opening().model_copy(update={"way": WITHOUT_CARD, "questions": ()}))
    assert undecided(ledger) == (), "a restart must not decide it as refused"
    decided = ledger.decided(counter.decision())
    assert awaiting_confirmation(ledger) == undelivered(ledger) == ()
    with pytest.raises(LifeCycleError, match="no submission"):
        ledger.confirmed(counter.receipt(decided))
    with pytest.raises(LifeCycleError, match="no submission"):
        ledger.expired("c1")
    assert [history.check_id for history in unfinished_without_card(ledger)] == ["c1"]
    ledger.handing_over(HandingOver(check_id="c1", file_name="a.xml", sha256="0" * 64))
    ledger.delivered("c1", "a.xml")
    assert unfinished_without_card(counter.reopen()) == ()
