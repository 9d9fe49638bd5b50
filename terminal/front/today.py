"""Today's receptions as staff sees them: number, true state, what helps. No name and no face data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from consent.items import Item
from consent.lifecycle import History
from terminal.front.records import Trailed
from terminal.session.states import Idle, Outcome, State


class ReceptionStanding(StrEnum):
    UNDER_WAY = "under-way"
    AWAITING = "awaiting"
    """On its way to the service, which has not confirmed it."""
    HANDING_OVER = "handing-over"
    """Confirmed; the receipt computer does not have it yet."""
    DELIVERED = "delivered"
    ASTRAY = "astray"
    """Confirmed; it is unknown whether the receipt computer has it."""
    CLOSED = "closed"
    """Staff closed it without a hand-over."""
    HELD_BACK = "held-back"
    """The service's result is not ours; it is not handed over."""
    EXPIRED = "expired"
    REFUSED = "refused"
    """Permanently, by the service."""
    DISCARDED = "discarded"
    """By staff."""
    PROBLEM = "problem"
    DECLINED = "declined"
    """The card was not registered."""
    INQUIRY = "inquiry"
    LEFT = "left"
    INTERRUPTED = "interrupted"
    """The terminal stopped in the middle of it."""


SETTLED = frozenset(
    {
        ReceptionStanding.DELIVERED,
        ReceptionStanding.CLOSED,
        ReceptionStanding.INQUIRY,
        ReceptionStanding.LEFT,
        ReceptionStanding.DISCARDED,
        ReceptionStanding.DECLINED,
    }
)
"""Whether nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Row:
    reception: str
    number: int
    at: str
    standing: ReceptionStanding
    code: str = ""
    """A problem's code, a refusal's reason, how it was left, or the state it is in."""
    check_id: str = ""
    granted: tuple[Item, ...] = ()
    """Consents that stand."""
    withdrawn: tuple[Item, ...] = ()
    untold: bool = False
    """The service does not know of a withdrawal yet."""
    may_withdraw: bool = False
    without_card: bool = False

    @property
    def time(self) -> str:
        """With the day where that may be an earlier one."""
        at = datetime.fromisoformat(self.at)
        earlier = self.standing is ReceptionStanding.ASTRAY and not self.number
        return f"{at.month}/{at.day} {at:%H:%M}" if earlier else f"{at:%H:%M}"


def rows(
    trailed: Mapping[str, Trailed],
    checks: Mapping[str, History],
    live: State,
    astray: Mapping[str, History] | None = None,
) -> list[Row]:
    """Newest first. `astray`, by check id: results of which it is unknown who has them, also of earlier days."""
    present = None if isinstance(live, Idle) else live.reception.id
    found = [
        _row(one, checks.get(one.reception), live if one.reception == present else None) for one in trailed.values()
    ]
    found += [
        _row(Trailed(name, 0, history.opened.at.isoformat(), ended=True), history, None)
        for name, history in checks.items()
        if history.without_card
    ]
    lost = {history.opened.event.reception_id: history for history in (astray or {}).values()}
    found = [_astray(row) if row.reception in lost else row for row in found]
    listed = {row.reception for row in found}
    found += [
        _astray(_row(Trailed(name, 0, history.opened.at.isoformat(), ended=True), history, None))
        for name, history in lost.items()
        if name not in listed
    ]
    return sorted(found, key=lambda row: (row.at, row.number), reverse=True)


def _row(one: Trailed, history: History | None, live: State | None) -> Row:
    standing, code = _standing(one, history, live)
    row = Row(one.reception, one.number, one.at, standing, code)
    if history is not None and history.without_card and history.discarded is not None:
        return replace(row, without_card=True)
    if history is None or history.decided is None or history.discarded is not None or history.expired is not None:
        return row
    granted = _in_order(history.decision.event.granted - history.withdrawn)
    return Row(
        one.reception,
        one.number,
        one.at,
        standing,
        code,
        check_id=history.check_id,
        granted=granted,
        withdrawn=_in_order(history.withdrawn),
        untold=bool(history.unsettled),
        may_withdraw=bool(granted) and history.confirmed is not None,
        without_card=history.without_card,
    )


def _astray(row: Row) -> Row:
    return replace(row, standing=ReceptionStanding.ASTRAY) if row.standing is ReceptionStanding.HANDING_OVER else row


def _in_order(items: frozenset[Item]) -> tuple[Item, ...]:
    return tuple(item for item in Item if item in items)


def _standing(one: Trailed, history: History | None, live: State | None) -> tuple[ReceptionStanding, str]:
    if history is not None:
        known = _by_ledger(history)
        if known is not None:
            return known
    if one.after == "Problem":
        return ReceptionStanding.PROBLEM, one.detail
    if one.after == "Inquiry":
        return ReceptionStanding.INQUIRY, ""
    if one.after == "Complete" and one.detail == Outcome.REGISTRATION_DECLINED:
        return ReceptionStanding.DECLINED, ""
    if live is not None and not one.ended:
        return ReceptionStanding.UNDER_WAY, type(live).__name__
    if one.ended and history is None:
        return ReceptionStanding.LEFT, one.left
    return ReceptionStanding.INTERRUPTED, ""


def _by_ledger(history: History) -> tuple[ReceptionStanding, str] | None:
    """None while the ledger does not say how it ended."""
    if history.discarded is not None:
        reason = history.discarded.event.reason
        if reason.startswith("refused-"):
            return ReceptionStanding.REFUSED, reason.removeprefix("refused-")
        if history.without_card:
            return ReceptionStanding.REFUSED, reason
        return (ReceptionStanding.DISCARDED, "") if reason == "by-staff" else None
    if history.expired is not None:
        return ReceptionStanding.EXPIRED, ""
    if history.delivered is not None:
        return ReceptionStanding.DELIVERED, ""
    if history.given_up is not None:
        return ReceptionStanding.CLOSED, ""
    if history.not_ours and history.confirmed is not None:
        return ReceptionStanding.HELD_BACK, history.not_ours[-1].event.reason
    if history.confirmed is not None:
        return ReceptionStanding.HANDING_OVER, ""
    if history.decided is not None:
        return ReceptionStanding.AWAITING, ""
    return None
