"""Permitted order of a check's records. No I/O.

opened -> decided -> confirmed -> handing-over -> delivered
                  -> expired
without a card: opened -> decided -> handing-over -> delivered
- time-corrected: after decided
- handing-over, not-ours and hand-over-decided: after confirmed, any number of times
- hand-over-decided: ends the check, or cancels the last handing-over
- discarded: after opened, decided or confirmed
- withdrawn: after confirmed or delivered; followed by withdrawal-settled
- lost: after a restored backup, replacing all records, or those after opened or decided
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
    Opened,
    Record,
    RecordedAnswer,
    Restored,
    ResultMismatch,
    SubmissionConfirmed,
    TimeCorrected,
    WithdrawalSettled,
    Withdrawn,
)


class LifeCycleError(Exception):
    """The check's stage does not permit the record. Nothing was written."""


@dataclass(frozen=True, slots=True)
class History:
    """All records of one check."""

    opened: Record[Opened]
    decided: Record[Decided] | None = None
    corrected: Record[TimeCorrected] | None = None
    """The latest correction of the decision's times."""
    confirmed: Record[SubmissionConfirmed] | None = None
    handing_over: Record[HandingOver] | None = None
    """The latest handover attempt, reset to None if staff request a retry."""
    mismatches: tuple[Record[ResultMismatch], ...] = ()
    delivered: Record[Delivered] | None = None
    closed_by_staff: Record[HandOverDecided] | None = None
    """Staff's decision to close the check without a handover."""
    expired: Record[Expired] | None = None
    discarded: Record[Discarded] | None = None
    lost: Record[Lost] | None = None
    """Decision confirmed by the service but lost from this ledger."""
    withdrawals: tuple[Record[Withdrawn], ...] = ()
    settled_items: frozenset[Item] = frozenset()
    """Withdrawn items that need not be reported to the service."""

    @property
    def check_id(self) -> str:
        return self.opened.event.check_id

    @property
    def without_card(self) -> bool:
        """Whether the check used a printed 資格確認書 (eligibility certificate). Such checks have no submission."""
        return self.opened.event.way == WITHOUT_CARD

    @property
    def closed(self) -> bool:
        """Whether no submission or delivery is pending."""
        return (self.delivered or self.closed_by_staff or self.expired or self.discarded or self.lost) is not None

    @property
    def ended(self) -> bool:
        """Whether the check is closed and all its withdrawals are settled."""
        return self.closed and not self.unsettled

    @property
    def withdrawn(self) -> frozenset[Item]:
        return frozenset(item for record in self.withdrawals for item in record.event.items)

    @property
    def unsettled(self) -> tuple[Record[Withdrawn], ...]:
        """Withdrawals that the service has not confirmed."""
        return tuple(record for record in self.withdrawals if not self.settled_items.issuperset(record.event.items))

    @property
    def decision(self) -> Record[Decided]:
        """The decision as submitted: with corrected times, and the sequence and hash sent to the service.

        Raises LookupError if the check is not decided.
        """
        if self.decided is None:
            raise LookupError(f"check {self.check_id} is not decided")
        return self.decided if self.corrected is None else _with_times(self.decided, self.corrected)

    @property
    def stage(self) -> str:
        """Kind of the record that marks the current stage."""
        final_records = (self.lost, self.discarded, self.expired, self.closed_by_staff, self.delivered)
        for record in (*final_records, self.confirmed, self.decided):
            if record is not None:
                return record.event.kind
        return "opened"


def refusal(history: History | None, event: Event) -> str | None:
    """Return the reason why `event` is not permitted after `history`, or None if it is permitted."""
    if isinstance(event, Opened | Restored):
        return None if history is None else "it was already opened"
    if history is None:
        return None if isinstance(event, Lost) else "it was never opened"
    stage = history.stage
    match event:
        case Decided():
            return _decision_refusal(history, event)
        case TimeCorrected():
            return _correction_refusal(history, event)
        case SubmissionConfirmed() | Expired() if history.without_card:
            return "checks without a card have no submission"
        case SubmissionConfirmed():
            if history.decided is None:
                return "it is not decided"
            if event.ledger_count < history.decision.sequence:
                return "the receipt predates the decision"
            return None if stage == "decided" else f"its stage is {stage!r}"
        case Expired():
            return None if stage == "decided" else f"its stage is {stage!r}, not 'decided'"
        case HandingOver() | ResultMismatch() | Delivered():
            required_stage = "decided" if history.without_card else "confirmed"
            return None if stage == required_stage else f"its stage is {stage!r}, not {required_stage!r}"
        case HandOverDecided(decision=decision):
            if stage != "confirmed":
                return f"its stage is {stage!r}, not 'confirmed'"
            if decision == "again" and history.handing_over is None:
                return "its handover has not started"
            return None
        case Discarded():
            return f"its stage is {stage!r}" if history.closed else None
        case Lost():
            return f"its stage is {stage!r}" if history.closed or history.confirmed is not None else None
        case Withdrawn():
            return _withdrawal_refusal(history, event)
        case WithdrawalSettled():
            missing = set(event.items) - (history.withdrawn - history.settled_items)
            return f"not withdrawn, or already settled: {', '.join(sorted(missing))}" if missing else None
        case _:
            assert_never(event)


