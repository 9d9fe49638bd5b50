"""Tests for ledger exports, which are verified with the program in docs/ledger.md."""

from __future__ import annotations

import errno
import itertools
import json
import os
import sqlite3
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from consent.export import export_file
from consent.records import LedgerHead
from consent.store import LedgerError

if TYPE_CHECKING:
    from tests.consent.conftest import Counter

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


def audit(file: Path, terminal_id: str) -> None:
    """Run the program from docs/ledger.md. Raises AssertionError on a fault."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("    import hashlib, json")
    indented = itertools.takewhile(lambda line: not line or line.startswith("    "), lines[start:])
    program = textwrap.dedent("\n".join(indented)).replace('"ledger.jsonl"', repr(str(file)))
    assert "previous = stored" in program
    exec(program, {"terminal_id": terminal_id})


@pytest.fixture
def ledger(counter: Counter, path: Path) -> Path:
    for check in ("c1", "c2"):
        counter.to_delivered(check)
    return path


def test_documented_program_verifies_export(ledger: Path, counter: Counter, tmp_path: Path) -> None:
    target = tmp_path / "ledger.jsonl"
    exported = export_file(ledger, target)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert exported.head == counter.ledger.head() == LedgerHead(8, json.loads(lines[-1])["hash"])
    assert len(lines) == 8
    assert set(json.loads(lines[1])) == {"sequence", "at", "hash", "previous", "event"}
    assert "見せてもよいですか" in lines[1]
    audit(target, exported.terminal_id)
    with pytest.raises(AssertionError, match="record 1 is out of place"):
        audit(target, "terminal-2")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: [lines[0], lines[1].replace('"granted":true', '"granted":false'), *lines[2:]], "2 was changed"),
        (lambda lines: [*lines[:3], *lines[4:]], "4 is out of place"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "1 is out of place"),
    ],
    ids=["changed", "missing", "reordered"],
)
def test_documented_program_finds_edits(ledger: Path, tmp_path: Path, edit: object, message: str) -> None:
    target = tmp_path / "ledger.jsonl"
    exported = export_file(ledger, target)
    lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
    target.write_text("".join(edit(lines)), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(AssertionError, match=message):
        audit(target, exported.terminal_id)


def test_export_is_private_and_never_overwrites(ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "ledger.jsonl"
    umask = os.umask(0)
    try:
        export_file(ledger, target)
    finally:
        os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o600
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        export_file(ledger, target)
    assert target.read_text() == "mine"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        export_file(ledger, link)
    assert not (tmp_path / "elsewhere").exists()


def test_no_partial_file_is_left(ledger: Path, counter: Counter, tmp_path: Path) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "ledger.jsonl"
    with pytest.MonkeyPatch.context() as disk:
        disk.setattr("consent.export.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            export_file(ledger, target)
    assert not target.exists()
    counter.ledger.close()
    with sqlite3.connect(ledger) as connection:
        connection.executescript(
            "CREATE TABLE unprotected AS SELECT sequence, body, hash FROM record; DROP TABLE record;"
            "ALTER TABLE unprotected RENAME TO record; UPDATE record SET body = 'not JSON' WHERE sequence = 5;"
        )
    connection.close()
    with pytest.raises(LedgerError, match="record 5 is invalid"):
        export_file(ledger, target)
    with pytest.raises(LedgerError):
        export_file(tmp_path / "no.db", target)
    assert not target.exists()
