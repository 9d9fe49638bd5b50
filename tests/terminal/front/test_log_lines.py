"""Text and JSON logs: format, daily rotation and no personal data."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.front.log_lines import log_to


@pytest.fixture(autouse=True)
def _restore_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close() if handler not in handlers else None
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


def settings(tmp_path: Path, log_format: str, days: int = 30) -> Settings:
    return Settings.model_validate(
        {"state_dir": tmp_path, "log": {"format": log_format}, "records": {"log_days": days}}
    )


def write_entries() -> None:
    log = logging.getLogger("terminal.conductor")
    log.info("reader %s: %d cards", "found", 2)
    try:
        raise ValueError("canary-7391")
    except ValueError:
        log.exception("it failed\nin two lines")


def test_json_log_has_one_object_per_entry(tmp_path: Path) -> None:
    path = tmp_path / "terminal.log"
    log_to(path, settings(tmp_path, "json"))
    write_entries()
    text = path.read_text("utf-8")
    first, second = (json.loads(line) for line in text.splitlines())
    assert (first["level"], first["logger"], first["message"]) == (
        "INFO",
        "terminal.conductor",
        "reader found: 2 cards",
    )
    assert datetime.fromisoformat(first["at"]).utcoffset() is not None
    assert second["message"] == "it failed\nin two lines"
    assert second["error"].startswith("ValueError at test_log_lines.py")
    assert "canary" not in text
    assert path.stat().st_mode & 0o777 == 0o600


def test_text_log_has_messages_without_tracebacks(tmp_path: Path) -> None:
    path = tmp_path / "terminal.log"
    log_to(path, settings(tmp_path, "text"))
    write_entries()
    text = path.read_text("utf-8")
    assert "reader found: 2 cards" in text
    assert "canary" not in text
    assert "Traceback" not in text


def test_log_rotates_daily_and_deletes_old_files(tmp_path: Path) -> None:
    path = tmp_path / "terminal.log"
    handler = log_to(path, settings(tmp_path, "text", days=2))
    for _ in range(4):
        write_entries()
        handler.rolloverAt = int(time.time()) - 1  # type: ignore[attr-defined]
        for old in tmp_path.glob("terminal.log.*"):
            old.rename(old.with_name(f"terminal.log.2026-11-{10 + len(list(tmp_path.glob('terminal.log.*')))}"))
    assert len(list(tmp_path.glob("terminal.log.*"))) <= 2
    unlimited_handler = log_to(path, settings(tmp_path, "text", days=0))
    assert type(unlimited_handler) is logging.FileHandler
