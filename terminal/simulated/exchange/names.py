"""Names of request files and of what answers them. They come from outside: matched whole, or not used at all."""

import re
from dataclasses import dataclass
from typing import Final

from terminal.handover.messages.kinds import FileKind, kind_of

_PLAIN: Final = re.compile(r"([A-Za-z0-9]{5,15})(req)_([A-Za-z0-9_-]{1,80})\.xml", re.ASCII | re.IGNORECASE)

_SHAPE: Final = re.compile(r"[A-Z]{3}(si|mu)[A-Z]{3}[0-9]{2}req_", re.IGNORECASE)
"""System, single or multiple, job: a request of some kind, if only by a slip."""

BEING_WRITTEN: Final = (".tmp", ".part", ".partial", ".writing", "~")
"""Endings under which programs write before they rename."""


@dataclass(frozen=True, slots=True)
class RequestName:
    text: str
    kind: FileKind | None
    """None for a kind that is not simulated, or does not exist."""
    answer: str
    """`req` becomes `res`, the rest stays."""
    error: str
    """The request's own name with the ending `.err`."""

    @property
    def zipped(self) -> str:
        """The answer's name as a ZIP file."""
        return f"{self.answer.removesuffix('.xml')}.zip"

    @property
    def shown(self) -> str:
        """For logs: the start alone, for the rest may hold a patient's number."""
        return self.text.partition("_")[0]


class NotARequest:
    """Some other file: left alone."""

    def __init__(self, puzzling: bool) -> None:
        self.puzzling = puzzling
        """It may be meant as a request: staff should learn that it is not read."""


class Hostile:
    """Begins like a request but is not a plain name (too long, blanks, path signs, other scripts): left alone."""


def request_name(name: str) -> RequestName | NotARequest | Hostile:
    kind = kind_of(name, any_case=True)
    claims = kind.prefix.endswith("req_") if kind else _SHAPE.match(name) is not None
    lower = name.lower()
    if not claims or not lower.endswith(".xml"):
        return NotARequest(puzzling=not name.startswith(".") and not lower.endswith(BEING_WRITTEN))
    matched = _PLAIN.fullmatch(name)
    if matched is None:
        return Hostile()
    start, _, free = matched.groups()
    # Windows knows no case; the answer has the usual one.
    start = kind.prefix.removesuffix("req_") if kind else start
    return RequestName(name, kind, f"{start}res_{free}.xml", f"{name[: -len('.xml')]}.err")
