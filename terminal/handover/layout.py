"""Elements of a result file for each answer of the patient, derived from `Insured`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from consent.items import Item
from terminal.handover.messages.insured import Insured
from terminal.handover.parts import Consented, fields_of

LASTS: Final = timedelta(hours=24)
"""Validity of a consent."""


def _consented(*, newer: bool) -> Iterator[tuple[str, Consented]]:
    for field in fields_of(Insured):
        if isinstance(field.marker, Consented) and field.marker.newer is newer:
            yield field.attribute, field.marker


CONSENTS: Final[dict[Item, Consented]] = {marker.item: marker for _, marker in _consented(newer=False)}
"""In file order."""
NEWER_CONSENTS: Final[dict[Item, tuple[Consented, ...]]] = {
    item: found
    for item in CONSENTS
    if (found := tuple(marker for _, marker in _consented(newer=True) if marker.item is item))
}
"""One answer covers a group of OQSCD036: 診療 with allergies and tests, 薬剤 with 処方, 手術 with 傷病名 and 感染症."""


def attributes_of(item: Item, newer: bool = False) -> tuple[str, ...]:
    """Return the fields of `Insured` set by one answer; `newer` includes those of 2025. None for subsidies."""
    first = tuple(name for name, marker in _consented(newer=False) if marker.item is item)
    return (*first, *(name for name, marker in _consented(newer=True) if newer and marker.item is item))
