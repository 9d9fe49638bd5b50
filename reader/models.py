"""Limitations of reader models, known from descriptors and reports or determined on this terminal.

If long READ BINARY commands fail twice with a model and short ones work, the working length is remembered. A new
version of the program discards it, because it may handle the reader better.
"""

import fnmatch
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from config.files import write_atomically
from reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX
from reader.names import model_of

_log = logging.getLogger(__name__)
_FAILURES: Final = 2
"""Number of consecutive receptions with failed long reads after which only short ones are used."""


@dataclass(frozen=True, slots=True)
class KnownReader:
    pattern: str
    """Part of the reader name; `*` is a wildcard."""
    longest_answer: int
    """Maximum bytes in a short answer. Below 256, signatures cannot be transferred, so neither PIN nor face works."""
    note: str


KNOWN: Final = (
    KnownReader("ACR122", 255, "not supported by the Linux ccid driver, and cannot transfer a complete answer"),
    KnownReader("PN53?", 252, "cannot transfer a complete answer"),
    KnownReader("ACR1252*PICC", SHORT_LE_MAX, "short commands only"),
    KnownReader("ACR1251*PICC", SHORT_LE_MAX, "short commands only"),
    KnownReader("uTrust 3720", SHORT_LE_MAX, "short commands only"),
    KnownReader("SAM", 0, "slot for a security module inside the reader, not for cards"),
)


def known_model(reader: str) -> KnownReader | None:
    """Return the known limitations of a reader, by its name."""
    name = model_of(reader).casefold()
    return next((one for one in KNOWN if fnmatch.fnmatchcase(name, f"*{one.pattern.casefold()}*")), None)


class ReaderModels:
    """Limitations determined on this terminal. Stored in memory only if there is no file."""

    def __init__(self, path: Path | None, version: str) -> None:
        self._path = path
        self._version = version
        self._models: dict[str, dict[str, int]] = self._load()

    def longest_read(self, reader: str) -> int:
        """Return the maximum number of bytes to request from a reader at once."""
        found = self._models.get(model_of(reader), {})
        return found["longest"] if found.get("failures", 0) >= _FAILURES else EXTENDED_LE_MAX

    def note(self, reader: str, longest: int) -> None:
        """Record, after a card was read, that reads of `longest` bytes worked."""
        model = model_of(reader)
        if not model or self.longest_read(reader) <= longest < EXTENDED_LE_MAX:
            return
        before = dict(self._models)
        if longest > SHORT_LE_MAX:
            self._models.pop(model, None)
        else:
            failures = self._models.get(model, {}).get("failures", 0) + 1
            self._models[model] = {"failures": failures, "longest": longest}
            if failures == _FAILURES:
                _log.warning("reader %s: long commands fail; reading %d bytes at a time from now on", model, longest)
        if self._models != before:
            self._save()

    def _load(self) -> dict[str, dict[str, int]]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            kept: Any = json.loads(self._path.read_text("utf-8"))
            if kept["version"] != self._version:
                return {}
            return {
                str(model): {"failures": int(found["failures"]), "longest": int(found["longest"])}
                for model, found in kept["models"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            _log.warning("%s cannot be read; starting a new one", self._path)
            return {}

    def _save(self) -> None:
        if self._path is None:
            return
        content = json.dumps({"version": self._version, "models": self._models}, ensure_ascii=False, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, content.encode("utf-8", "surrogateescape"))
        except OSError as error:
            _log.warning("%s cannot be written: %s", self._path, error.strerror)
