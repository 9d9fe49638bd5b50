"""Match PC/SC reader names against the setting, and derive model names. No I/O.

Examples: `ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 02 00`, `SONY FeliCa RC-S300/P (1033212) 01 00`. A name
ends with the reader number, which changes when the reader is replugged, and the slot number.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

ReaderChoice = int | str | None
"""Index in the list of readers (int or digits), or a full or partial name with `*` and `?`; None for the first."""

_NUMBERS: Final = re.compile(r"(?P<base>.*\S) (?P<reader>[0-9A-F]{2}) (?P<slot>[0-9A-F]{2})", re.IGNORECASE)
_WINDOWS_NUMBER: Final = re.compile(r"(?P<base>.*\S) \d{1,2}")
_SERIAL: Final = re.compile(r"\s*\((?=[^()]*\d)[0-9A-Za-z_.:-]+\)")
_EXPRESSION: Final = re.compile(r"\.[*+]|\\|^\^|\$$|(?<=\S)\|(?=\S)")


def choose_reader(names: Sequence[str], choice: ReaderChoice) -> str | None:
    """Return the reader that matches `choice`, or None.

    A string is an index, a full name or part of a name, and is compared case-insensitively. Only `*` and `?` are
    wildcards, because brackets and parentheses occur in real names. A full name also matches a reader whose number has
    changed after replugging. A virtual reader only matches a choice that contains letters.
    """
    if isinstance(choice, str) and choice.isdecimal():
        choice = int(choice)
    name = _match(names, choice)
    if name is None or not is_virtual(name) or (isinstance(choice, str) and any(map(str.isalpha, choice))):
        return name
    # an index counts virtual readers too
    return None if isinstance(choice, int) else _match([name for name in names if not is_virtual(name)], choice)


def _match(names: Sequence[str], choice: ReaderChoice) -> str | None:
    if choice is None:
        return names[0] if names else None
    if isinstance(choice, int):
        return names[choice] if 0 <= choice < len(names) else None
    if choice in names:
        return choice
    found = _search(names, choice)
    if found is None and (numbered := _NUMBERS.fullmatch(choice)):
        found = _search(names, f"{numbered['base']} ?? {numbered['slot']}")
    if found is None and (numbered := _WINDOWS_NUMBER.fullmatch(choice)):
        found = _search(names, f"{numbered['base']} ?")
    return found


def _search(names: Sequence[str], choice: str) -> str | None:
    literal = re.escape(_normalize(choice)).replace(r"\*", ".*").replace(r"\?", ".")
    expression = re.compile(literal, re.DOTALL)
    return next((name for name in names if expression.search(_normalize(name))), None)


def _normalize(text: str) -> str:
    """Normalise case and character width, so that `＠` equals `@`."""
    return unicodedata.normalize("NFKC", text).casefold()


def name_for_expression(choice: str) -> str | None:
    """Return a name equivalent to a regular expression, which older versions accepted, or None for other choices."""
    if not _EXPRESSION.search(choice):
        return None
    first = choice.split("|", 1)[0].removeprefix("^").removesuffix("$")
    return re.sub(r"\.[*+]\??", "*", re.sub(r"\\(.)", r"\1", first)).strip("*")


def is_virtual(name: str) -> bool:
    """Return whether this is vsmartcard's virtual reader, whose TCP port lets anyone with access insert a card."""
    return name.startswith("Virtual PCD")


def model_name(name: str) -> str:
    """Return the part of the name that all readers of a model share, without numbers or serial number."""
    numbered = _NUMBERS.fullmatch(name) or _WINDOWS_NUMBER.fullmatch(name)
    return _SERIAL.sub("", numbered["base"] if numbered else name).strip()
