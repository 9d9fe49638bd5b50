"""Behaviour requested by an `ArbitraryFileIdentifier` that starts with `SIM-`."""

import re
from dataclasses import dataclass
from typing import Final

_SLOW: Final = re.compile(r"SIM-SLOW-([0-9]{1,3})(?:-.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Provoked:
    """The behaviour that a request selects."""

    reject: bool = False
    """Answer with an `.err` file."""
    fail: bool = False
    """Answer with an abnormal end (SegmentOfResult 9, ResultCode 9)."""
    silent: bool = False
    """Accept the request but never answer it."""
    old: bool = False
    """Write ● for characters outside the old character set."""
    delay: float = 0.0
    """Delay of the answer in seconds."""


def provoked_behaviour(identifier: str | None) -> Provoked:
    text = identifier or ""
    slow = _SLOW.fullmatch(text)
    if slow:
        return Provoked(delay=float(slow.group(1)))
    return Provoked(
        reject=text.startswith("SIM-REJECT"),
        fail=text.startswith("SIM-FAIL"),
        silent=text.startswith("SIM-SILENT"),
        old=text.startswith("SIM-OLD"),
    )
