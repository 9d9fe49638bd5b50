"""Permitted order of records in the life of one check. Pure.

opened -> decided -> confirmed -> handing-over -> delivered
                  -> expired
a check without a card: opened -> decided -> handing-over -> delivered
time-corrected after decided; handing-over, not-ours and hand-over-decided after confirmed, each as often as needed;
hand-over-decided ends the check, or cancels the last handing-over; discarded after opened, decided or confirmed;
withdrawn after confirmed, also when delivered, and then settled; lost, after a backup was restored, in place of what
followed opened or decided - or of everything
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never, cast

from consent.items import Item
from consent.records import (
    WITHOUT_CARD,
    Decided,
    Delivered,
    Discarded,
    Event,
    Expired,
    HandingOver,
    HandOverDecided,
    Lost,
    NotOurs,
    Opened,
    Record,
    RecordedAnswer,
    Restored,
    SubmissionConfirmed,
    TimeCorrected,
    WithdrawalSettled,
    Withdrawn,
)


class LifeCycleError(Exception):
    """A record may not follow those already in the ledger. Nothing was written."""


@dataclass(frozen=True, slots=True)
class History:
    """All records of one check."""

    opened: Record[Opened]
    decided: Record[Decided] | None = None
    corrected: Record[TimeCorrected] | None = None
    """The last correction of the decision's moments."""
    confirmed: Record[SubmissionConfirmed] | None = None
    handing_over: Record[HandingOver] | None = None
    """The last attempt at a hand-over; None again once staff want another one."""
    not_ours: tuple[Record[NotOurs], ...] = ()
    delivered: Record[Delivered] | None = None
    given_up: Record[HandOverDecided] | None = None
    """Staff closed it without a hand-over."""
    expired: Record[Expired] | None = None
    discarded: Record[Discarded] | None = None
    lost: Record[Lost] | None = None
    """The service has a decision for it that this ledger has lost."""
    withdrawals: tuple[Record[Withdrawn], ...] = ()
    settled: frozenset[Item] = frozenset()
    """Items withdrawn of which the service no longer needs to be notified."""

    @property
    def check_id(self) -> str:
        return self.opened.event.check_id

    @property
    def without_card(self) -> bool:
        """Whether it is based on a printed 資格確認書; such a check has no submission."""
        return self.opened.event.way == WITHOUT_CARD

    @property
    def closed(self) -> bool:
        """Whether it will be neither submitted nor delivered from here on."""
        return (self.delivered or self.given_up or self.expired or self.discarded or self.lost) is not None

    @property
    def ended(self) -> bool:
        """Whether nothing remains to be done for this check."""
        return self.closed and not self.unsettled

    @property
    def withdrawn(self) -> frozenset[Item]:
        return frozenset(item for record in self.withdrawals for item in record.event.items)

    @property
    def unsettled(self) -> tuple[Record[Withdrawn], ...]:
        """Withdrawals that the service may not know about."""
        return tuple(record for record in self.withdrawals if not self.settled.issuperset(record.event.items))

    @property
    def decision(self) -> Record[Decided]:
        """The decision as submitted: with corrected times, and the sequence and hash that the service is told.

        Raises LookupError if there is none yet.
        """
        if self.decided is None:
            raise LookupError(f"check {self.check_id} is not decided")
        return self.decided if self.corrected is None else _with_times(self.decided, self.corrected)

    @property
    def stage(self) -> str:
        """The latest stage reached, as the kind of its record."""
        ends = (self.lost, self.discarded, self.expired, self.given_up, self.delivered)
        for record in (*ends, self.confirmed, self.decided):
            if record is not None:
                return record.event.kind
        return "opened"


