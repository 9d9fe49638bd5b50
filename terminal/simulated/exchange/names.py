"""Names of request files and of what answers them. They come from outside: matched whole, or not used at all."""

import re
from dataclasses import dataclass
from typing import Final

from terminal.handover.messages.kinds import FileKind, kind_of

_PLAIN: Final = re.compile(r"([A-Za-z0-9]{5,15})(req)_([A-Za-z0-9_-]{1,80})\.xml", re.ASCII)

_SHAPE: Final = re.compile(r"[A-Z]{3}(si|mu)[a-z]{3}[0-9]{2}req_")
"""System, single or multiple, job: a request of some kind, if only by a slip."""


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
    def shown(self) -> str:
        """For logs: the start alone, for the rest may hold a patient's number."""
        return self.text.partition("_")[0]


class NotARequest:
    """Some other file: left alone."""


class Hostile:
    """Begins like a request and is no plain name (too long, blanks, path signs, other scripts): refused, left alone."""


def request_name(name: str) -> RequestName | NotARequest | Hostile:
    kind = kind_of(name)
    claims = kind.prefix.endswith("req_") if kind else _SHAPE.match(name) is not None
    # Programs write under another ending first and rename.
    if not claims or not name.endswith(".xml"):
        return NotARequest()
    matched = _PLAIN.fullmatch(name)
    if matched is None:
        return Hostile()
    start, _, free = matched.groups()
    return RequestName(name, kind, f"{start}res_{free}.xml", f"{name[: -len('.xml')]}.err")
