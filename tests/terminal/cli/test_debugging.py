"""The debugging variable, which enables tracebacks and is refused with a real card or service."""

import logging
import sys
from pathlib import Path

import pytest

from config.debugging import VARIABLE
from config.settings import ReaderSettings, Settings
from terminal.assembly import NotReady
from terminal.cli.reader import certificate_on_reader
from terminal.cli.run import refuse_debugging
from terminal.front.log_lines import PlainFormatter


def crash_log_line() -> str:
    try:
        raise ValueError("the PIN is 7319")
    except ValueError:
        record = logging.LogRecord("terminal", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    return PlainFormatter("%(message)s").format(record)


def test_log_line_contains_only_exception_type_and_location() -> None:
    line = crash_log_line()
    assert line.startswith("failed [ValueError at test_debugging.py:")
    assert "7319" not in line


def test_debugging_prints_full_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    assert crash_log_line().endswith("ValueError: the PIN is 7319")
    assert "Traceback (most recent call last)" in crash_log_line()


@pytest.mark.parametrize("reader", ["", "ACS ACR1252", "Virtual PCD*"])
def test_debugging_is_refused_with_real_card_or_service(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state_dir=tmp_path, reader=ReaderSettings(name=reader))
    refuse_debugging(settings)
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(NotReady, match=VARIABLE):
        refuse_debugging(settings)  # not enrolled with the stub
    if not reader.startswith("Virtual"):
        with pytest.raises(NotReady, match=VARIABLE):
            certificate_on_reader(settings)


def test_debugging_is_allowed_with_simulated_card_and_stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.setattr("terminal.cli.run.is_simulated", lambda _settings: True)
    refuse_debugging(Settings(state_dir=tmp_path, reader=ReaderSettings(name="Virtual PCD*")))
    with pytest.raises(NotReady, match=VARIABLE):
        refuse_debugging(Settings(state_dir=tmp_path))
