"""Names of request files and their answers. They come from outside: a name is matched completely or not used."""

import re
from dataclasses import dataclass
from typing import Final

from terminal.handover.messages.kinds import FileKind, kind_of

_PLAIN: Final = re.compile(r"([A-Za-z0-9]{5,15})(req)_([A-Za-z0-9_-]{1,80})\.xml", re.ASCII | re.IGNORECASE)

_SHAPE: Final = re.compile(r"[A-Z]{3}(si|mu)[A-Z]{3}[0-9]{2}req_", re.IGNORECASE)
"""System, single or multiple, job: the shape of a request name, perhaps with a typing error."""

BEING_WRITTEN: Final = (".tmp", ".part", ".partial", ".writing", "~")
"""Suffixes of files that programs are still writing."""


@dataclass(frozen=True, slots=True)
class RequestName:
    text: str
    kind: FileKind | None
    """None for a kind that is not simulated or does not exist."""
    answer: str
    """The request's name with `res` instead of `req`."""
    error: str
    """The request's name with the suffix `.err`."""

    @property
    def zipped(self) -> str:
        """The answer's name as a ZIP file."""
        return f"{self.answer.removesuffix('.xml')}.zip"

    @property
    def shown(self) -> str:
        """The first part only, for logs: the rest may contain a patient's number."""
        return self.text.partition("_")[0]


class NotARequest:
    """A file that is not a request, and is not touched."""

    def __init__(self, puzzling: bool) -> None:
        self.puzzling = puzzling
        """Whether it looks like a mistyped request, which staff should know is not read."""


class Hostile:
    """Starts like a request but is not a plain name (too long, blanks, path characters, other scripts). Not touched."""


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
    # Windows ignores case; the answer's name uses the usual one
    start = kind.prefix.removesuffix("req_") if kind else start
    return RequestName(name, kind, f"{start}res_{free}.xml", f"{name[: -len('.xml')]}.err")
