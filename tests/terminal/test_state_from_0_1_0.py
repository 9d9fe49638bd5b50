"""This version opens and continues a state folder of version 0.1.0."""

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.verification import LedgerIntact, verify_file
from reader.softcard.authority import TestAuthority
from reader.softcard.card_image import CardFile
from terminal.assembly import enrolled_client, ledger_path, open_ledger_desk
from terminal.audit import AuditTrail
from terminal.cli.main import app
from terminal.conductor.clock import Clock
from terminal.conductor.ledger_desk import load_card_key
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path, verify
from terminal.simulated.service.enrolment import registry_path
from terminal.simulated.service.registry import RegistryFile

FIXTURE = Path(__file__).parents[1] / "fixtures" / "state-v0.1.0"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return shutil.copytree(FIXTURE, tmp_path / "state")


def run(*command: str) -> str:
    result = CliRunner().invoke(app, list(command))
    assert result.exit_code == 0, result.output
    return result.output


def test_ledger_is_intact_and_continued(state: Path) -> None:
    settings = Settings(state_dir=state)
    verification = verify_file(ledger_path(settings))
    assert isinstance(verification, LedgerIntact)
    assert (verification.head.count, verification.terminal_id) == (68, "terminal-1")
    records = list(LedgerFile(ledger_path(settings)).records())
    assert [record.event.kind for record in records[:4]] == ["opened", "decided", "confirmed", "delivered"]

    async def start() -> None:
        client, _ = enrolled_client(settings)
        async with client:
            books, delivery = open_ledger_desk(settings, client, Clock())
            assert delivery.backlog() is not None
            books.close()

    asyncio.run(start())
    assert isinstance(verify_file(ledger_path(settings)), LedgerIntact)


def test_keys_and_enrolment_are_unchanged(state: Path) -> None:
    key = SigningKey.load_or_create(terminal_key_path(state))
    enrolment = Enrolment.load(enrolment_path(state))
    assert enrolment is not None
    assert (enrolment.terminal_id, enrolment.simulated) == ("terminal-1", True)
    registry = RegistryFile(registry_path(state)).current()
    assert verify(registry.terminals["terminal-1"], b"statement", key.sign(b"statement"))
    assert load_card_key(state / "terminal" / "card-hash.key") == (FIXTURE / "terminal" / "card-hash.key").read_bytes()


def test_cards_and_their_authority_are_loaded(state: Path) -> None:
    TestAuthority.load_or_create(state / "test-authority")
    cards = sorted((state / "cards").glob("*.json"))
    assert len(cards) == 24
    for card in cards:
        assert CardFile(card).load().files


def test_results_pass_exchange_check(state: Path) -> None:
    results = sorted((state / "results").glob("*.xml"))
    assert len(results) == 17
    for result in results:
        run("exchange", "check", str(result))


def test_opening_audit_trail_changes_nothing(state: Path) -> None:
    before = (state / "audit.jsonl").read_text("utf-8")
    AuditTrail(state / "audit.jsonl").close()
    assert (state / "audit.jsonl").read_text("utf-8") == before


def test_commands_read_state(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UKETSUKE_STATE_DIR", str(state))
    assert "intact" in run("ledger", "verify")
    assert len(run("ledger", "show").splitlines()) == 68
    assert "face-match" in run("card", "list")
