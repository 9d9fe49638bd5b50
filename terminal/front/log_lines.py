"""Log formatters for text and JSON, without tracebacks or exception messages.

Log messages contain only codes and counts, never patient data.
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
from terminal.front.crash import error_location


def _error_text(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if isinstance(record.exc_info, tuple) else None


def _without_trace(record: logging.LogRecord) -> logging.LogRecord:
    return logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})


class PlainFormatter(logging.Formatter):
    """Format entries as text. Errors are reduced to type and location, unless `UKETSUKE_DEBUG` is set."""

    def format(self, record: logging.LogRecord) -> str:
        error = _error_text(record)
        line = super().format(_without_trace(record))
        if error is None:
            return line
        return f"{line}\n{full_text(error)}" if debugging() else f"{line} [{error_location(error)}]"


class JsonFormatter(logging.Formatter):
    """Format entries as JSON objects.

    Keys: `at` (ISO 8601, Japan time), `level`, `logger`, `message` and, for errors, `error` (type and location).
    """

    def format(self, record: logging.LogRecord) -> str:
        error = _error_text(record)
        entry = {
            "at": datetime.fromtimestamp(record.created, JAPAN).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if error is not None:
            entry["error"] = full_text(error) if debugging() else error_location(error)
        return json.dumps(entry, ensure_ascii=False)


def formatter(settings: Settings) -> logging.Formatter:
    """Return the formatter selected in the settings."""
    if settings.log.format == "json":
        return JsonFormatter()
    return PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def log_to(path: Path, settings: Settings) -> logging.Handler:
    """Write all logs to this file only (mode 0600, rotated daily), because Textual draws on stderr."""
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
    for existing in list(root.handlers):
        root.removeHandler(existing)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return handler
