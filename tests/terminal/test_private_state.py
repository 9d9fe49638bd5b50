"""Commands write files that only their owner can access, and protect their memory from other processes."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.softcard.card_image import CardFile
from terminal.qualification.keys import terminal_key_path
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.enrolment import enrol_locally
from terminal.simulated.service.server import StubServer, open_service


@pytest.fixture(autouse=True)
def _permissive_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [path.name for path in [folder, *folder.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_new_state_folder_is_private(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"
    server = StubServer(open_service(state))
    enrol_locally(state, "terminal-1")
    ExchangeStore(state / "exchange.db").close()
    server.close()
    assert {"service.sqlite", "registry.json"} <= {path.name for path in (state / "stub").iterdir()}
    assert terminal_key_path(state).exists()
    assert open_to_others(tmp_path / "new") == []


PROGRAM = """
import ctypes, os, resource, sys
import typer
from terminal.cli import entry, main
main.app = typer.Typer()
@main.app.command()
def report() -> None:
    print(
        ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE)[0], oct(os.umask(0)),
        [name for name in os.environ if name.startswith("TEXTUAL")], "textual" in sys.modules,
    )
sys.argv = ["uketsuke"]
entry.main()
"""


def test_commands_harden_their_process() -> None:
    """Check PR_GET_DUMPABLE, core limit and umask, and that the variables that make Textual log keys are unset."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TEXTUAL_LOG": "keys.log", "TEXTUAL": "devtools"},
    )
    assert result.stdout == "0 0 0o77 [] False\n"


def test_card_issued_to_new_folder_is_private(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "terminal.cli.entry", "card", "issue", "mine"]
    environment = {**os.environ, "UKETSUKE_STATE_DIR": str(tmp_path / "s")}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert CardFile(tmp_path / "s" / "cards" / "mine.json").load()
    assert open_to_others(tmp_path / "s") == []
