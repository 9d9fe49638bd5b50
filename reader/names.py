"""PC/SC reader names: matching them with the setting, and deriving the model. No I/O.

Examples: `ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 02 00`, `SONY FeliCa RC-S300/P (1033212) 01 00`. The last
two numbers are those of the reader, which changes when it is plugged in again, and of the slot.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

ReaderChoice = int | str | None
"""Index in the list of readers (possibly as digits), or name or part of one with `*` and `?`; None for the first."""

_NUMBERS: Final = re.compile(r"(?P<base>.*\S) (?P<reader>[0-9A-F]{2}) (?P<slot>[0-9A-F]{2})", re.IGNORECASE)
_WINDOWS_NUMBER: Final = re.compile(r"(?P<base>.*\S) \d{1,2}")
_SERIAL: Final = re.compile(r"\s*\((?=[^()]*\d)[0-9A-Za-z_.:-]+\)")
_EXPRESSION: Final = re.compile(r"\.[*+]|\\|^\^|\$$|(?<=\S)\|(?=\S)")


def choose_reader(names: Sequence[str], wanted: ReaderChoice) -> str | None:
    """Return the reader matching `wanted`, or None.

    A string is an index, a complete name, or part of a name, ignoring case. Only `*` and `?` are wildcards, because
    brackets and parentheses occur in real names. A complete name also matches with another number, as after replugging.
    A virtual reader is matched only if `wanted` contains letters.
    """
    if isinstance(wanted, str) and wanted.isdecimal():
        wanted = int(wanted)
    found = _chosen(names, wanted)
    if found is None or not is_virtual(found) or (isinstance(wanted, str) and any(map(str.isalpha, wanted))):
        return found
    # an index refers to the whole list
    return None if isinstance(wanted, int) else _chosen([name for name in names if not is_virtual(name)], wanted)


def _chosen(names: Sequence[str], wanted: ReaderChoice) -> str | None:
    if wanted is None:
        return names[0] if names else None
    if isinstance(wanted, int):
        return names[wanted] if 0 <= wanted < len(names) else None
    if wanted in names:
        return wanted
    found = _search(names, wanted)
    if found is None and (numbered := _NUMBERS.fullmatch(wanted)):
        found = _search(names, f"{numbered['base']} ?? {numbered['slot']}")
    if found is None and (numbered := _WINDOWS_NUMBER.fullmatch(wanted)):
        found = _search(names, f"{numbered['base']} ?")
    return found


def _search(names: Sequence[str], wanted: str) -> str | None:
    literal = re.escape(_folded(wanted)).replace(r"\*", ".*").replace(r"\?", ".")
    expression = re.compile(literal, re.DOTALL)
    return next((name for name in names if expression.search(_folded(name))), None)


def _folded(text: str) -> str:
    """Normalise case and character width, so that `＠` equals `@`."""
    return unicodedata.normalize("NFKC", text).casefold()


def instead_of_expression(wanted: str) -> str | None:
    """Return the replacement for a regular expression, which `reader.name` used to be; None for any other text."""
    if not _EXPRESSION.search(wanted):
        return None
    first = wanted.split("|", 1)[0].removeprefix("^").removesuffix("$")
    return re.sub(r"\.[*+]\??", "*", re.sub(r"\\(.)", r"\1", first)).strip("*")


def is_virtual(name: str) -> bool:
    """Return whether it is the virtual reader of vsmartcard, into which anyone with access to its TCP port can insert a
    card.
    """
    return name.startswith("Virtual PCD")


def model_of(name: str) -> str:
    """Return the name without numbers and serial, which is the same for all readers of a model."""
    numbered = _NUMBERS.fullmatch(name) or _WINDOWS_NUMBER.fullmatch(name)
    return _SERIAL.sub("", numbered["base"] if numbered else name).strip()
