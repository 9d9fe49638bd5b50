"""Pending work, read from the ledger: interrupted checks to decide, submissions, deliveries and withdrawals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent.lifecycle import History
from consent.records import Decided, Opened, Record, SubmissionConfirmed, Withdrawn


class Unended(Protocol):
    """`Ledger` (from memory) or `LedgerFile` (from disk)."""

    def unended(self) -> tuple[History, ...]: ...


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Decisions that the service has not confirmed, oldest first."""

    sendable: tuple[Record[Decided], ...]
    """To be sent with the record's idempotency key, times, sequence and hash."""
    expired: tuple[Record[Decided], ...]
    """Decisions whose consents have expired."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Confirmed check whose result file has not been written."""

    decided: Record[Decided]
    confirmed: Record[SubmissionConfirmed]


def undecided(ledger: Unended) -> tuple[Record[Opened], ...]:
    """Return checks opened without a decision. After a restart, they are decided with 0 only (`Cause.INTERRUPTED`)."""
    return tuple(history.opened for history in ledger.unended() if history.decided is None and not history.without_card)


def waiting(ledger: Unended) -> tuple[History, ...]:
    """Return checks decided but not confirmed by the service, oldest first. Send `History.decision`."""
    return tuple(
        history
        for history in ledger.unended()
        if history.decided is not None and history.confirmed is None and not history.closed and not history.without_card
    )


def unconfirmed(ledger: Unended, now: datetime) -> Unconfirmed:
    """Return unconfirmed decisions as of `now` (timezone-aware). A consent can be sent until it expires."""
    found = [history.decision for history in waiting(ledger)]
    return Unconfirmed(
        sendable=tuple(record for record in found if now < record.event.sendable_until),
        expired=tuple(record for record in found if now >= record.event.sendable_until),
    )


def undelivered(ledger: Unended) -> tuple[Undelivered, ...]:
    return tuple(
        Undelivered(history.decision, history.confirmed)
        for history in ledger.unended()
        if history.decided is not None and history.confirmed is not None and not history.closed
    )


def unfinished_without_card(ledger: Unended) -> tuple[History, ...]:
    """Return checks without a card whose answer was not handed over, oldest first. They are not queried again."""
    return tuple(history for history in ledger.unended() if history.without_card and not history.closed)


@dataclass(frozen=True, slots=True)
class UnsettledWithdrawal:
    """Withdrawal that the service may not know about yet."""

    withdrawn: Record[Withdrawn]
    """To be sent with the record's time and items."""
    expired: bool
    """Whether the consent has expired, so that there is nothing left to withdraw."""


def unsettled_withdrawals(ledger: Unended, now: datetime) -> tuple[UnsettledWithdrawal, ...]:
    """Return unsettled withdrawals, oldest check first. `now` must be timezone-aware."""
    return tuple(
        UnsettledWithdrawal(record, expired=now >= history.decision.event.sendable_until)
        for history in ledger.unended()
        if history.decided is not None
        for record in history.unsettled
    )
