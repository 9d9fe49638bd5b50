"""Read the consent flags in a result file, as a receipt computer would."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from consent.items import Item
from terminal.handover.layout import CONSENTS

FLAG_ELEMENTS = {marker.flag: item for item, marker in CONSENTS.items()} | {"MedicalSubsidyConsFlg": Item.SUBSIDIES}


_CONSENT = "ConsFlg"


def flags_in(path: Path) -> dict[Item, int]:
    """Return the flag (0 or 1) of every consent element in the file. Items that were not asked about are absent."""
    return {FLAG_ELEMENTS[tag]: flag for tag, flag in _consents(path) if tag in FLAG_ELEMENTS}


def newer_flags_in(path: Path) -> dict[str, int]:
    """Return the flags of the consents introduced in 2025, by element name without suffix."""
    return {tag.removesuffix(_CONSENT): flag for tag, flag in _consents(path) if tag not in FLAG_ELEMENTS}


def _consents(path: Path) -> Iterator[tuple[str, int]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(path.read_bytes(), parser)
    return ((tag, int(text)) for tag, text in _leaves(root) if tag.endswith(_CONSENT))


def _leaves(element: etree._Element) -> Iterator[tuple[str, str]]:
    yield element.tag, (element.text or "").strip()
    for child in element:
        yield from _leaves(child)
