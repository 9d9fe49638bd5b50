"""Test that changes to the ledger file are detected and the first bad record is reported."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from consent.hash_chain import genesis_hash, record_hash
from consent.ledger import Ledger, LedgerFile
from consent.records import LedgerHead
from consent.store import LedgerError
from consent.verification import LedgerBroken, LedgerIntact, verify_file

if TYPE_CHECKING:
    from tests.consent.conftest import Clock, Counter


@pytest.fixture
def ledger(counter: Counter, path: Path) -> Path:
    """Return a closed ledger without triggers, containing twelve records of three receptions."""
    for check in ("c1", "c2", "c3"):
        counter.to_delivered(check)
    counter.ledger.close()
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TRIGGER forbid_record_update; DROP TRIGGER forbid_record_delete;")
    return path


def change(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


def body(path: Path, sequence: int) -> str:
    return str(sqlite3.connect(path).execute("SELECT body FROM record WHERE sequence = ?", (sequence,)).fetchone()[0])


def verify_broken(path: Path, **heads: object) -> LedgerBroken:
    outcome = verify_file(path, **heads)  # type: ignore[arg-type]
    assert isinstance(outcome, LedgerBroken), outcome
    return outcome


def rechain(path: Path, start: int) -> None:
    """Recompute all hashes from `start`, as a forger would."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT sequence, body, hash FROM record ORDER BY sequence").fetchall()
        previous = genesis_hash("terminal-1")
        for sequence, text, digest in rows:
            if sequence >= start:
                content = json.loads(text)
                content["previous"] = previous
                text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                digest = record_hash(previous, text)
                connection.execute("UPDATE record SET body = ?, hash = ? WHERE sequence = ?", (text, digest, sequence))
            previous = digest


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ('"granted":true', '"granted":false'),
        ('"answered_at":"2026-11-22T09', '"answered_at":"2026-11-22T08'),
        ("見せてもよいですか", "見せます"),
        ('"language":"ja"', '"language":"en"'),
        ('"at":"2026', '"at":"2025'),
        ('"sequence":6', '"sequence":7'),
        ('"check_id":"c2"', '"check_id":"c9"'),
        ('"cause":"answered"', '"cause":"cancelled"'),
    ],
)
def test_changed_field_is_detected(ledger: Path, field: str, other: str) -> None:
    assert field in body(ledger, 6)
    change(ledger, "UPDATE record SET body = replace(body, ?, ?) WHERE sequence = 6", field, other)
    assert verify_broken(ledger) == LedgerBroken(6, "record 6 was changed: its text does not match its hash")


@pytest.mark.parametrize("sequence", range(1, 13))
def test_changed_hash_is_detected(ledger: Path, sequence: int) -> None:
    change(ledger, "UPDATE record SET hash = ? WHERE sequence = ?", "0" * 64, sequence)
    assert verify_broken(ledger).sequence == sequence


@pytest.mark.parametrize("sequence", range(1, 12))
def test_changed_field_with_matching_hash_is_detected(ledger: Path, sequence: int) -> None:
    """The hash matches the text, but the next record contains the old hash."""
    text = body(ledger, sequence).replace('"at":"2026', '"at":"2025')
    previous = json.loads(text)["previous"]
    change(
        ledger,
        "UPDATE record SET body = ?, hash = ? WHERE sequence = ?",
        text,
        record_hash(previous, text),
        sequence,
    )
    broken = verify_broken(ledger)
    assert broken.sequence == sequence
    assert "was replaced together with its hash" in broken.problem or "differs from the confirmed" in broken.problem


@pytest.mark.parametrize("sequence", range(1, 12))
def test_deleted_record_is_detected(ledger: Path, sequence: int) -> None:
    change(ledger, "DELETE FROM record WHERE sequence = ?", sequence)
    assert verify_broken(ledger) == LedgerBroken(sequence, f"record {sequence} is missing")


def test_several_deleted_records_are_detected(ledger: Path) -> None:
    change(ledger, "DELETE FROM record WHERE sequence BETWEEN 3 AND 7")
    assert verify_broken(ledger) == LedgerBroken(3, "records 3 to 7 are missing")


def test_deleted_record_is_detected_after_renumbering(ledger: Path) -> None:
    change(ledger, "DELETE FROM record WHERE sequence = 6")
    for sequence in range(7, 13):
        change(ledger, "UPDATE record SET sequence = ? WHERE sequence = ?", sequence - 1, sequence)
    assert verify_broken(ledger) == LedgerBroken(6, "record 7 was moved to the position of record 6")


