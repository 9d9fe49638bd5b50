"""What staff reads of the audit trail."""

import json
from pathlib import Path

from terminal.handover.folder import DeliveryFailure
from terminal.screens.staff.receptions import (
    PastReception,
    ServiceHealth,
    last_receptions,
    read_trail,
    service_standing,
)
from terminal.screens.staff.status import Status
from terminal.words.catalogue import words


def record(
    reception: str, event: str, after: str, detail: str = "", at: str = "2026-11-22T09:00:00+09:00"
) -> dict[str, str]:
    return {"at": at, "reception": reception, "before": "x", "event": event, "after": after, "detail": detail}


DAY = [
    record("r1", "CardPresent", "Reading"),
    record("r1", "Accepted", "Complete", "done"),
    record("r1", "CardTaken", "Complete"),
    record("r1", "Tick", "Idle"),
    record("r2", "CardFailed", "Problem", "U-101"),
    record("", "DisplayChanged", "Idle"),
    record("r2", "Cancelled", "Idle"),
    record("r3", "CardPresent", "Reading"),
    record("r3", "CardTaken", "Idle"),
    record("r4", "ServiceSilent", "Complete", "awaiting"),
    record("r5", "CardPresent", "Reading"),
]


def test_each_reception_is_told_by_how_it_ended_newest_first() -> None:
    assert [(past.ending, past.code) for past in last_receptions(DAY)] == [
        ("under-way", ""),
        ("awaiting", ""),
        ("left", ""),
        ("problem", "U-101"),
        ("done", ""),
    ]


def test_only_the_last_ten() -> None:
    many = [record(f"r{number}", "Accepted", "Complete", "done") for number in range(30)]
    assert len(last_receptions(many)) == 10


def test_the_services_last_word_counts() -> None:
    assert service_standing([]) is ServiceHealth.UNKNOWN
    assert service_standing(DAY) is ServiceHealth.SILENT
    assert service_standing([*DAY, record("r6", "ChallengeFetched", "ChoosingMethod")]) is ServiceHealth.ANSWERED


def test_a_damaged_line_is_skipped_and_no_file_is_no_reception(tmp_path: Path) -> None:
    trail = tmp_path / "audit.jsonl"
    assert read_trail(trail) == []
    trail.write_text("{torn\n" + json.dumps(DAY[0]) + "\n[]\n\xff", encoding="utf-8")
    assert read_trail(trail) == [DAY[0]]


def test_a_long_trail_is_read_from_its_end(tmp_path: Path) -> None:
    trail = tmp_path / "audit.jsonl"
    trail.write_text("\n".join(json.dumps(record(f"r{number}", "x", "Reading")) for number in range(5000)))
    read = read_trail(trail)
    assert read[-1]["reception"] == "r4999"
    assert len(read) < 5000


def test_staff_reads_it_in_words() -> None:
    status = Status(
        reader=None,
        camera=True,
        service=ServiceHealth.SILENT,
        backlog=2,
        handover=DeliveryFailure.DISK_FULL,
        receptions=(PastReception("2026-11-22T09:05:00+09:00", "problem", "U-402"), PastReception("?", "done")),
        held_by=("scdaemon (process 4711)",),
    )
    text = "\n".join(status.lines(words("ja")))
    assert "使えません" in text
    assert "返事がありません" in text
    assert "2件" in text
    assert "カードを使っているプログラム" in text
    assert "scdaemon (process 4711)" in text
    assert "ディスクがいっぱいです" in text
    assert "11-22 09:05  U-402 なくしたと届けられ 止められているカードです" in text
    assert "--:--  完了" in text


def test_a_quiet_terminal_says_so() -> None:
    status = Status(reader="A", camera=False, service=ServiceHealth.UNKNOWN, backlog=None, handover=None, receptions=())
    assert status.lines(words("en"))[-1].strip() == "none"
