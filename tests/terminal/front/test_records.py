"""The list of today's receptions for staff, read from the audit trail."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.front.records import Trail
from terminal.front.todays_receptions import ReceptionStatus, Row, rows
from terminal.handover.folder import DeliveryFailure
from terminal.screens.staff.status import MAX_RECEPTIONS, reception_lines
from terminal.session.states import Idle
from terminal.words.staff import staff_words

TODAY = date(2026, 11, 22)


def record(reception: str, before: str, after: str, detail: str = "", at: str = "2026-11-22T09:05") -> str:
    number = int(reception.removeprefix("r") or 0)
    fields = {"at": f"{at}:00.000+09:00", "reception": reception, "number": number}
    return json.dumps(fields | {"before": before, "event": "x", "after": after, "detail": detail}) + "\n"


DAY = (
    record("r9", "Idle", "Reading", at="2026-11-21T18:00"),
    record("r1", "Idle", "Reading"),
    record("r1", "Reading", "Problem", "U-402"),
    record("", "Idle", "Idle"),
    record("r1", "Problem", "Idle", "left"),
    record("r2", "Idle", "Reading", at="2026-11-22T09:10"),
    record("r2", "ChoosingMethod", "Idle", "card-removed"),
    record("r3", "Idle", "Reading", at="2026-11-22T09:15"),
    record("r3", "Reading", "Inquiry"),
    record("r3", "Inquiry", "Idle", "left"),
    record("r4", "Idle", "Reading", at="2026-11-22T09:20"),
    record("r4", "Reading", "ChoosingMethod", "start"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def read_trail(file: Path, lines: Iterable[str] = DAY) -> Trail:
    file.write_text("".join(lines), encoding="utf-8")
    trail = Trail(file)
    trail.read(TODAY)
    return trail


def entries(trail: Trail) -> list[tuple[int, ReceptionStatus, str]]:
    return [(row.number, row.status, row.code) for row in rows(trail.receptions, {}, Idle())]


def test_todays_receptions_are_listed_with_their_outcome_newest_first(file: Path) -> None:
    assert entries(read_trail(file)) == [
        (4, ReceptionStatus.INTERRUPTED, ""),
        (3, ReceptionStatus.INQUIRY, ""),
        (2, ReceptionStatus.LEFT, "card-removed"),
        (1, ReceptionStatus.PROBLEM, "U-402"),
    ]


def test_list_handles_partial_lines_and_replaced_files(file: Path) -> None:
    trail = read_trail(file)
    line = record("r5", "Idle", "Reading", at="2026-11-22T09:25")
    with file.open("a", encoding="utf-8") as stream:
        stream.write(line[:40])
        stream.flush()
        trail.read(TODAY)
        stream.write(line[40:])
    trail.read(TODAY)
    assert entries(trail)[0] == (5, ReceptionStatus.INTERRUPTED, "")
    file.unlink()
    trail.read(TODAY)
    assert len(entries(trail)) == 5, "the missing file changed the list"
    file.write_text(record("r6", "Idle", "Reading", at="2026-11-22T09:30"), encoding="utf-8")
    trail.read(TODAY)
    assert len(entries(trail)) == 6


def test_damaged_lines_and_missing_files_are_skipped(file: Path) -> None:
    assert entries(Trail(file)) == []
    damaged = '{"at": "2026-11-22T09:00", damaged\n'
    assert [number for number, _, _ in entries(read_trail(file, (damaged, "[]\n", *DAY[1:4])))] == [1]


def test_new_day_starts_with_an_empty_list(file: Path) -> None:
    trail = read_trail(file)
    trail.read(date(2026, 11, 23))
    assert entries(trail) == []


def test_list_is_formatted_as_text() -> None:
    say = staff_words(Settings(), "ja")
    day = [
        Row("r4", 4, "2026-11-22T10:00:00+09:00", ReceptionStatus.HANDING_OVER),
        Row("r3", 0, "2026-11-22T09:30:00+09:00", ReceptionStatus.DELIVERED, without_card=True),
        Row("r1", 1, "2026-11-22T09:05:00+09:00", ReceptionStatus.PROBLEM, "U-402"),
    ]
    lines = list(reception_lines(day, DeliveryFailure.DISK_FULL, say))
    assert lines[0].startswith("  10:00  4番  受け渡し待ち ")
    assert "ディスクがいっぱいです" in lines[0]
    assert "カードなし" in lines[1]
    assert lines[2] == "  09:05  1番  できませんでした U-402 なくしたと届けられ 止められているカードです"
    assert len(list(reception_lines(day * 10, None, say))) == MAX_RECEPTIONS
    assert [line.strip() for line in reception_lines([], None, staff_words(Settings(), "en"))] == ["None yet"]