def test_swapped_records_are_detected(ledger: Path) -> None:
    for old, new in ((3, -3), (7, 3), (-3, 7)):
        change(ledger, "UPDATE record SET sequence = ? WHERE sequence = ?", new, old)
    assert verify_broken(ledger) == LedgerBroken(3, "record 7 was moved to the position of record 3")


def test_record_inserted_before_first_record_is_detected(ledger: Path) -> None:
    change(ledger, "INSERT INTO record (sequence, body, hash) VALUES (0, ?, ?)", body(ledger, 1), "0" * 64)
    assert verify_broken(ledger).problem.startswith("record 0 is before record 1")


def test_appended_forged_record_is_detected(ledger: Path) -> None:
    change(ledger, "INSERT INTO record (sequence, body, hash) VALUES (13, ?, ?)", body(ledger, 12), "0" * 64)
    assert verify_broken(ledger) == LedgerBroken(13, "record 13 was changed: its text does not match its hash")


def test_invalid_record_body_is_detected(ledger: Path) -> None:
    change(ledger, "UPDATE record SET body = ? WHERE sequence = 4", '{"event":{"kind":"x","check_id":"y"}}')
    assert verify_broken(ledger).sequence == 4


def test_changed_terminal_name_is_detected(ledger: Path) -> None:
    change(ledger, "UPDATE ledger SET terminal_id = 'terminal-2'")
    assert verify_broken(ledger) == LedgerBroken(
        1, "record 1 does not follow this terminal's genesis hash: it is from a different ledger"
    )


def test_flipped_bits_are_detected(ledger: Path) -> None:
    content = bytearray(ledger.read_bytes())
    position = content.index("見せてもよいですか".encode())
    content[position] ^= 0x01
    ledger.write_bytes(content)
    assert verify_broken(ledger).sequence >= 1


def test_truncated_file_is_detected(ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[: ledger.stat().st_size // 2])
    assert verify_broken(ledger)


def test_truncated_chain_is_detected_with_stored_head(ledger: Path) -> None:
    stored_head = LedgerFile(ledger).head()
    change(ledger, "DELETE FROM record WHERE sequence > 8")
    assert isinstance(verify_file(ledger), LedgerIntact)  # the chain alone does not reveal truncation
    assert verify_broken(ledger, expected_head=stored_head) == LedgerBroken(
        9, "records 9 to 12 are missing at the end: the ledger previously had 12"
    )
    change(ledger, "DELETE FROM record WHERE sequence > 0")
    assert verify_broken(ledger, receipts=[stored_head]).problem.startswith("records 1 to 12 are missing")


def test_longer_ledger_verifies_against_stored_heads(ledger: Path) -> None:
    early = LedgerHead(5, json.loads(body(ledger, 6))["previous"])
    empty = LedgerHead(0, genesis_hash("terminal-1"))
    assert isinstance(verify_file(ledger, expected_head=early, receipts=[empty]), LedgerIntact)


def test_rewritten_chain_is_detected_with_its_receipts(ledger: Path) -> None:
    change(ledger, 'UPDATE record SET body = replace(body, \'"cause":"answered"\', \'"cause":"timed-out"\')')
    rechain(ledger, 2)
    assert verify_broken(ledger) == LedgerBroken(2, "record 2 differs from the confirmed record (receipt in record 3)")


def test_rewritten_tail_is_detected_with_stored_head(ledger: Path) -> None:
    stored_head = LedgerFile(ledger).head()
    change(ledger, 'UPDATE record SET body = replace(body, \'"at":"2026\', \'"at":"2025\') WHERE sequence = 12')
    rechain(ledger, 12)
    assert isinstance(verify_file(ledger), LedgerIntact)
    assert "differs from the expected record" in verify_broken(ledger, expected_head=stored_head).problem


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: change(path, "UPDATE record SET hash = ? WHERE sequence = 12", "0" * 64),
        lambda path: change(path, "DELETE FROM record WHERE sequence = 11"),
        lambda path: change(path, "UPDATE record SET body = replace(body, '2026', '2025') WHERE sequence = 12"),
    ],
)
def test_ledger_with_damaged_tail_is_not_opened(ledger: Path, clock: Clock, damage: Callable[[Path], None]) -> None:
    damage(ledger)
    with pytest.raises(LedgerError, match="record 12 is damaged"):
        Ledger.open(ledger, "terminal-1", clock=clock)


def test_unfinished_check_without_opening_is_detected(counter: Counter, path: Path, clock: Clock) -> None:
    counter.to_decided("c1")
    counter.to_delivered("c2")
    counter.ledger.close()
    change(path, "DROP TRIGGER forbid_record_delete")
    change(path, "DELETE FROM record WHERE sequence = 1")
    with pytest.raises(LedgerError, match="a record is missing: check c1 was never opened"):
        Ledger.open(path, "terminal-1", clock=clock)
