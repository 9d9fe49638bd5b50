"""Misbehaviour on request: an `ArbitraryFileIdentifier` that begins with `SIM-` says how to answer."""

import re
from dataclasses import dataclass
from typing import Final

_SLOW: Final = re.compile(r"SIM-SLOW-([0-9]{1,3})(?:-.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Provoked:
    reject: bool = False
    """An `.err` file."""
    fail: bool = False
    """An answer that ended abnormally (SegmentOfResult 9, ResultCode 9)."""
    silent: bool = False
    """The request is taken and nothing comes."""
    old: bool = False
    """Names come with ● for what the old character set does not have."""
    delay: float = 0.0
    """Seconds."""


def provoked(identifier: str | None) -> Provoked:
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
