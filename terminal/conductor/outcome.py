"""Outcome of a delivery, and the event that reports it to the session."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.qualification.contract import RefusalReason
from terminal.session import events as ev


class DeliveryStage(StrEnum):
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    """Confirmed by the service, but the result file has not been written."""
    HELD_BACK = "held-back"
    """Confirmed by the service, but the result does not match the decision and is not handed over."""
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    stage: DeliveryStage
    file_name: str = ""
    reason: RefusalReason | None = None


def delivered_event(ids: tuple[str, int], outcome: DeliveryOutcome) -> ev.Event:
    """Return the event that reports `outcome`. `ids` are the reception and effect number it answers."""
    match outcome.stage:
        case DeliveryStage.DELIVERED:
            return ev.Accepted(*ids, delivered=True)
        case DeliveryStage.CONFIRMED | DeliveryStage.HELD_BACK:
            return ev.Accepted(*ids, delivered=False)
        case DeliveryStage.SILENT:
            return ev.ServiceUnavailable(*ids)
        case DeliveryStage.REFUSED:
            # the reason is unknown if a submission by the outbox was refused in the meantime
            return ev.ServiceRefused(*ids, outcome.reason or RefusalReason.CONFLICT)
