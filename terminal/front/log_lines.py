"""The program's log: text or JSON, one file per day, without tracebacks or texts of exceptions.

Messages are sentences of this program with codes and counts in them; no patient data is ever given to the log.
JSON comes from the standard library: there is no context to bind that would need a structured logger.
"""

import json
import logging
from datetime import datetime
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

from config.debugging import debugging, full_text
from config.files import private_folder
from config.japan import JAPAN
from config.settings import Settings
from terminal.front.crash import place


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _without_trace(record: logging.LogRecord) -> logging.LogRecord:
    return logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})


class PlainFormatter(logging.Formatter):
    """A line of text; an error as its kind and place, or in full under `UKETSUKE_DEBUG`."""

    def format(self, record: logging.LogRecord) -> str:
        error = _error_of(record)
        line = super().format(_without_trace(record))
        if error is None:
            return line
        return f"{line}\n{full_text(error)}" if debugging() else f"{line} [{place(error)}]"


class JsonFormatter(logging.Formatter):
    """One JSON object: `at` (ISO 8601, Japan time), `level`, `logger`, `message`, and `error` (kind and place)."""

    def format(self, record: logging.LogRecord) -> str:
        error = _error_of(record)
        entry = {
            "at": datetime.fromtimestamp(record.created, JAPAN).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if error is not None:
            entry["error"] = full_text(error) if debugging() else place(error)
        return json.dumps(entry, ensure_ascii=False)


def formatter(settings: Settings) -> logging.Formatter:
    """The one that the settings name."""
    if settings.log.format == "json":
        return JsonFormatter()
    return PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def log_to(path: Path, settings: Settings) -> logging.Handler:
    """All logs go to this file, mode 0600, and to a new one each day: the screen is painted on stderr."""
    private_folder(path.parent)
    path.touch(mode=0o600, exist_ok=True)
    days = settings.records.log_days
    handler: logging.Handler = (
        TimedRotatingFileHandler(path, when="midnight", backupCount=days, encoding="utf-8")
        if days
        else logging.FileHandler(path, encoding="utf-8")
    )
    handler.setFormatter(formatter(settings))
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return handler
