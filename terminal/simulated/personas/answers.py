"""Questions that personas are asked, and the resulting flags in the result file."""

from consent.items import Item
from terminal.qualification.contract import Way
from terminal.session.states import Outcome
from terminal.simulated.personas.persona import Expected

CARE, MEDICINES, CHECKUP, ELDERLY, LIMIT = (
    "care",
    "medicines",
    "health-checkup-specific",
    "health-checkup-elderly",
    "limit",
)
ASKED = (CARE, MEDICINES, CHECKUP, LIMIT)
CHILD_ASKED = (CARE, MEDICINES, LIMIT)


def flags(care: int, checkup: int, limit: int | None) -> dict[Item, int]:
    """Return flags by item. `limit` is None if the limit was not asked about."""
    items = {Item.DIAGNOSIS: care, Item.MEDICINES: care, Item.HEALTH_CHECKUP: checkup}
    return items if limit is None else items | {Item.HIGH_COST_LIMIT: limit}


ALL_SHARED = flags(1, 1, 1)
CHILD_SHARED = {Item.DIAGNOSIS: 1, Item.MEDICINES: 1, Item.HIGH_COST_LIMIT: 1}

SHARED_BY_PIN = Expected(Way.PIN, Outcome.DONE, ASKED, ALL_SHARED)
"""An adult who is asked every question and shares everything."""
SHARED_BY_FACE = Expected(Way.FACE, Outcome.DONE, ASKED, ALL_SHARED)
