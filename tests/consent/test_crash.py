"""kill -9 in the middle of appends: whatever was said to be on disk is there, and the chain is whole."""

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

def say(record):
    print(record.sequence, record.event.kind, record.event.check_id, record.hash, flush=True)
    return record

clock = lambda: datetime.now(UTC)
ledger = Ledger.open(Path(sys.argv[1]), "terminal-1", clock=clock)
common = {"reception_id": "r", "card": "c" * 64, "profile": Profile.CLINIC}
for number in range(ledger.head().count, 10**9):
    check = f"c{number}"
    say(ledger.opened(Opened(check_id=check, way="pin", **common)))
    answer = RecordedAnswer(
        item=Item.MEDICINES, granted=True, answered_at=clock(), question_id="q", language="ja", wording="x" * 200
    )
    decided = say(ledger.decided(Decided(
        check_id=check, idempotency_key=check, decided_at=clock(), cause=Cause.ANSWERED, answers=(answer,),
        result_file="f", **common,
    )))
    say(ledger.confirmed(SubmissionConfirmed(
        check_id=check, accepted_at=clock(), ledger_count=decided.sequence, ledger_hash=decided.hash, signature="c2ln"
    )))
    say(ledger.delivered(check, "f.xml"))
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_writing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "ledger.db"
    said: list[list[str]] = []
    for _ in range(2):  # the second life goes on where the first was cut
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said.append(writer.stdout.readline().split())
            time.sleep(chance.uniform(0, 0.15))
            writer.kill()
            said += [line.split() for line in writer.stdout if line.endswith("\n")]
    assert isinstance(verify_file(path), LedgerIntact)
    written = {str(record.sequence): record for record in LedgerFile(path).records()}
    for sequence, kind, check_id, chained in said:
        record = written[sequence]
        assert (record.event.kind, record.event.check_id, record.hash) == (kind, check_id, chained)
    # at most one record more than was said, for each life: on disk, and killed before saying so
    assert len(said) <= len(written) <= len(said) + 2
    with Ledger.open(path, "terminal-1", clock=lambda: datetime.now(UTC)) as ledger:  # no stale lock either
        waiting = unconfirmed(ledger, datetime.now(UTC))
        left = len(undecided(ledger)) + len(waiting.sendable) + len(undelivered(ledger))
        assert left == len(ledger.unended()) <= 2