def has_history(history: History | None, event: Event) -> bool:
    """Return whether the record is part of a check in this ledger. Some records of a restored backup are not."""
    return not isinstance(event, Restored) and not (isinstance(event, Lost) and history is None)


def with_record(history: History | None, record: Record[Event]) -> History:
    """Return `history` with `record` added. Callers check `refusal` and `has_history` first."""
    event = record.event
    if isinstance(event, Opened):
        return History(cast(Record[Opened], record))
    if history is None:
        raise LifeCycleError(f"check {event.check_id} was never opened")
    if isinstance(event, Withdrawn):
        return replace(history, withdrawals=(*history.withdrawals, cast(Record[Withdrawn], record)))
    if isinstance(event, WithdrawalSettled):
        return replace(history, settled_items=history.settled_items | set(event.items))
    if isinstance(event, HandOverDecided):
        if event.decision == "again":
            return replace(history, handing_over=None)
        return replace(history, closed_by_staff=cast(Record[HandOverDecided], record))
    if isinstance(event, ResultMismatch):
        return replace(history, mismatches=(*history.mismatches, cast(Record[ResultMismatch], record)))
    change: dict[str, Any] = {_FIELD.get(event.kind, event.kind): record}
    return replace(history, **change)


_FIELD = {"time-corrected": "corrected", "handing-over": "handing_over"}


def histories(records: Iterable[Record[Event]]) -> dict[str, History]:
    """Return histories by check id, in opening order. Raises LifeCycleError if a check was never opened."""
    result: dict[str, History] = {}
    for record in records:
        check_id = record.event.check_id
        if has_history(result.get(check_id), record.event):
            result[check_id] = with_record(result.get(check_id), record)
    return result


def _decision_refusal(history: History, event: Decided) -> str | None:
    if history.stage != "opened":
        return f"its stage is {history.stage!r}, not 'opened'"
    opened = history.opened.event
    for name in ("reception_id", "card", "profile"):
        if getattr(event, name) != getattr(opened, name):
            return f"its {name} differs from the opened check's"
    return None


def _correction_refusal(history: History, event: TimeCorrected) -> str | None:
    if history.decided is None or history.stage != "decided":
        return f"its stage is {history.stage!r}, not 'decided'"
    items = [consent.item for consent in event.consents]
    if len(items) != len(set(items)) or set(items) != history.decided.event.granted:
        return "the corrected items differ from the granted items"
    return None


def _with_times(decided: Record[Decided], corrected: Record[TimeCorrected]) -> Record[Decided]:
    times: dict[Item, datetime] = {consent.item: consent.answered_at for consent in corrected.event.consents}

    def with_corrected_time(answer: RecordedAnswer) -> RecordedAnswer:
        corrected_time = times.get(answer.item)
        return answer if corrected_time is None else answer.model_copy(update={"answered_at": corrected_time})

    event = decided.event.model_copy(
        update={
            "decided_at": corrected.event.decided_at,
            "answers": tuple(with_corrected_time(answer) for answer in decided.event.answers),
        }
    )
    return Record(corrected.sequence, decided.at, decided.previous, corrected.hash, event)


def _withdrawal_refusal(history: History, event: Withdrawn) -> str | None:
    if history.decided is None or history.confirmed is None:
        return f"its stage is {history.stage!r} and it has no consent to withdraw"
    if history.discarded is not None:
        return "it was discarded"
    missing = set(event.items) - history.decided.event.granted
    if missing:
        return f"not granted: {', '.join(sorted(missing))}"
    withdrawn_before = set(event.items) & history.withdrawn
    return f"already withdrawn: {', '.join(sorted(withdrawn_before))}" if withdrawn_before else None
