"""`run --address-file`, which passes the page address to a kiosk browser run by a different user in the same group."""

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from terminal.cli.main import app
from terminal.cli.run import address_announcer


def test_address_file_is_current_and_group_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "address"
    announce = address_announcer(file)
    for code in ("first", "second"):
        announce(f"http://127.0.0.1:8643/#{code}")
    assert file.read_text(encoding="ascii") == "http://127.0.0.1:8643/#second\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert capsys.readouterr().out.count("http://127.0.0.1:8643/#") == 2


def test_address_file_is_refused_in_headless_mode(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--headless", "--address-file", str(tmp_path / "address")])
    assert result.exit_code == 1
    assert "--address-file" in result.stderr
