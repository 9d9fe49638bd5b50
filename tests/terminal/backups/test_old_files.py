"""`uketsuke prune` deletes files older than configured, but no ledger, key or undelivered result."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from config.settings import Settings
from consent.ledger import LedgerFile
from terminal.assembly import ledger_path
from terminal.backups.old_files import TRACES, expired_files, prune
from terminal.cli.main import app
from tests.terminal.backups.clinic import ClinicTerminal
from tests.terminal.backups.conftest import Clinic

NOW = datetime.now(UTC)


def write_aged(path: Path, days: int, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    timestamp = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (timestamp, timestamp))
    return path


def with_records(settings: Settings, **records: int) -> Settings:
    return settings.model_copy(update={"records": settings.records.model_copy(update=records)})


def test_files_are_deleted_after_their_configured_age(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    old = [
        write_aged(settings.cache_dir / "model" / "old.bin", 91),
        write_aged(tmp_path / "terminal.log.2026-01-01", 31),
        write_aged(tmp_path / TRACES / "card.txt", 8),
        write_aged(tmp_path / f"audit-{NOW.year - 6}-01.jsonl", 1),
    ]
    recent = [
        write_aged(settings.cache_dir / "recent.bin", 89),
        write_aged(tmp_path / "terminal.log.2026-11-01", 29),
        write_aged(tmp_path / TRACES / "recent.txt", 6),
        write_aged(tmp_path / f"audit-{NOW.year - 1}-01.jsonl", 400),
        write_aged(tmp_path / "audit.jsonl", 4000),
        write_aged(tmp_path / "terminal.log", 4000),
        write_aged(tmp_path / "ledger.db", 4000),
        write_aged(tmp_path / "ledger-until-20200101-000000.db", 4000),
        write_aged(tmp_path / "terminal" / "key.pem", 4000),
        write_aged(tmp_path / "results" / "OQSsiquc01res_face_1.xml", 4000),
    ]
    assert sorted(deleted.path for deleted in prune(settings, NOW)) == sorted(old)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in recent)
    unlimited = with_records(settings, cache_days=0, log_days=0, trace_days=0)
    write_aged(old[0], 9000)
    assert list(expired_files(unlimited, NOW)) == []


def test_only_delivered_and_unchanged_results_are_deleted(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")

    async def day(terminal: ClinicTerminal) -> None:
        for _ in range(3):
            await terminal.reception()

    clinic.run(settings, day)
    first, second, third = sorted(settings.results_dir.glob("*.xml"))
    second.write_bytes(second.read_bytes() + b" ")  # edited after delivery
    other = write_aged(settings.results_dir / "OQSsiquc01res_face_other.xml", 900)
    records = [record.hash for record in LedgerFile(ledger_path(settings)).records()]
    later = NOW + timedelta(days=31)
    assert list(expired_files(settings, later)) == []  # by default (0) results are never deleted
    monthly = with_records(settings, results_days=30)
    assert list(expired_files(monthly, NOW + timedelta(days=29))) == []
    assert {deleted.path for deleted in prune(monthly, later)} == {first, third}
    assert (second.exists(), other.exists()) == (True, True)
    assert [record.hash for record in LedgerFile(ledger_path(settings)).records()] == records


def test_dry_run_lists_files_to_delete(tmp_path: Path) -> None:
    old = write_aged(tmp_path / "cache" / "old.bin", 91)
    environment = {"UKETSUKE_STATE_DIR": str(tmp_path)}
    dry_run = CliRunner().invoke(app, ["prune", "--dry-run"], env=environment)
    assert (dry_run.exit_code, str(old) in dry_run.output, old.exists()) == (0, True, True)
    completed = CliRunner().invoke(app, ["prune"], env=environment)
    assert (completed.exit_code, completed.output, old.exists()) == (0, "deleted: 1 x cache\n", False)
    assert CliRunner().invoke(app, ["prune"], env=environment).output == "deleted: nothing\n"
