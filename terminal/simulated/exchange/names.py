"""Names of request files and their answers. Names are untrusted input and must match the pattern completely."""

import re
from dataclasses import dataclass
from typing import Final

from terminal.handover.messages.kinds import FileKind, kind_for_name

_PLAIN: Final = re.compile(r"([A-Za-z0-9]{5,15})(req)_([A-Za-z0-9_-]{1,80})\.xml", re.ASCII | re.IGNORECASE)

_SHAPE: Final = re.compile(r"[A-Z]{3}(si|mu)[A-Z]{3}[0-9]{2}req_", re.IGNORECASE)
"""Pattern of names that look like requests, even if mistyped: system, single or multiple, job."""

BEING_WRITTEN: Final = (".tmp", ".part", ".partial", ".writing", "~")
"""Suffixes of files that other programs have not finished writing."""


@dataclass(frozen=True, slots=True)
class RequestName:
    """The name of a request file, with the names of its answers."""

    text: str
    kind: FileKind | None
    """None for a kind that is not simulated or does not exist."""
    answer: str
    """The request's name with `res` instead of `req`."""
    error: str
    """The request's name with the suffix `.err`."""

    @property
    def zip_answer(self) -> str:
        """The name of an answer in a ZIP file."""
        return f"{self.answer.removesuffix('.xml')}.zip"

    @property
    def log_text(self) -> str:
        """The first part of the name, for logs. The second part may contain a patient number."""
        return self.text.partition("_")[0]


class NotARequest:
    """The name of a file that is not a request."""

    def __init__(self, is_suspicious: bool) -> None:
        self.is_suspicious = is_suspicious
        """Whether the name looks like a mistyped request name."""


class Hostile:
    """A name that starts like a request but is too long or contains unusual characters."""


def request_name(name: str) -> RequestName | NotARequest | Hostile:
    """Parse a file name in the request folder."""
    kind = kind_for_name(name, ignore_case=True)
    looks_like_request = kind.prefix.endswith("req_") if kind else _SHAPE.match(name) is not None
    lower = name.lower()
    if not looks_like_request or not lower.endswith(".xml"):
        return NotARequest(is_suspicious=not name.startswith(".") and not lower.endswith(BEING_WRITTEN))
    match = _PLAIN.fullmatch(name)
    if match is None:
        return Hostile()
    start, _, suffix = match.groups()
    # names are case-insensitive, but the answer's name always has the standard case
    start = kind.prefix.removesuffix("req_") if kind else start
    return RequestName(name, kind, f"{start}res_{suffix}.xml", f"{name[: -len('.xml')]}.err")