def refusal(history: History | None, event: Event) -> str | None:
    """Return why `event` may not follow `history`, or None if it may."""
    if isinstance(event, Opened | Restored):
        return None if history is None else "it is opened already"
    if history is None:
        return None if isinstance(event, Lost) else "it was never opened"
    match event:
        case Decided():
            return _refused_decision(history, event)
        case TimeCorrected():
            return _refused_correction(history, event)
        case SubmissionConfirmed() | Expired() if history.without_card:
            return "it has no submission: it is a check without a card"
        case SubmissionConfirmed():
            if history.decided is None:
                return "it is not decided"
            if event.ledger_count < history.decision.sequence:
                return "the receipt is for a state of the ledger before the decision"
            return None if history.stage == "decided" else f"it is {history.stage} already"
        case Expired():
            return None if history.stage == "decided" else f"it is {history.stage}, not waiting for the service"
        case HandingOver() | NotOurs() | Delivered():
            ready = "decided" if history.without_card else "confirmed"
            return None if history.stage == ready else f"it is {history.stage}, not waiting for delivery"
        case HandOverDecided(decision=decision):
            if history.stage != "confirmed":
                return f"it is {history.stage}, not waiting for delivery"
            if decision == "again" and history.handing_over is None:
                return "its hand-over has not begun and will start without this"
            return None
        case Discarded():
            return f"it is {history.stage} already" if history.closed else None
        case Lost():
            return f"it is {history.stage} already" if history.closed or history.confirmed is not None else None
        case Withdrawn():
            return _refused_withdrawal(history, event)
        case WithdrawalSettled():
            missing = set(event.items) - (history.withdrawn - history.settled)
            return f"{', '.join(sorted(missing))} is not withdrawn, or settled already" if missing else None
        case _:
            assert_never(event)


def has_history(history: History | None, event: Event) -> bool:
    """Return False for records of a restored backup that belong to no check known here."""
    return not isinstance(event, Restored) and not (isinstance(event, Lost) and history is None)


def advanced(history: History | None, record: Record[Event]) -> History:
    """Return `history` with one more record. Call `refusal` and `has_history` before."""
    event = record.event
    if isinstance(event, Opened):
        return History(cast(Record[Opened], record))
    if history is None:
        raise LifeCycleError(f"check {event.check_id} was never opened")
    if isinstance(event, Withdrawn):
        return replace(history, withdrawals=(*history.withdrawals, cast(Record[Withdrawn], record)))
    if isinstance(event, WithdrawalSettled):
        return replace(history, settled=history.settled | set(event.items))
    if isinstance(event, HandOverDecided):
        if event.decision == "again":
            return replace(history, handing_over=None)
        return replace(history, given_up=cast(Record[HandOverDecided], record))
    if isinstance(event, NotOurs):
        return replace(history, not_ours=(*history.not_ours, cast(Record[NotOurs], record)))
    following: dict[str, Any] = {_FIELD.get(event.kind, event.kind): record}
    return replace(history, **following)


_FIELD = {"time-corrected": "corrected", "handing-over": "handing_over"}


def histories(records: Iterable[Record[Event]]) -> dict[str, History]:
    """Return histories by check id, in order of opening. Raises LifeCycleError if a check was never opened."""
    result: dict[str, History] = {}
    for record in records:
        check_id = record.event.check_id
        if has_history(result.get(check_id), record.event):
            result[check_id] = advanced(result.get(check_id), record)
    return result


def _refused_decision(history: History, event: Decided) -> str | None:
    if history.stage != "opened":
        return f"it is {history.stage} already"
    opened = history.opened.event
    for name in ("reception_id", "card", "profile"):
        if getattr(event, name) != getattr(opened, name):
            return f"its {name} is not the one it was opened with"
    return None


def _refused_correction(history: History, event: TimeCorrected) -> str | None:
    if history.decided is None or history.stage != "decided":
        return f"it is {history.stage}, not waiting for the service"
    items = [consent.item for consent in event.consents]
    if len(items) != len(set(items)) or set(items) != history.decided.event.granted:
        return "it does not correct exactly the consents that were given"
    return None


def _with_times(decided: Record[Decided], corrected: Record[TimeCorrected]) -> Record[Decided]:
    times: dict[Item, datetime] = {consent.item: consent.answered_at for consent in corrected.event.consents}

    def right(answer: RecordedAnswer) -> RecordedAnswer:
        moment = times.get(answer.item)
        return answer if moment is None else answer.model_copy(update={"answered_at": moment})

    event = decided.event.model_copy(
        update={
            "decided_at": corrected.event.decided_at,
            "answers": tuple(right(answer) for answer in decided.event.answers),
        }
    )
    return Record(corrected.sequence, decided.at, decided.previous, corrected.hash, event)


def _refused_withdrawal(history: History, event: Withdrawn) -> str | None:
    if history.decided is None or history.confirmed is None:
        return f"it is {history.stage}, not confirmed"
    if history.discarded is not None:
        return "it is discarded already"
    missing = set(event.items) - history.decided.event.granted
    if missing:
        return f"no consent was given for {', '.join(sorted(missing))}"
    again = set(event.items) & history.withdrawn
    return f"{', '.join(sorted(again))} was withdrawn already" if again else None
