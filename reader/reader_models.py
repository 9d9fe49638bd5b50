"""Limitations of reader models, from a table of known models or determined on this terminal.

If long READ BINARY commands fail in two receptions and short ones work, the working length is stored per model. A new
program version ignores the stored lengths, because it may support the reader better.
"""

import fnmatch
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from config.files import write_atomically
from reader.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX
from reader.reader_names import model_name

_log = logging.getLogger(__name__)
_FAILURES: Final = 2
"""Number of consecutive receptions with failed long reads after which only short ones are used."""


@dataclass(frozen=True, slots=True)
class KnownReader:
    pattern: str
    """Part of the reader name, with the wildcards `*` and `?`."""
    longest_response: int
    """Maximum bytes in a short response. Below 256, signatures cannot be transferred, so confirmation fails."""
    note: str


KNOWN: Final = (
    KnownReader("ACR122", 255, "not supported by the Linux ccid driver, and cannot transfer a complete response"),
    KnownReader("PN53?", 252, "cannot transfer a complete response"),
    KnownReader("ACR1252*PICC", SHORT_LE_MAX, "short commands only"),
    KnownReader("ACR1251*PICC", SHORT_LE_MAX, "short commands only"),
    KnownReader("uTrust 3720", SHORT_LE_MAX, "short commands only"),
    KnownReader("SAM", 0, "slot for a security module inside the reader, not for cards"),
)


def known_model(reader: str) -> KnownReader | None:
    """Return the known limitations of a reader, by its name."""
    name = model_name(reader).casefold()
    return next((model for model in KNOWN if fnmatch.fnmatchcase(name, f"*{model.pattern.casefold()}*")), None)


class ReaderModels:
    """Limitations determined on this terminal, stored in a file, or in memory only if `path` is None."""

    def __init__(self, path: Path | None, version: str) -> None:
        self._path = path
        self._version = version
        self._models: dict[str, dict[str, int]] = self._load()

    def longest_read(self, reader: str) -> int:
        """Return the maximum number of bytes per READ BINARY with a reader."""
        model = self._models.get(model_name(reader), {})
        return model["longest"] if model.get("failures", 0) >= _FAILURES else EXTENDED_LE_MAX

    def record_read(self, reader: str, longest: int) -> None:
        """Record that a card was read with READ BINARY commands of up to `longest` bytes."""
        model = model_name(reader)
        if not model or self.longest_read(reader) <= longest < EXTENDED_LE_MAX:
            return
        previous = dict(self._models)
        if longest > SHORT_LE_MAX:
            self._models.pop(model, None)
        else:
            failures = self._models.get(model, {}).get("failures", 0) + 1
            self._models[model] = {"failures": failures, "longest": longest}
            if failures == _FAILURES:
                _log.warning("reader %s fails on long commands; limiting reads to %d bytes", model, longest)
        if self._models != previous:
            self._save()

    def _load(self) -> dict[str, dict[str, int]]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            stored: Any = json.loads(self._path.read_text("utf-8"))
            if stored["version"] != self._version:
                return {}
            return {
                str(model): {"failures": int(limits["failures"]), "longest": int(limits["longest"])}
                for model, limits in stored["models"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            _log.warning("cannot read %s; starting with an empty file", self._path)
            return {}

    def _save(self) -> None:
        if self._path is None:
            return
        content = json.dumps({"version": self._version, "models": self._models}, ensure_ascii=False, indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, content.encode("utf-8", "surrogateescape"))
        except OSError as error:
            _log.warning("cannot write %s: %s", self._path, error.strerror)
