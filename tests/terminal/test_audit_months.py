"""Monthly files of the audit trail and their retention period."""

import json
from pathlib import Path

import pytest

from terminal.audit import AuditRecord, AuditTrail


def write(trail: AuditTrail, *days: str) -> None:
    for day in days:
        fields = dict.fromkeys(AuditRecord.__slots__, "") | {"at": f"{day}T09:00:00+09:00"}
        trail.write(AuditRecord(**fields))  # type: ignore[arg-type]


def days(path: Path) -> list[str]:
    return [json.loads(line)["at"][:10] for line in path.read_text("utf-8").splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_records_are_split_by_month_across_restart(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    trail = AuditTrail(path)
    write(trail, "2026-11-30", "2026-12-01")
    trail.close()
    trail = AuditTrail(path)
    write(trail, "2026-12-31", "2027-01-04", "2027-01-05")
    trail.close()
    assert files(tmp_path) == ["audit-2026-11.jsonl", "audit-2026-12.jsonl", "audit.jsonl"]
    assert days(tmp_path / "audit-2026-12.jsonl") == ["2026-12-01", "2026-12-31"]
    assert days(path) == ["2027-01-04", "2027-01-05"]
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in files(tmp_path)} == {0o600}


def test_files_older_than_five_years_are_deleted(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl", keep_years=5)
    write(trail, "2021-10-01", "2021-11-01", "2021-12-01", "2026-11-26", "2026-12-01")
    trail.close()
    assert files(tmp_path) == ["audit-2021-12.jsonl", "audit-2026-11.jsonl", "audit.jsonl"]


def test_no_record_is_lost_when_clock_is_set_back(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl")
    write(trail, "2026-12-01", "2000-01-01", "2026-12-02", "2027-01-01")
    trail.close()
    assert days(tmp_path / "audit-2026-12.jsonl") == ["2026-12-01", "2000-01-01", "2026-12-02"]


def test_no_file_is_deleted_when_clock_is_far_ahead(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit.jsonl", keep_years=5)
    write(trail, "2026-10-01", "2026-11-26", "2051-01-01")
    trail.close()
    assert files(tmp_path) == ["audit-2026-10.jsonl", "audit-2026-11.jsonl", "audit.jsonl"]


def test_records_return_to_their_month_after_clock_jump(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    trail = AuditTrail(path)
    write(trail, "2026-10-01", "2026-11-25", "2051-01-01", "2026-11-26", "2026-12-01", "2051-01-02")
    trail.close()
    assert days(tmp_path / "audit-2026-11.jsonl") == ["2026-11-25", "2026-11-26"]
    trail = AuditTrail(path)  # the jump is remembered after a restart
    write(trail, "2027-01-04", "2027-02-01")
    trail.close()
    assert days(tmp_path / "audit-2051-01.jsonl") == ["2051-01-01", "2051-01-02"]
    assert days(path) == ["2027-02-01"]
    assert len(files(tmp_path)) == 6


def test_large_files_are_split_by_month_after_start_in_future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.audit.MAX_FILE_SIZE", 400)
    trail = AuditTrail(tmp_path / "audit.jsonl")
    write(trail, "2051-01-01", *["2026-11-26"] * 4, "2026-12-01")
    trail.close()
    assert files(tmp_path) == ["audit-2026-11.jsonl", "audit-2051-01.jsonl", "audit.jsonl"]


def test_existing_monthly_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "audit-2026-11.jsonl").write_text("existing\n")
    trail = AuditTrail(tmp_path / "audit.jsonl")
    write(trail, "2026-11-30", "2026-12-01")
    trail.close()
    assert (tmp_path / "audit-2026-11.jsonl").read_text() == "existing\n"
    assert days(tmp_path / "audit-2026-11-2.jsonl") == ["2026-11-30"]
    assert days(tmp_path / "audit.jsonl") == ["2026-12-01"]
