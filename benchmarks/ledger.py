"""Measure durable appends to the ledger and its verification.

    python benchmarks/ledger.py --json ledger.json --records 100000

Appends use synchronous=FULL. The disk's fsync time is measured for comparison. Records for verification are inserted in
one transaction, because appending them one by one takes hours on a slow disk.
"""

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from config.profiles import Profile
from consent.hash_chain import genesis_hash, record_body, record_hash
from consent.items import Item
from consent.ledger import Ledger
from consent.records import (
    AskedQuestion,
    Cause,
    Decided,
    Delivered,
    Opened,
    RecordBody,
    RecordedAnswer,
    SubmissionConfirmed,
)
from consent.verification import LedgerIntact, verify_file

NOW = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
TERMINAL = "benchmark"


def opened(number: int) -> Opened:
    return Opened(
        check_id=f"check-{number}",
        reception_id=f"reception-{number}",
        card=f"{number:064x}",
        profile=Profile.CLINIC,
        way="face",
        questions=(AskedQuestion(question_id="care-and-medicines", items=(Item.DIAGNOSIS, Item.MEDICINES)),),
    )


def decided(number: int) -> Decided:
    wording = "これまでの診療とお薬の情報を、この医院の医師に見せてもよいですか"
    items = (Item.DIAGNOSIS, Item.MEDICINES, Item.HEALTH_CHECKUP, Item.HIGH_COST_LIMIT)
    return Decided(
        check_id=f"check-{number}",
        reception_id=f"reception-{number}",
        card=f"{number:064x}",
        profile=Profile.CLINIC,
        idempotency_key=f"key-{number}",
        decided_at=NOW,
        cause=Cause.ANSWERED,
        answers=tuple(
            RecordedAnswer(
                item=item,
                granted=True,
                answered_at=NOW,
                question_id="care-and-medicines",
                language="ja",
                wording=wording,
            )
            for item in items
        ),
        result_file=f"OQSsiquc01res_face_{number:030d}",
    )


def confirmed(number: int, count: int, ledger_hash: str) -> SubmissionConfirmed:
    return SubmissionConfirmed(
        check_id=f"check-{number}", accepted_at=NOW, ledger_count=count, ledger_hash=ledger_hash, signature="A" * 96
    )


def delivered(number: int) -> Delivered:
    return Delivered(check_id=f"check-{number}", file_name=f"OQSsiquc01res_face_{number}.xml")


def timed(action: Callable[[], object], times: list[float]) -> None:
    start = time.perf_counter()
    action()
    times.append((time.perf_counter() - start) * 1000)


def appends(path: Path, receptions: int) -> list[float]:
    """Append `receptions` of four records each. Return the duration of each append in milliseconds."""
    times: list[float] = []
    with Ledger.open(path, TERMINAL, clock=lambda: datetime.now(UTC)) as ledger:
        for number in range(receptions):
            timed(partial(ledger.opened, opened(number)), times)
            timed(partial(ledger.decided, decided(number)), times)
            head = ledger.head()
            timed(partial(ledger.confirmed, confirmed(number, head.count, head.hash)), times)
            timed(partial(ledger.delivered, f"check-{number}", f"file-{number}.xml"), times)
    return times


def fill(path: Path, records: int) -> None:
    with Ledger.open(path, TERMINAL, clock=lambda: NOW):
        pass
    connection = sqlite3.connect(path)
    previous, decision = genesis_hash(TERMINAL), (0, "")
    for sequence in range(1, records + 1):
        number, step = divmod(sequence - 1, 4)
        event: RecordBody = opened(number)
        if step == 1:
            event = decided(number)
        elif step == 2:
            event = confirmed(number, *decision)
        elif step == 3:
            event = delivered(number)
        body = record_body(sequence, NOW, previous, event)
        previous = record_hash(previous, body)
        if step == 1:
            decision = (sequence, previous)
        connection.execute("INSERT INTO record (sequence, body, hash) VALUES (?, ?, ?)", (sequence, body, previous))
    connection.commit()
    connection.close()


def fsyncs(folder: Path, count: int) -> list[float]:
    times: list[float] = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            timed(lambda: os.fsync(file.fileno()), times)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--records", type=int, default=100_000, help="number of records to verify")
    parser.add_argument("--receptions", type=int, default=500, help="number of receptions of four appends each")
    parser.add_argument(
        "--folder", type=Path, help="folder on the disk to measure (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        times = appends(folder / "append.db", options.receptions)
        disk = fsyncs(folder, 200)
        fill(folder / "verify.db", options.records)
        start = time.perf_counter()
        outcome = verify_file(folder / "verify.db")
        verify_s = time.perf_counter() - start
        start = time.perf_counter()
        Ledger.open(folder / "verify.db", TERMINAL, clock=lambda: NOW).close()
        open_s = time.perf_counter() - start
        size = (folder / "verify.db").stat().st_size
    cuts = statistics.quantiles(times, n=100)
    figures = {
        "append_p50_ms": round(cuts[49], 3),
        "append_p99_ms": round(cuts[98], 3),
        "fsync_p50_ms": round(statistics.median(disk), 3),
        "records": options.records,
        "verify_s": round(verify_s, 3),
        "verify_1e6_s": round(verify_s * 1_000_000 / options.records, 2),
        "open_s": round(open_s, 3),
        "bytes_per_record": round(size / options.records),
        "intact": isinstance(outcome, LedgerIntact),
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
