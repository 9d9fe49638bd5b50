"""This version opens, uses, backs up and prunes the state folders of every release."""

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from consent.ledger import LedgerFile
from consent.verification import LedgerIntact, verify_file
from terminal.assembly import ledger_path
from terminal.backups.backup import back_up
from terminal.backups.old_files import prune
from terminal.backups.sealed import Cost
from terminal.backups.unpacking import unpack
from terminal.cli.main import app
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from tests.terminal.conductor.counter_fixture import Desk

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
STATES = sorted(FIXTURES.glob("state-v*"))
PASSPHRASE = "test passphrase"


@pytest.fixture(params=STATES, ids=lambda folder: folder.name)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return shutil.copytree(request.param, tmp_path / "state")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_every_release_has_state_folder() -> None:
    """Run `tools/keep-state` before tagging a release."""
    tags = subprocess.run(["git", "tag", "--list", "v*"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert set(tags.split()) <= {folder.name.removeprefix("state-") for folder in STATES}


def test_reception_extends_earlier_ledger(state: Path) -> None:
    before = [record.hash for record in LedgerFile(state / "ledger.db").records()]

    async def scenario(desk: Desk) -> None:
        async with desk.open():
            await desk.reach_consent()
            await desk.share_all()
            complete = await desk.until(st.Complete)
            assert complete.delivered
            await desk.take_card()

    with DemoCounter(Settings(state_dir=state)) as counter:
        asyncio.run(scenario(Desk(counter, counter.settings)))
    records = list(LedgerFile(state / "ledger.db").records())
    assert [record.hash for record in records[: len(before)]] == before
    assert records[-1].event.kind == "delivered"
    assert isinstance(verify_file(state / "ledger.db"), LedgerIntact)


def test_earlier_state_is_backed_up_completely_and_pruned_safely(state: Path, tmp_path: Path) -> None:
    settings = Settings(state_dir=state)
    before = [record.hash for record in LedgerFile(ledger_path(settings)).records()]
    backup = back_up(settings, None, tmp_path / "state.backup", PASSPHRASE, datetime.now(UTC), Cost(n=1 << 10))
    assert isinstance(backup.ledger, LedgerIntact)
    unpack(tmp_path / "state.backup", PASSPHRASE, tmp_path / "unpacked")
    assert [record.hash for record in LedgerFile(tmp_path / "unpacked" / "ledger.db").records()] == before
    for name in ("terminal/key.pem", "terminal/enrolment.json", "terminal/card-hash.key", "audit.jsonl"):
        assert (tmp_path / "unpacked" / name).read_bytes() == (state / name).read_bytes()
    existing = {path for path in state.rglob("*") if path.is_file() and "cache" not in path.parts}
    list(prune(settings, datetime.now(UTC)))
    assert existing <= {path for path in state.rglob("*") if path.is_file()}


def test_common_commands_work_with_earlier_state(state: Path) -> None:
    for command in (
        ["ledger", "verify"],
        ["ledger", "show"],
        ["config", "check"],
        ["prune", "--dry-run"],
        ["card", "list"],
    ):
        result = CliRunner().invoke(app, command, env={"UKETSUKE_STATE_DIR": str(state)})
        assert result.exit_code == 0, f"{command}: {result.output}"
