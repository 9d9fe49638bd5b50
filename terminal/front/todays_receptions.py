"""Today's receptions with number and state, for staff. Contains no names or face data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from consent.items import Item
from consent.lifecycle import History
from terminal.front.records import AuditedReception
from terminal.session.states import Idle, Outcome, State


class ReceptionStatus(StrEnum):
    UNDER_WAY = "under-way"
    AWAITING = "awaiting"
    """Not confirmed by the service."""
    HANDING_OVER = "handing-over"
    """Confirmed, but not handed over to the receipt computer."""
    DELIVERED = "delivered"
    UNCERTAIN = "uncertain"
    """Uncertain handover: the receipt computer may or may not have received the result."""
    CLOSED = "closed"
    """Closed by staff without a handover."""
    HELD_BACK = "held-back"
    """The service's result does not match the decision and is not handed over."""
    EXPIRED = "expired"
    REFUSED = "refused"
    """Permanently refused by the service."""
    DISCARDED = "discarded"
    """Discarded by staff."""
    PROBLEM = "problem"
    DECLINED = "declined"
    """The card was not registered."""
    INQUIRY = "inquiry"
    LEFT = "left"
    INTERRUPTED = "interrupted"
    """The terminal stopped during the reception."""


NO_ACTION_NEEDED = frozenset(
    {
        ReceptionStatus.DELIVERED,
        ReceptionStatus.CLOSED,
        ReceptionStatus.INQUIRY,
        ReceptionStatus.LEFT,
        ReceptionStatus.DISCARDED,
        ReceptionStatus.DECLINED,
    }
)
"""States that require no action."""


@dataclass(frozen=True, slots=True)
class Row:
    reception: str
    number: int
    at: str
    status: ReceptionStatus
    code: str = ""
    """Problem code, reason for a refusal, how the reception ended early, or its current state."""
    check_id: str = ""
    granted: tuple[Item, ...] = ()
    """Consents given and not withdrawn."""
    withdrawn: tuple[Item, ...] = ()
    has_pending_withdrawal: bool = False
    """Whether a withdrawal has not been confirmed by the service."""
    may_withdraw: bool = False
    without_card: bool = False

    @property
    def time(self) -> str:
        """Time of the reception, with the date if it may be from an earlier day."""
        at = datetime.fromisoformat(self.at)
        earlier = self.status is ReceptionStatus.UNCERTAIN and not self.number
        return f"{at.month}/{at.day} {at:%H:%M}" if earlier else f"{at:%H:%M}"


def rows(
    receptions: Mapping[str, AuditedReception],
    checks: Mapping[str, History],
    live: State,
    uncertain: Mapping[str, History] | None = None,
) -> list[Row]:
    """Return all receptions, newest first, with the uncertain handovers of earlier days. `uncertain`: by check id."""
    current = None if isinstance(live, Idle) else live.reception.id
    today = [
        _row(reception, checks.get(name), live if name == current else None) for name, reception in receptions.items()
    ]
    today += [
        _row(AuditedReception(name, 0, history.opened.at.isoformat(), ended=True), history, None)
        for name, history in checks.items()
        if history.without_card
    ]
    uncertain_receptions = {history.opened.event.reception_id: history for history in (uncertain or {}).values()}
    today = [_mark_uncertain(row) if row.reception in uncertain_receptions else row for row in today]
    listed = {row.reception for row in today}
    today += [
        _mark_uncertain(_row(AuditedReception(name, 0, history.opened.at.isoformat(), ended=True), history, None))
        for name, history in uncertain_receptions.items()
        if name not in listed
    ]
    return sorted(today, key=lambda row: (row.at, row.number), reverse=True)


def _row(audited: AuditedReception, history: History | None, live: State | None) -> Row:
    status, code = _status(audited, history, live)
    row = Row(audited.reception, audited.number, audited.at, status, code)
    if history is not None and history.without_card and history.discarded is not None:
        return replace(row, without_card=True)
    if history is None or history.decided is None or history.discarded is not None or history.expired is not None:
        return row
    granted = _in_order(history.decision.event.granted - history.withdrawn)
    return Row(
        audited.reception,
        audited.number,
        audited.at,
        status,
        code,
        check_id=history.check_id,
        granted=granted,
        withdrawn=_in_order(history.withdrawn),
        has_pending_withdrawal=bool(history.unsettled),
        may_withdraw=bool(granted) and history.confirmed is not None,
        without_card=history.without_card,
    )


def _mark_uncertain(row: Row) -> Row:
    return replace(row, status=ReceptionStatus.UNCERTAIN) if row.status is ReceptionStatus.HANDING_OVER else row


def _in_order(items: frozenset[Item]) -> tuple[Item, ...]:
    return tuple(item for item in Item if item in items)


def _status(audited: AuditedReception, history: History | None, live: State | None) -> tuple[ReceptionStatus, str]:
    if history is not None:
        recorded = _by_ledger(history)
        if recorded is not None:
            return recorded
    if audited.after == "Problem":
        return ReceptionStatus.PROBLEM, audited.detail
    if audited.after == "Inquiry":
        return ReceptionStatus.INQUIRY, ""
    if audited.after == "Complete" and audited.detail == Outcome.REGISTRATION_DECLINED:
        return ReceptionStatus.DECLINED, ""
    if live is not None and not audited.ended:
        return ReceptionStatus.UNDER_WAY, type(live).__name__
    if audited.ended and history is None:
        return ReceptionStatus.LEFT, audited.left
    return ReceptionStatus.INTERRUPTED, ""


def _by_ledger(history: History) -> tuple[ReceptionStatus, str] | None:
    """Return the state recorded in the ledger, or None if the reception has not ended there."""
    if history.discarded is not None:
        reason = history.discarded.event.reason
        if reason.startswith("refused-"):
            return ReceptionStatus.REFUSED, reason.removeprefix("refused-")
        if history.without_card:
            return ReceptionStatus.REFUSED, reason
        return (ReceptionStatus.DISCARDED, "") if reason == "by-staff" else None
    if history.expired is not None:
        return ReceptionStatus.EXPIRED, ""
    if history.delivered is not None:
        return ReceptionStatus.DELIVERED, ""
    if history.closed_by_staff is not None:
        return ReceptionStatus.CLOSED, ""
    if history.mismatches and history.confirmed is not None:
        return ReceptionStatus.HELD_BACK, history.mismatches[-1].event.reason
    if history.confirmed is not None:
        return ReceptionStatus.HANDING_OVER, ""
    if history.decided is not None:
        return ReceptionStatus.AWAITING, ""
    return None
