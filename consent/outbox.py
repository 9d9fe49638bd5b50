"""Pending work in the ledger: interrupted checks to decide, submissions, deliveries and withdrawals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent.lifecycle import History
from consent.records import Decided, Opened, Record, SubmissionConfirmed, Withdrawn


class UnfinishedChecks(Protocol):
    """`Ledger`, which reads from memory, or `LedgerFile`, which reads from disk."""

    def unfinished(self) -> tuple[History, ...]: ...


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Decisions that the service has not confirmed, oldest first."""

    sendable: tuple[Record[Decided], ...]
    """Send these with the record's idempotency key, times, sequence and hash."""
    expired: tuple[Record[Decided], ...]
    """Decisions with expired consents."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Confirmed check without a result file."""

    decided: Record[Decided]
    confirmed: Record[SubmissionConfirmed]


def undecided(ledger: UnfinishedChecks) -> tuple[Record[Opened], ...]:
    """Return checks without a decision. After a restart, all their items are refused (`Cause.INTERRUPTED`)."""
    return tuple(
        history.opened for history in ledger.unfinished() if history.decided is None and not history.without_card
    )


def awaiting_confirmation(ledger: UnfinishedChecks) -> tuple[History, ...]:
    """Return decided checks that the service has not confirmed, oldest first. Submit `History.decision`."""
    return tuple(
        history
        for history in ledger.unfinished()
        if history.decided is not None and history.confirmed is None and not history.closed and not history.without_card
    )


def unconfirmed(ledger: UnfinishedChecks, now: datetime) -> Unconfirmed:
    """Return unconfirmed decisions as of `now` (timezone-aware). Consents can be sent until they expire."""
    decisions = [history.decision for history in awaiting_confirmation(ledger)]
    return Unconfirmed(
        sendable=tuple(record for record in decisions if now < record.event.sendable_until),
        expired=tuple(record for record in decisions if now >= record.event.sendable_until),
    )


def undelivered(ledger: UnfinishedChecks) -> tuple[Undelivered, ...]:
    return tuple(
        Undelivered(history.decision, history.confirmed)
        for history in ledger.unfinished()
        if history.decided is not None and history.confirmed is not None and not history.closed
    )


def unfinished_without_card(ledger: UnfinishedChecks) -> tuple[History, ...]:
    """Return checks without a card and without a completed handover, oldest first. They are not queried again."""
    return tuple(history for history in ledger.unfinished() if history.without_card and not history.closed)


@dataclass(frozen=True, slots=True)
class UnsettledWithdrawal:
    """Withdrawal that the service has not confirmed."""

    withdrawn: Record[Withdrawn]
    """Send this with the record's time and items."""
    expired: bool
    """Whether the consent has expired, which makes the withdrawal unnecessary."""


def unsettled_withdrawals(ledger: UnfinishedChecks, now: datetime) -> tuple[UnsettledWithdrawal, ...]:
    """Return unsettled withdrawals, oldest check first. `now` must be timezone-aware."""
    return tuple(
        UnsettledWithdrawal(record, expired=now >= history.decision.event.sendable_until)
        for history in ledger.unfinished()
        if history.decided is not None
        for record in history.unsettled
    )
