"""Outcome of a delivery, and the event that reports it to the session."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.qualification.contract import RefusalReason
from terminal.session import events as ev


class DeliveryStage(StrEnum):
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    """The service has it; the result file could not be written yet."""
    HELD_BACK = "held-back"
    """The service has it, but its result does not match the decision: not handed over."""
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    stage: DeliveryStage
    file_name: str = ""
    reason: RefusalReason | None = None


def delivered_event(ids: tuple[str, int], outcome: DeliveryOutcome) -> ev.Event:
    """Return the event for `outcome`. `ids`: the reception and the effect that it answers."""
    match outcome.stage:
        case DeliveryStage.DELIVERED:
            return ev.Accepted(*ids, delivered=True)
        case DeliveryStage.CONFIRMED | DeliveryStage.HELD_BACK:
            return ev.Accepted(*ids, delivered=False)
        case DeliveryStage.SILENT:
            return ev.ServiceSilent(*ids)
        case DeliveryStage.REFUSED:
            # no reason if the outbox was refused a moment earlier, which ended the check
            return ev.ServiceRefused(*ids, outcome.reason or RefusalReason.CONFLICT)
