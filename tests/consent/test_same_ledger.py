"""Test that a missing or replaced ledger is refused until staff start a new one."""

from datetime import datetime
from pathlib import Path

import pytest

from config.japan import JAPAN
from config.profiles import Profile
from consent.ledger import Ledger
from consent.records import Opened
from consent.same_ledger import note_path, require_same, set_aside, write_note
from consent.store import LedgerError, LedgerInUse

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=JAPAN)


def start(path: Path, opened: Opened | None = None) -> None:
    """Start the terminal and, if `opened` is given, record one reception."""
    require_same(path)
    with Ledger.open(path, "terminal-1", clock=lambda: NOW) as ledger:
        write_note(path)
        if opened is not None:
            ledger.opened(opened)


@pytest.fixture
def opened() -> Opened:
    return Opened(check_id="c1", reception_id="r1", card="c" * 64, profile=Profile.CLINIC, way="pin", questions=())


@pytest.fixture
def path(tmp_path: Path, opened: Opened) -> Path:
    ledger = tmp_path / "ledger.db"
    start(ledger, opened)
    start(ledger)
    return ledger


def test_existing_ledger_is_continued(path: Path) -> None:
    start(path)
    assert note_path(path).stat().st_mode & 0o777 == 0o600


def test_ledger_without_note_is_accepted(path: Path) -> None:
    note_path(path).unlink()
    start(path)
    assert note_path(path).exists()


def test_missing_ledger_is_refused(path: Path) -> None:
    path.unlink()
    with pytest.raises(LedgerError, match="is missing, but this terminal has written a ledger"):
        start(path)
    assert not path.exists()


def test_emptied_ledger_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(LedgerError, match="is missing"):
        start(path)


def test_ledger_lost_before_its_first_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    start(path)
    path.unlink()
    with pytest.raises(LedgerError, match="is missing"):
        start(path)


def test_replaced_ledger_is_refused(path: Path, tmp_path: Path, opened: Opened) -> None:
    elsewhere = tmp_path / "elsewhere" / "ledger.db"
    start(elsewhere, opened.model_copy(update={"check_id": "another-check"}))
    path.write_bytes(elsewhere.read_bytes())
    with pytest.raises(LedgerError, match="its first record differs"):
        start(path)


def test_damaged_note_does_not_permit_new_ledger(path: Path) -> None:
    note_path(path).write_text("{")
    with pytest.raises(LedgerError, match="uketsuke ledger begin"):
        start(path)


def test_starting_new_ledger_keeps_old_file(path: Path) -> None:
    before = path.read_bytes()
    old = set_aside(path, NOW)
    assert old is not None
    assert (old.name, old.read_bytes()) == ("ledger-until-20261126-090000.db", before)
    start(path)
    path.unlink()
    assert set_aside(path, NOW) is None
    start(path)


def test_running_terminals_ledger_cannot_be_set_aside(path: Path) -> None:
    with Ledger.open(path, "terminal-1", clock=lambda: NOW), pytest.raises(LedgerInUse):
        set_aside(path, NOW)
