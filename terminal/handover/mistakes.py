"""Suggest names for misspelled elements and file names."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

from terminal.handover.messages.kinds import FILE_KINDS
from terminal.handover.parts import ConsentElements, Element, Part, element_names, part_fields

_KNOWN_MISTAKES: Final = (
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
"""Wrong names used by open-source programs. Drug and health-check requests have different names for some elements."""


def likely_name(name: str, part: type[Part]) -> str | None:
    """Return the element of `part` most similar to `name`, or None."""
    known_names = element_names(part)
    candidates = [name]
    for pattern, replacement in _KNOWN_MISTAKES:
        candidates += [pattern.sub(replacement, name) for name in candidates if pattern.fullmatch(name)]
    for candidate in candidates:
        if candidate in known_names:
            return candidate
    by_lower_case = {known_name.lower(): known_name for known_name in known_names}
    return by_lower_case.get(name.lower()) or next(iter(get_close_matches(name, known_names, 1, 0.85)), None)


def parent_path(name: str, message: type[Part]) -> str | None:
    """Return the path (names joined by slashes) of the part that contains element `name`, or None."""
    return next((path for path, part in _parts(message) if name in element_names(part)), None)


def part_at(message: type[Part], names: list[str]) -> type[Part] | None:
    """Return the part at this path of element names, or None."""
    part: type[Part] | None = message
    for name in names:
        if part is None:
            return None
        part = next(
            (
                field.part if field.marker.item in (None, name) else part
                for field in part_fields(part)
                if isinstance(field.marker, Element) and name in (field.marker.name, field.marker.item)
            ),
            None,
        )
    return part


@cache
def _parts(message: type[Part]) -> tuple[tuple[str, type[Part]], ...]:
    return tuple(_descendants(message, ""))


def _descendants(part: type[Part], path: str) -> Iterator[tuple[str, type[Part]]]:
    yield path or "XmlMsg", part
    for field in part_fields(part):
        if field.part is not None and not isinstance(field.marker, ConsentElements):
            yield from _descendants(field.part, f"{path}/{field.marker.item or field.marker.name}".lstrip("/"))


def likely_prefix(name: str) -> str | None:
    """Return the known prefix most similar to that of the file name `name`, or None."""
    start = name.partition("_")[0] + "_"
    prefixes = [kind.prefix for kind in FILE_KINDS]
    case_insensitive_match = next((prefix for prefix in prefixes if prefix.lower() == start.lower()), None)
    return case_insensitive_match or next(iter(get_close_matches(start, prefixes, 1, 0.8)), None)
