"""Tests for the ledger: event order, reopening, concurrent access and file errors."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ValidationError

from consent.card_hashes import card_hash
from consent.hash_chain import genesis_hash, record_hash
from consent.items import Item
from consent.ledger import Ledger, LedgerFile
from consent.lifecycle import LifeCycleError
from consent.records import (
    CorrectedAnswer,
    Decided,
    LedgerHead,
    Opened,
    RecordBody,
    RecordedAnswer,
    SubmissionConfirmed,
    TimeCorrected,
    WithdrawalSettled,
)
from consent.store import LedgerError, LedgerInUse, LedgerUnwritable
from consent.verification import LedgerIntact, verify_file

if TYPE_CHECKING:
    from tests.consent.conftest import Clock, Counter


def test_reception_is_recorded_from_opening_to_delivery(counter: Counter) -> None:
    counter.to_delivered()
    records = list(counter.ledger.records())
    assert [record.event.kind for record in records] == ["opened", "decided", "confirmed", "delivered"]
    assert [record.sequence for record in records] == [1, 2, 3, 4]
    assert records[0].previous == genesis_hash("terminal-1")
    assert [record.previous for record in records[1:]] == [record.hash for record in records[:-1]]
    assert counter.ledger.head() == LedgerHead(4, records[-1].hash)
    assert counter.ledger.verify() == LedgerIntact("terminal-1", counter.ledger.head())


def test_reopening_preserves_records(counter: Counter) -> None:
    written = [
        counter.ledger.opened(counter.opening()),
        counter.ledger.decided(counter.decision(by_law=(Item.HIGH_COST_LIMIT,), prescription_form="1")),
    ]
    assert list(counter.reopen().records()) == written
    assert list(counter.ledger.records(start=2)) == written[1:]


def test_chain_can_be_checked_with_sha256_alone(counter: Counter, path: Path) -> None:
    counter.to_delivered()
    counter.ledger.close()
    previous = genesis_hash("terminal-1")
    for body, digest in sqlite3.connect(path).execute("SELECT body, hash FROM record ORDER BY sequence"):
        assert json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == body
        assert record_hash(previous, body) == digest
        previous = digest


def test_decision_contains_everything_needed_to_resend_it(counter: Counter) -> None:
    decided = counter.to_decided()
    later = counter.reopen().history("c1")
    assert later is not None
    assert later.decided == decided
    assert later.decided.event.answers[0].answered_at == counter.clock()
    assert later.decided.event.answers[0].wording.startswith("これまでの診療")


# --- life cycle ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reach", "attempt", "reason"),
    [
        ("", "decided", "it was never opened"),
        ("", "delivered", "it was never opened"),
        ("opened", "opened", "it was already opened"),
        ("opened", "confirmed", "it is not decided"),
        ("opened", "expired", "its stage is 'opened', not 'decided'"),
        ("opened", "delivered", "its stage is 'opened', not 'confirmed'"),
        ("opened", "withdrawn", "its stage is 'opened' and it has no consent to withdraw"),
        ("decided", "opened", "it was already opened"),
        ("decided", "decided", "its stage is 'decided', not 'opened'"),
        ("decided", "delivered", "its stage is 'decided', not 'confirmed'"),
        ("decided", "withdrawn", "its stage is 'decided' and it has no consent to withdraw"),
        ("confirmed", "decided", "its stage is 'confirmed', not 'opened'"),
        ("confirmed", "confirmed", "its stage is 'confirmed'"),
        ("confirmed", "expired", "its stage is 'confirmed', not 'decided'"),
        ("delivered", "delivered", "its stage is 'delivered', not 'confirmed'"),
        ("delivered", "discarded", "its stage is 'delivered'"),
        ("delivered", "opened", "it was already opened"),
        ("expired", "confirmed", "its stage is 'expired'"),
        ("discarded", "decided", "its stage is 'discarded', not 'opened'"),
        ("withdrawn", "withdrawn", "already withdrawn: YZK"),
        ("opened", "settled", "not withdrawn, or already settled: YZK"),
        ("delivered", "settled", "not withdrawn, or already settled: YZK"),
        ("settled", "settled", "already settled"),
        ("settled", "discarded", "its stage is 'delivered'"),
    ],
)
def test_events_out_of_order_are_refused(counter: Counter, reach: str, attempt: str, reason: str) -> None:
    stages = {
        "": [],
        "opened": ["opened"],
        "decided": ["opened", "decided"],
        "confirmed": ["opened", "decided", "confirmed"],
        "delivered": ["opened", "decided", "confirmed", "delivered"],
        "expired": ["opened", "decided", "expired"],
        "discarded": ["opened", "discarded"],
        "withdrawn": ["opened", "decided", "confirmed", "withdrawn"],
        "settled": ["opened", "decided", "confirmed", "delivered", "withdrawn", "settled"],
    }
    for stage in stages[reach]:
        append(counter, stage)
    before = counter.ledger.head()
    with pytest.raises(LifeCycleError, match=reason):
        append(counter, attempt)
    counter.reopen()
    with pytest.raises(LifeCycleError, match=reason):
        append(counter, attempt)
    assert counter.ledger.head() == before
    assert isinstance(counter.ledger.verify(), LedgerIntact)


def append(counter: Counter, kind: str) -> None:
    ledger, history = counter.ledger, counter.ledger.history("c1")
    if kind == "opened":
        ledger.opened(counter.opening())
    elif kind == "decided":
        ledger.decided(counter.decision())
    elif kind == "confirmed":
        sent = history.decided if history else None
        count, digest = (sent.sequence, sent.hash) if sent else (1, ledger.head().hash)
        ledger.confirmed(
            SubmissionConfirmed(
                check_id="c1", accepted_at=counter.clock(), ledger_count=count, ledger_hash=digest, signature="c2ln"
            )
        )
    elif kind == "delivered":
        ledger.delivered("c1", "OQSsiquc01res_face_c1.xml")
    elif kind == "expired":
        ledger.expired("c1")
    elif kind == "withdrawn":
        ledger.withdrawn("c1", [Item.MEDICINES])
    elif kind == "settled":
        ledger.withdrawal_settled(WithdrawalSettled(check_id="c1", items=(Item.MEDICINES,)))
    else:
        ledger.discarded("c1", "by-staff")


def test_items_can_be_withdrawn_separately_after_delivery(counter: Counter) -> None:
    counter.to_delivered()
    counter.ledger.withdrawn("c1", [Item.MEDICINES])
    counter.ledger.withdrawn("c1", [Item.DIAGNOSIS])
    with pytest.raises(LifeCycleError, match="not granted: SHJ"):
        counter.ledger.withdrawn("c1", [Item.SURGERY])


@pytest.mark.parametrize(("field", "other"), [("card", "d" * 64), ("reception_id", "r-c2"), ("profile", "pharmacy")])
def test_decision_for_different_reception_is_refused(counter: Counter, field: str, other: str) -> None:
    counter.ledger.opened(counter.opening())
    with pytest.raises(LifeCycleError, match=f"its {field} differs from the opened check's"):
        counter.ledger.decided(counter.decision(**{field: other}))  # type: ignore[arg-type]


def test_receipt_with_unknown_head_is_refused(counter: Counter) -> None:
    decided = counter.to_decided()
    unknown = counter.receipt(decided).model_copy(update={"ledger_hash": "f" * 64})
    with pytest.raises(LifeCycleError, match="head was never in this ledger"):
        counter.ledger.confirmed(unknown)
    ahead = counter.receipt(decided).model_copy(update={"ledger_count": 99})
    with pytest.raises(LifeCycleError, match="head was never in this ledger"):
        counter.ledger.confirmed(ahead)
    counter.ledger.confirmed(counter.receipt(decided))


# --- refused contents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"name": "見本　太郎"},
        {"check_id": "見本太郎"},
        {"card": "00009876"},
        {"result_file": "../../etc/passwd"},
        {"prescription_form": "3"},
        {"decided_at": datetime(2026, 11, 22)},
        {"cause": "interrupted"},
        {"by_law": (Item.DIAGNOSIS,)},
        {"idempotency_key": ""},
    ],
)
def test_invalid_fields_are_refused_without_quoting_them(counter: Counter, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        counter.decision(**change)  # type: ignore[arg-type]
    assert "太郎" not in str(caught.value)


def test_string_enums_from_other_packages_are_accepted(counter: Counter) -> None:
    class Way(StrEnum):
        FACE = "face"

    class Form(StrEnum):
        PAPER = "2"

    opening = counter.opening().model_dump() | {"way": Way.FACE}
    counter.ledger.opened(Opened.model_validate(opening))
    counter.ledger.decided(counter.decision(prescription_form=Form.PAPER))
    opened, decided = (record.event for record in counter.reopen().records())
    assert isinstance(opened, Opened)
    assert isinstance(decided, Decided)
    assert (opened.way, decided.prescription_form) == ("face", "2")


def test_reason_must_be_code(counter: Counter) -> None:
    counter.ledger.opened(counter.opening())
    with pytest.raises(ValidationError) as caught:
        counter.ledger.discarded("c1", "見本太郎さんが帰った")
    assert "見本" not in str(caught.value)


@pytest.mark.parametrize("missing", [{"answered_at": None}, {"language": None}, {"wording": ""}])
def test_consent_requires_time_wording_and_language(counter: Counter, missing: dict[str, object]) -> None:
    complete = counter.decision().answers[0].model_dump()
    with pytest.raises(ValidationError, match="a granted answer requires a time"):
        RecordedAnswer.model_validate(complete | missing)


def test_records_have_no_field_for_personal_data() -> None:
    suspicious = {"name", "kana", "birth", "address", "number", "photo", "encoding", "pin", "sex", "serial"}
    models: list[type[BaseModel]] = [Opened, Decided, SubmissionConfirmed, RecordedAnswer, *RecordBody.__subclasses__()]
    for model in models:
        for field in model.model_fields:
            if field != "file_name":
                assert not suspicious & set(field.split("_")), (model, field)


def test_card_hash_is_keyed() -> None:
    key, other = b"k" * 32, b"o" * 32
    assert card_hash(key, 0x1234) == card_hash(key, b"\x12\x34")
    assert len({card_hash(key, 1), card_hash(key, 2), card_hash(other, 1), card_hash(key, 0)}) == 4
    with pytest.raises(ValueError, match="32 bytes"):
        card_hash(b"short", 1)


# --- one writer, many readers -------------------------------------------------------------------------------


def test_second_writer_in_same_process_is_refused(counter: Counter, path: Path, clock: Clock) -> None:
    with pytest.raises(LedgerInUse) as caught:
        Ledger.open(path, "terminal-1", clock=clock)
    assert str(path) in str(caught.value)
    assert f"process {os.getpid()}" in str(caught.value)
    counter.to_delivered()


def test_second_writer_in_another_process_is_refused(counter: Counter, path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path; from consent.ledger import Ledger\n"
        "Ledger.open(Path(sys.argv[1]), 'terminal-1', clock=lambda: datetime.now(UTC))"
    )
    result = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True)
    assert result.returncode != 0
    assert f"LedgerInUse: {path} is in use by process {os.getpid()}" in result.stderr
    assert "UKETSUKE_STATE_DIR" in result.stderr


def test_closed_ledger_can_be_opened_again(counter: Counter) -> None:
    counter.to_decided()
    head = counter.ledger.head()
    assert counter.reopen().head() == head


def test_reader_keeps_its_snapshot_during_writes(counter: Counter, path: Path) -> None:
    counter.to_decided("c1")
    reader = LedgerFile(path)
    reading = reader.records()
    first = next(reading)
    counter.to_decided("c2")
    assert [first.sequence, *(record.sequence for record in reading)] == [1, 2]  # the reader keeps its snapshot
    assert reader.head() == counter.ledger.head()
    assert reader.verify() == LedgerIntact("terminal-1", counter.ledger.head())
    assert [history.check_id for history in reader.unfinished()] == ["c1", "c2"]


def test_copy_on_read_only_media_can_be_verified(counter: Counter, path: Path, tmp_path: Path) -> None:
    counter.to_delivered()
    counter.ledger.close()
    folder = tmp_path / "cd"
    folder.mkdir()
    (folder / "ledger.db").write_bytes(path.read_bytes())
    folder.chmod(0o500)
    try:
        assert isinstance(verify_file(folder / "ledger.db"), LedgerIntact)
    finally:
        folder.chmod(0o700)


def test_copy_in_read_only_folder_can_be_verified(counter: Counter, path: Path) -> None:
    """Simulate read-only media even for root: SQLite cannot create its shared-memory file."""
    counter.to_delivered()
    counter.ledger.close()
    path.with_name(path.name + "-shm").mkdir()
    assert isinstance(verify_file(path), LedgerIntact)


def test_concurrent_appends_form_one_chain(counter: Counter) -> None:
    threads = [threading.Thread(target=counter.to_delivered, args=(f"c{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.ledger.head().count == 24
    assert isinstance(counter.ledger.verify(), LedgerIntact)


# --- file ---------------------------------------------------------------------------------------------------


def test_ledger_file_is_durable_and_private(counter: Counter, path: Path) -> None:
    connection = counter.ledger._store._connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    counter.to_decided()
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_another_terminals_ledger_is_refused(counter: Counter, path: Path, clock: Clock) -> None:
    counter.ledger.close()
    with pytest.raises(LedgerError, match="is the ledger of terminal 'terminal-1', not of 'terminal-2'"):
        Ledger.open(path, "terminal-2", clock=clock)
    counter.reopen()  # the failed attempt released its lock


def test_non_database_file_is_refused(path: Path, clock: Clock) -> None:
    path.write_text("これは台帳ではありません" * 100, encoding="utf-8")
    with pytest.raises(LedgerUnwritable, match="not a database"):
        Ledger.open(path, "terminal-1", clock=clock)


def test_folder_that_cannot_be_created_is_reported(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LedgerUnwritable, match=r"cannot open .*ledger.db: .*File exists"):
        Ledger.open(tmp_path / "state" / "ledger.db", "terminal-1", clock=clock)


def test_lock_that_cannot_be_created_is_reported(path: Path, clock: Clock) -> None:
    path.with_name("ledger.db.lock").mkdir()
    with pytest.raises(LedgerUnwritable, match=r"cannot create .*ledger.db.lock: .* Make its folder writable"):
        Ledger.open(path, "terminal-1", clock=clock)


def test_later_ledger_format_is_refused(counter: Counter, path: Path, clock: Clock) -> None:
    counter.ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE ledger SET format = 2")
    with pytest.raises(LedgerError, match="has ledger format 2, but this version reads 1"):
        Ledger.open(path, "terminal-1", clock=clock)


def test_missing_ledger_file_is_reported(path: Path) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        verify_file(path)
    with pytest.raises(LedgerError, match="does not exist"):
        LedgerFile(path).head()


def test_full_disk_loses_no_record(counter: Counter) -> None:
    counter.to_delivered("c1")
    before = counter.ledger.head()
    connection = counter.ledger._store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    written = 0

    def write_until_refused() -> None:
        nonlocal written
        for number in range(2, 50):
            counter.ledger.opened(counter.opening(f"c{number}"))
            written += 1

    with pytest.raises(LedgerUnwritable, match=r"cannot write .*full"):
        write_until_refused()
    assert counter.ledger.head().count == before.count + written
    assert counter.ledger.head() == LedgerFile(counter.ledger.path).head()
    connection.execute("PRAGMA max_page_count = 100000")
    counter.to_delivered("after")
    assert isinstance(counter.ledger.verify(), LedgerIntact)


def test_database_refuses_changes_to_records(counter: Counter, path: Path) -> None:
    counter.to_decided()
    connection = sqlite3.connect(path)
    for statement in ("UPDATE record SET body = '{}'", "DELETE FROM record"):
        with pytest.raises(sqlite3.IntegrityError, match="ledger records cannot be"):
            connection.execute(statement)


def test_clock_without_zone_is_refused(path: Path, counter: Counter) -> None:
    counter.ledger.close()
    with (
        Ledger.open(path, "terminal-1", clock=lambda: datetime(2026, 11, 22)) as ledger,
        pytest.raises(ValueError, match="must return timezone-aware times"),
    ):
        ledger.opened(counter.opening())


def test_receipt_for_head_before_decision_is_refused(counter: Counter) -> None:
    """The receipt's head is in this ledger, but precedes the decision it confirms."""
    opened = counter.ledger.opened(counter.opening())
    decided = counter.ledger.decided(counter.decision())
    early = counter.receipt(decided).model_copy(update={"ledger_count": opened.sequence, "ledger_hash": opened.hash})
    with pytest.raises(LifeCycleError, match="predates the decision"):
        counter.ledger.confirmed(early)


@pytest.mark.parametrize("items", [(), (Item.DIAGNOSIS,), (Item.DIAGNOSIS, Item.MEDICINES, Item.HIGH_COST_LIMIT)])
def test_time_correction_must_match_consents(counter: Counter, items: tuple[Item, ...]) -> None:
    counter.to_decided()
    now = counter.clock()
    other = TimeCorrected(
        check_id="c1",
        decided_at=now,
        consents=tuple(CorrectedAnswer(item=item, answered_at=now) for item in items),
    )
    with pytest.raises(LifeCycleError, match="differ from the granted items"):
        counter.ledger.time_corrected(other)
