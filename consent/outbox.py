"""What remains to be done, read from the ledger: decide what was interrupted, send again, deliver, withdraw."""

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
    """Decided, and the service has not confirmed it. Oldest first."""

    sendable: tuple[Record[Decided], ...]
    """Send with the record's own key, moments, sequence and hash."""
    over: tuple[Record[Decided], ...]
    """Their consents have ended by the time given."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Confirmed, and its result file is not written."""

    decided: Record[Decided]
    confirmed: Record[SubmissionConfirmed]


def undecided(ledger: Unended) -> tuple[Record[Opened], ...]:
    """Opened without a decision. After a restart each is decided 0 throughout (`Cause.INTERRUPTED`) and sent."""
    return tuple(history.opened for history in ledger.unended() if history.decided is None and not history.without_card)


def waiting(ledger: Unended) -> tuple[History, ...]:
    """Decided, and the service has not confirmed it; oldest first. Send `History.decision`."""
    return tuple(
        history
        for history in ledger.unended()
        if history.decided is not None and history.confirmed is None and not history.closed and not history.without_card
    )


def unconfirmed(ledger: Unended, now: datetime) -> Unconfirmed:
    """`now` has a time zone. A consent may be sent until the last moment before it ends."""
    found = [history.decision for history in waiting(ledger)]
    return Unconfirmed(
        sendable=tuple(record for record in found if now < record.event.sendable_until),
        over=tuple(record for record in found if now >= record.event.sendable_until),
    )


def undelivered(ledger: Unended) -> tuple[Undelivered, ...]:
    return tuple(
        Undelivered(history.decision, history.confirmed)
        for history in ledger.unended()
        if history.decided is not None and history.confirmed is not None and not history.closed
    )


def broken_off(ledger: Unended) -> tuple[History, ...]:
    """Checks without a card whose answer was not handed over; oldest first. The service is not asked again."""
    return tuple(history for history in ledger.unended() if history.without_card and not history.closed)


@dataclass(frozen=True, slots=True)
class Untold:
    """Withdrawn, and the service may not know about it."""

    withdrawn: Record[Withdrawn]
    """Send with the record's own moment and items."""
    over: bool
    """The consent has expired: nothing is left to withdraw."""


def untold(ledger: Unended, now: datetime) -> tuple[Untold, ...]:
    """Oldest check first. `now` has a time zone."""
    return tuple(
        Untold(record, over=now >= history.decision.event.sendable_until)
        for history in ledger.unended()
        if history.decided is not None
        for record in history.unsettled
    )
