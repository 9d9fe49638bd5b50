"""Result file elements for each consent item, derived from `Insured`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from consent.items import Item
from terminal.handover.messages.insured import Insured
from terminal.handover.parts import ConsentElements, part_fields

CONSENT_VALIDITY: Final = timedelta(hours=24)
"""How long a consent is valid."""


def _consent_fields(*, newer: bool) -> Iterator[tuple[str, ConsentElements]]:
    for field in part_fields(Insured):
        if isinstance(field.marker, ConsentElements) and field.marker.newer is newer:
            yield field.attribute, field.marker


CONSENTS: Final[dict[Item, ConsentElements]] = {marker.item: marker for _, marker in _consent_fields(newer=False)}
"""In file order."""
NEWER_CONSENTS: Final[dict[Item, tuple[ConsentElements, ...]]] = {
    item: markers
    for item in CONSENTS
    if (markers := tuple(marker for _, marker in _consent_fields(newer=True) if marker.item is item))
}
"""One answer covers a group of OQSCD036: 診療 with allergies and tests, 薬剤 with 処方, 手術 with 傷病名 and 感染症."""


def consent_attributes(item: Item, newer: bool = False) -> tuple[str, ...]:
    """Return the `Insured` fields set by an answer; none for subsidies. `newer` includes those added in 2025."""
    original = tuple(name for name, marker in _consent_fields(newer=False) if marker.item is item)
    return (*original, *(name for name, marker in _consent_fields(newer=True) if newer and marker.item is item))
