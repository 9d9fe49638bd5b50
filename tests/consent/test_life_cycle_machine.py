"""Compare the ledger with a small model over random calls, restarts and waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from consent.items import Item
from consent.ledger import LedgerFile
from consent.lifecycle import LifeCycleError
from consent.outbox import unconfirmed, undecided, undelivered, unsettled_withdrawals
from consent.records import LedgerHead, SubmissionConfirmed, WithdrawalSettled
from consent.store import LedgerInUse
from consent.verification import LedgerIntact

if TYPE_CHECKING:
    from tests.consent.conftest import Counter

CHECKS = st.sampled_from(["c1", "c2", "c3"])
NEXT = {
    "opened": {"": "opened"},
    "decided": {"opened": "decided"},
    "confirmed": {"decided": "confirmed"},
    "expired": {"decided": "expired"},
    "delivered": {"confirmed": "delivered"},
    "closed": {"confirmed": "closed"},
    "again": {},
    "discarded": {"opened": "discarded", "decided": "discarded", "confirmed": "discarded"},
    "withdrawn": {"confirmed": "confirmed", "delivered": "delivered", "closed": "closed"},
    "settled": {"confirmed": "confirmed", "delivered": "delivered", "closed": "closed", "discarded": "discarded"},
}


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self, new_counter: Callable[[], Counter]) -> None:
        super().__init__()
        self.counter = new_counter()
        self.stage: dict[str, str] = {}
        self.granted: dict[str, bool] = {}
        self.withdrawn: set[str] = set()
        self.settled: set[str] = set()
        self.decided: dict[str, tuple[int, str, datetime]] = {}
        self.count = 0

    def teardown(self) -> None:
        assert self.counter.ledger.verify() == LedgerIntact("terminal-1", self.counter.ledger.head())
        self.counter.ledger.close()

    def attempt(self, check: str, kind: str, call: Callable[[], object], *, allowed: bool = True) -> bool:
        """Make the call and assert that it succeeds if and only if the model allows it."""
        stage = self.stage.get(check, "")
        permitted = allowed and stage in NEXT[kind]
        try:
            call()
        except LifeCycleError:
            assert not permitted, f"{kind} after {stage or 'nothing'} was refused"
            return False
        assert permitted, f"{kind} after {stage or 'nothing'} was accepted"
        self.stage[check] = NEXT[kind][stage]
        self.count += 1
        return True

    @rule(check=CHECKS)
    def open(self, check: str) -> None:
        self.attempt(check, "opened", lambda: self.counter.ledger.opened(self.counter.opening(check)))

    @rule(check=CHECKS, granted=st.booleans(), same_card=st.sampled_from([True, True, True, False]))
    def decide(self, check: str, granted: bool, same_card: bool) -> None:
        other = {} if same_card else {"card": "d" * 64}
        decision = self.counter.decision(check, granted=granted, **other)
        if self.attempt(check, "decided", lambda: self.counter.ledger.decided(decision), allowed=same_card):
            head = self.counter.ledger.head()
            self.decided[check] = (head.count, head.hash, self.counter.clock())
            self.granted[check] = granted

    @rule(check=CHECKS, valid=st.sampled_from([True, True, True, False]))
    def confirm(self, check: str, valid: bool) -> None:
        count, digest, _ = self.decided.get(check, (1, "0" * 64, None))
        receipt = SubmissionConfirmed(
            check_id=check,
            accepted_at=self.counter.clock(),
            ledger_count=count,
            ledger_hash=digest if valid else "f" * 64,
            signature="c2ln",
        )
        self.attempt(check, "confirmed", lambda: self.counter.ledger.confirmed(receipt), allowed=valid)

    @rule(check=CHECKS)
    def deliver(self, check: str) -> None:
        self.attempt(check, "delivered", lambda: self.counter.ledger.delivered(check, "f.xml"))

    @rule(check=CHECKS)
    def expire(self, check: str) -> None:
        self.attempt(check, "expired", lambda: self.counter.ledger.expired(check))

    @rule(check=CHECKS)
    def discard(self, check: str) -> None:
        self.attempt(check, "discarded", lambda: self.counter.ledger.discarded(check, "by-staff"))

    @rule(check=CHECKS, decision=st.sampled_from(["closed", "again"]))
    def decide_hand_over(self, check: str, decision: str) -> None:
        """`again` is always refused, because this test starts no hand-over."""
        again = decision == "again"
        self.attempt(check, decision, lambda: self.counter.ledger.hand_over_decided(check, again=again))

    @rule(check=CHECKS)
    def withdraw(self, check: str) -> None:
        allowed = self.granted.get(check, False) and check not in self.withdrawn
        if self.attempt(
            check, "withdrawn", lambda: self.counter.ledger.withdrawn(check, [Item.MEDICINES]), allowed=allowed
        ):
            self.withdrawn.add(check)

    @rule(check=CHECKS)
    def settle(self, check: str) -> None:
        event = WithdrawalSettled(check_id=check, items=(Item.MEDICINES,))
        allowed = check in self.withdrawn - self.settled
        if self.attempt(check, "settled", lambda: self.counter.ledger.withdrawal_settled(event), allowed=allowed):
            self.settled.add(check)

    @rule()
    def restart(self) -> None:
        self.counter.reopen()

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.counter.clock.advance(hours=hours)

    @rule()
    def open_second_writer(self) -> None:
        with pytest.raises(LedgerInUse):
            self.counter._open()

    @invariant()
    def only_accepted_events_were_written(self) -> None:
        assert self.counter.ledger.head().count == self.count

    @invariant()
    def the_outbox_matches_the_model(self) -> None:
        now, stages = self.counter.clock(), self.stage.items()
        late = {check for check, (_, _, at) in self.decided.items() if now >= at + timedelta(hours=24)}
        for ledger in (self.counter.ledger, LedgerFile(self.counter.ledger.path)):
            pending = unconfirmed(ledger, now)
            assert {r.event.check_id for r in undecided(ledger)} == {c for c, s in stages if s == "opened"}
            assert {u.decided.event.check_id for u in undelivered(ledger)} == {c for c, s in stages if s == "confirmed"}
            decided = {c for c, s in stages if s == "decided"}
            assert {r.event.check_id for r in pending.sendable} == decided - late
            assert {r.event.check_id for r in pending.expired} == decided & late
            unsettled = {withdrawal.withdrawn.event.check_id for withdrawal in unsettled_withdrawals(ledger, now)}
            assert unsettled == self.withdrawn - self.settled

    @invariant()
    def earlier_heads_still_verify(self) -> None:
        heads = [LedgerHead(count, digest) for count, digest, _ in self.decided.values()]
        assert isinstance(LedgerFile(self.counter.ledger.path).verify(receipts=heads), LedgerIntact)


assert settings.default is not None
EXAMPLES = settings.default.max_examples


def test_ledger_matches_model(new_counter: Callable[[], Counter]) -> None:
    run_state_machine_as_test(
        lambda: LedgerMachine(new_counter),  # type: ignore[arg-type]
        settings=settings(
            max_examples=EXAMPLES * 2 // 5,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
