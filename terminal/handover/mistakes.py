"""Wrong element names that occur in real files, with the likely intended ones."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.parts import Consented, Element, Part, fields_of, names_of

_RENAMED: Final = (
    (re.compile(r"PharmaceuticalInfo(.+)"), r"PharmacistsInfo\1"),
    (re.compile(r"(.+)AcquisitionTime"), r"\1AvailableTime"),
    (re.compile(r"(.+)ConsTim"), r"\1ConsTime"),
    (re.compile(r"(.+)ConsFlag"), r"\1ConsFlg"),
    (re.compile(r"StatusOfInfection"), "StatusOfInfecton"),
    (re.compile(r"InsuranceCardSymbol"), "InsuredCardSymbol"),
    (re.compile(r"InsuredCardSymbol"), "InsuranceCardSymbol"),
    (re.compile(r"InsuredPersonIdentificationNumber"), "InsuredIdentificationNumber"),
    (re.compile(r"InsuredIdentificationNumber"), "InsuredPersonIdentificationNumber"),
    (re.compile(r"BranchNumber"), "InsuredBranchNumber"),
    (re.compile(r"InsuredBranchNumber"), "BranchNumber"),
)
"""Names written by public programs. Symbol, number and branch have other names in drug and health-check requests."""


def meant(name: str, part: type[Part]) -> str | None:
    """Return the element of `part` likely meant by `name`, or None."""
    known = names_of(part)
    candidates = [name]
    for pattern, replacement in _RENAMED:
        candidates += [pattern.sub(replacement, wrong) for wrong in candidates if pattern.fullmatch(wrong)]
    for candidate in candidates:
        if candidate in known:
            return candidate
    folded = {other.lower(): other for other in known}
    return folded.get(name.lower()) or next(iter(get_close_matches(name, known, 1, 0.85)), None)


def home_of(name: str, message: type[Part]) -> str | None:
    """Return the parent of the element in this message, as element names joined by slashes, or None."""
    return next((path for path, part in _parts(message) if name in names_of(part)), None)


def part_at(message: type[Part], names: list[str]) -> type[Part] | None:
    """Return the part at this path of element names below the message, or None."""
    part: type[Part] | None = message
    for name in names:
        if part is None:
            return None
        part = next(
            (
                field.part if field.marker.item in (None, name) else part
                for field in fields_of(part)
                if isinstance(field.marker, Element) and name in (field.marker.name, field.marker.item)
            ),
            None,
        )
    return part


@cache
def _parts(message: type[Part]) -> tuple[tuple[str, type[Part]], ...]:
    return tuple(_below(message, ""))


def _below(part: type[Part], path: str) -> Iterator[tuple[str, type[Part]]]:
    yield path or "XmlMsg", part
    for field in fields_of(part):
        if field.part is not None and not isinstance(field.marker, Consented):
            yield from _below(field.part, f"{path}/{field.marker.item or field.marker.name}".lstrip("/"))


def prefix_meant(name: str) -> str | None:
    """Return the file name prefix likely meant by `name`, or None."""
    start = name.partition("_")[0] + "_"
    prefixes = [kind.prefix for kind in FILE_KINDS]
    folded = next((prefix for prefix in prefixes if prefix.lower() == start.lower()), None)
    return folded or next(iter(get_close_matches(start, prefixes, 1, 0.8)), None)
