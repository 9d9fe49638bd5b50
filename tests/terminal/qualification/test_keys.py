"""Tests for keys, enrolment and signed statements."""

import stat
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from consent.records import CardSignature
from terminal.qualification.contract import Way
from terminal.qualification.keys import Enrolment, SigningKey, verify
from terminal.qualification.statements import chip_statement, pin_statement, receipt_statement, verdict_statement


def test_key_is_created_once_with_private_permissions(tmp_path: Path) -> None:
    path = tmp_path / "terminal" / "key.pem"
    first = SigningKey.load_or_create(path)
    assert SigningKey.load_or_create(path).public_pem == first.public_pem
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]


def test_concurrent_creation_yields_one_key(tmp_path: Path) -> None:
    keys: list[str] = []
    threads = [
        threading.Thread(target=lambda: keys.append(SigningKey.load_or_create(tmp_path / "key.pem").public_pem))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_malformed_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("nonsense")
    with pytest.raises(ValueError):
        SigningKey.load_or_create(tmp_path / "key.pem")


def test_signature_is_valid_only_for_its_key_and_statement() -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    signature = key.sign(b"statement")
    assert verify(key.public_pem, b"statement", signature)
    assert not verify(key.public_pem, b"statement!", signature)
    assert not verify(other.public_pem, b"statement", signature)
    assert not verify(key.public_pem, b"statement", b"")
    assert not verify("", b"statement", signature)
    assert "PRIVATE" not in repr(key)


def test_enrolment_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "terminal" / "enrolment.json"
    assert Enrolment.load(path) is None
    enrolment = Enrolment(terminal_id="terminal-1", service_public_key="PEM", simulated=True)
    enrolment.save(path)
    assert Enrolment.load(path) == enrolment
    path.write_text("{}")
    with pytest.raises(ValueError):
        Enrolment.load(path)


def test_statements_are_unambiguous() -> None:
    verdict: dict[str, Any] = {
        "challenge": b"c",
        "way": Way.FACE,
        "matched": True,
        "chip_key_sha256": b"k",
        "certificate_sha256": b"z",
    }
    statements = [
        pin_statement(b"ab"),
        chip_statement(b"a", b"b"),
        chip_statement(b"ab", b""),
        chip_statement(b"", b"ab"),
        verdict_statement(**verdict, terminal_id="t", reason="r"),
        verdict_statement(**verdict, terminal_id="tr", reason=""),
        verdict_statement(**{**verdict, "matched": False}, terminal_id="t", reason="r"),
        verdict_statement(**{**verdict, "way": Way.STAFF}, terminal_id="t", reason="r"),
    ]
    assert len(set(statements)) == len(statements)
    assert pin_statement(b"ab") == b"\x00\x00\x00\x0euketsuke/2/pin\x00\x00\x00\x02ab"


def test_signed_times_require_time_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        receipt_statement(
            check_id="c",
            accepted_at=datetime(2026, 11, 20),
            submission_digest=b"",
            ledger_count=0,
            ledger_head="",
            card_signature=CardSignature.ABSENT,
        )


def test_contract_imports_no_large_libraries() -> None:
    large = ("fastapi", "httpx", "cryptography", "lxml", "sqlalchemy", "uvicorn")
    code = f"import sys, terminal.qualification.contract; print([m for m in {large} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
