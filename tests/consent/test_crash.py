"""Test that every acknowledged record survives kill -9 during appends."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.ledger import Ledger, LedgerFile
from consent.outbox import unconfirmed, undecided, undelivered
from consent.verification import LedgerIntact, verify_file

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from config.profiles import Profile
from consent.items import Item
from consent.ledger import Ledger
from consent.records import Cause, Decided, Opened, RecordedAnswer, SubmissionConfirmed

def report(record):
    print(record.sequence, record.event.kind, record.event.check_id, record.hash, flush=True)
    return record

clock = lambda: datetime.now(UTC)
ledger = Ledger.open(Path(sys.argv[1]), "terminal-1", clock=clock)
common = {"reception_id": "r", "card": "c" * 64, "profile": Profile.CLINIC}
for number in range(ledger.head().count, 10**9):
    check = f"c{number}"
    report(ledger.opened(Opened(check_id=check, way="pin", **common)))
    answer = RecordedAnswer(
        item=Item.MEDICINES, granted=True, answered_at=clock(), question_id="q", language="ja", wording="x" * 200
    )
    decided = report(ledger.decided(Decided(
        check_id=check, idempotency_key=check, decided_at=clock(), cause=Cause.ANSWERED, answers=(answer,),
        result_file="f", **common,
    )))
    report(ledger.confirmed(SubmissionConfirmed(
        check_id=check, accepted_at=clock(), ledger_count=decided.sequence, ledger_hash=decided.hash, signature="c2ln"
    )))
    report(ledger.delivered(check, "f.xml"))
"""


@pytest.mark.parametrize("seed", range(4))
def test_acknowledged_records_survive_kill(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "ledger.db"
    reported: list[list[str]] = []
    for _ in range(2):  # the second process continues the same ledger
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            reported.append(writer.stdout.readline().split())
            time.sleep(rng.uniform(0, 0.15))
            writer.kill()
            reported += [line.split() for line in writer.stdout if line.endswith("\n")]
    assert isinstance(verify_file(path), LedgerIntact)
    records = {str(record.sequence): record for record in LedgerFile(path).records()}
    for sequence, kind, check_id, digest in reported:
        record = records[sequence]
        assert (record.event.kind, record.event.check_id, record.hash) == (kind, check_id, digest)
    # each process may be killed between writing a record and reporting it
    assert len(reported) <= len(records) <= len(reported) + 2
    with Ledger.open(path, "terminal-1", clock=lambda: datetime.now(UTC)) as ledger:  # fails if a stale lock remains
        pending = unconfirmed(ledger, datetime.now(UTC))
        unfinished = len(undecided(ledger)) + len(pending.sendable) + len(undelivered(ledger))
        assert unfinished == len(ledger.unfinished()) <= 2
