"""Which answer of the patient stands in which elements of a result file."""

from datetime import timedelta
from typing import Final

from consent.items import Item
from terminal.handover.messages.insured import Insured
from terminal.handover.parts import Consented, fields_of

LASTS: Final = timedelta(hours=24)
"""How long a consent holds."""

_ATTRIBUTES: Final[dict[Item, str]] = {
    Item.HIGH_COST_LIMIT: "limit_consent",
    Item.SPECIFIC_DISEASE: "disease_consent",
    Item.HEALTH_CHECKUP: "checkups",
    Item.MEDICINES: "medicines",
    Item.DIAGNOSIS: "diagnosis",
    Item.SURGERY: "surgery",
}
_NEWER: Final[dict[Item, tuple[str, ...]]] = {
    Item.DIAGNOSIS: ("allergy", "contraindication", "test"),
    Item.MEDICINES: ("prescription",),
    Item.SURGERY: ("diagnosis_name", "infection"),
}
"""One answer covers a group of OQSCD036: 診療 with allergies and tests, 薬剤 with 処方, 手術 with 傷病名 and 感染症."""


def attributes_of(item: Item, newer: bool = False) -> tuple[str, ...]:
    """The fields of `Insured` that one answer sets; `newer`: with those of 2025. Subsidies have no consent element."""
    first = (_ATTRIBUTES[item],) if item in _ATTRIBUTES else ()
    return (*first, *(_NEWER.get(item, ()) if newer else ()))


def _elements() -> dict[str, Consented]:
    return {field.attribute: field.marker for field in fields_of(Insured) if isinstance(field.marker, Consented)}


CONSENTS: Final[dict[Item, Consented]] = {item: _elements()[name] for item, name in _ATTRIBUTES.items()}
"""In the order of the file."""
NEWER_CONSENTS: Final[dict[Item, tuple[Consented, ...]]] = {
    item: tuple(_elements()[name] for name in names) for item, names in _NEWER.items()
}
