"""Audits of result files against the ledger, with files delivered by version 0.1."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from consent.ledger import Ledger, LedgerFile
from consent.lifecycle import histories
from terminal.handover import audit
from terminal.handover.audit import FileReport, check_files

STATE = Path(__file__).parents[2] / "fixtures" / "state-v0.1.0"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    shutil.copytree(STATE / "results", tmp_path / "results")
    shutil.copy(STATE / "ledger.db", tmp_path / "ledger.db")
    return tmp_path / "results"


def differences(results: Path) -> list[str]:
    return [difference.description for difference in check_files(results, results.parent / "ledger.db").differing]


def test_unchanged_files_match_ledger(results: Path) -> None:
    assert check_files(results, results.parent / "ledger.db") == FileReport(17, ())


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ("PharmacistsInfoConsFlg>0", "PharmacistsInfoConsFlg>1", "YZK: not granted"),
        ("DiagnosisInfoConsTime>2026", "DiagnosisInfoConsTime>2025", "SRJ: granted at a different time"),
        ("</XmlMsg>", "", "not a valid result"),
        (
            "ArbitraryFileIdentifier>",
            "ArbitraryFileIdentifier>x",
            "its check is not in this ledger: the file is from a different terminal, or records are missing",
        ),
    ],
)
def test_changed_file_is_reported(results: Path, before: str, after: str, difference: str) -> None:
    path = next(path for path in sorted(results.iterdir()) if before in path.read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert differences(results) == [difference]


def test_renamed_file_is_reported(results: Path) -> None:
    path = sorted(results.iterdir())[0]
    path.rename(path.with_name(path.name.replace("20261126", "20261127")))
    assert differences(results) == ["handed over under a different name"]


def test_file_matches_ledger_after_later_withdrawal(results: Path) -> None:
    """Version 0.1 recorded only the end of a file's delivery, not its start."""
    path = results.parent / "ledger.db"
    all_histories = histories(LedgerFile(path).records())
    history = next(
        history
        for history in all_histories.values()
        if history.delivered and history.decided and history.decided.event.granted
    )
    event = history.decision.event
    with Ledger.open(path, "terminal-1", clock=lambda: event.decided_at + timedelta(hours=1)) as ledger:
        ledger.withdrawn(event.check_id, event.granted)
    assert differences(results) == []


def test_file_without_recorded_delivery_is_reported(results: Path) -> None:
    """The ledger is truncated after the decision."""
    path = results.parent / "ledger.db"
    first = sorted(results.iterdir())[0]
    all_histories = histories(LedgerFile(path).records()).values()
    (history,) = [
        history for history in all_histories if history.delivered and history.delivered.event.file_name == first.name
    ]
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER record_remains")
        connection.execute("DELETE FROM record WHERE sequence > ?", (history.decision.sequence,))
    connection.close()
    file_differences = [
        difference.description for difference in check_files(results, path).differing if difference.name == first.name
    ]
    assert file_differences == ["not recorded in the ledger as handed over"]


def test_folder_is_reported_and_vanished_file_is_skipped(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (results / "OQSsiquc01res_face_1_20261126224257.xml").mkdir()
    assert differences(results) == ["not a valid result"]
    monkeypatch.setattr(audit, "read_file", lambda *_: None)
    assert differences(results) == []
