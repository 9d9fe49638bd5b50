"""How far a delivery came."""

from dataclasses import dataclass
from enum import StrEnum

from terminal.qualification.contract import RefusalReason


class DeliveryStage(StrEnum):
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    """The service has it; the result file could not be written yet."""
    HELD_BACK = "held-back"
    """The service has it, and what it answers does not follow from the decision: not handed over."""
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    stage: DeliveryStage
    file_name: str = ""
    reason: RefusalReason | None = None
