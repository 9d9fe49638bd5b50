"""What staff reads of a day: from the files of audit trail and ledger, in words."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.front.records import Trail
from terminal.front.today import ReceptionStanding, Row, rows
from terminal.handover.folder import DeliveryFailure
from terminal.screens.staff.status import MOST_RECEPTIONS, reception_lines
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


def read(file: Path, lines: Iterable[str] = DAY) -> Trail:
    file.write_text("".join(lines), encoding="utf-8")
    trail = Trail(file)
    trail.read(TODAY)
    return trail


def told(trail: Trail) -> list[tuple[int, ReceptionStanding, str]]:
    return [(row.number, row.standing, row.code) for row in rows(trail.receptions, {}, Idle())]


def test_each_reception_of_the_day_is_told_by_how_it_ended_newest_first(file: Path) -> None:
    assert told(read(file)) == [
        (4, ReceptionStanding.INTERRUPTED, ""),
        (3, ReceptionStanding.INQUIRY, ""),
        (2, ReceptionStanding.LEFT, "card-removed"),
        (1, ReceptionStanding.PROBLEM, "U-402"),
    ]


def test_the_trail_is_read_on_also_within_a_line_and_in_a_new_month(file: Path) -> None:
    trail = read(file)
    one = record("r5", "Idle", "Reading", at="2026-11-22T09:25")
    with file.open("a", encoding="utf-8") as more:
        more.write(one[:40])
        more.flush()
        trail.read(TODAY)
        more.write(one[40:])
    trail.read(TODAY)
    assert told(trail)[0] == (5, ReceptionStanding.INTERRUPTED, "")
    file.unlink()
    trail.read(TODAY)
    assert len(told(trail)) == 5, "a file that is away for a moment changes nothing"
    file.write_text(record("r6", "Idle", "Reading", at="2026-11-22T09:30"), encoding="utf-8")
    trail.read(TODAY)
    assert len(told(trail)) == 6


def test_a_damaged_line_is_skipped_and_no_file_is_no_reception(file: Path) -> None:
    assert told(Trail(file)) == []
    torn = '{"at": "2026-11-22T09:00", torn\n'
    assert [number for number, _, _ in told(read(file, (torn, "[]\n", *DAY[1:4])))] == [1]


def test_another_day_begins_with_an_empty_list(file: Path) -> None:
    trail = read(file)
    trail.read(date(2026, 11, 23))
    assert told(trail) == []


def test_staff_reads_it_in_words() -> None:
    say = staff_words(Settings(), "ja")
    day = [
        Row("r4", 4, "2026-11-22T10:00:00+09:00", ReceptionStanding.HANDING_OVER),
        Row("r3", 0, "2026-11-22T09:30:00+09:00", ReceptionStanding.DELIVERED, without_card=True),
        Row("r1", 1, "2026-11-22T09:05:00+09:00", ReceptionStanding.PROBLEM, "U-402"),
    ]
    lines = list(reception_lines(day, DeliveryFailure.DISK_FULL, say))
    assert lines[0].startswith("  10:00  4番  受け渡し待ち ")
    assert "ディスクがいっぱいです" in lines[0]
    assert "カードなし" in lines[1]
    assert lines[2] == "  09:05  1番  できませんでした U-402 なくしたと届けられ 止められているカードです"
    assert len(list(reception_lines(day * 10, None, say))) == MOST_RECEPTIONS
    assert [line.strip() for line in reception_lines([], None, staff_words(Settings(), "en"))] == ["None yet"]
