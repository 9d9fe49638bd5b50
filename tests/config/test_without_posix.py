"""A reception where Windows lacks what POSIX has: in a process without fcntl, resource, termios, pwd and uvloop, on the
Windows side of `config.platform`, over a fake msvcrt."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGE = Path(__file__).with_name("without_posix.py")


def on_it(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, STAGE, *command], capture_output=True, text=True, cwd=cwd)


def test_every_module_but_those_of_the_simulation_is_imported(tmp_path: Path) -> None:
    done = on_it("import", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 250


def test_a_ledger_is_locked_against_a_second_writer(tmp_path: Path) -> None:
    done = on_it("lock", str(tmp_path / "one.lock"), cwd=tmp_path)
    assert done.stdout.split() == ["True", "False", "True"], done.stderr


@pytest.mark.long
def test_receptions(tmp_path: Path) -> None:
    """The process that writes result files is not touched: it runs on the POSIX side."""
    done = on_it("demo", "--auto", "--persona", "pin-right", "--persona", "face-match", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "2 of 2 personas ended as they should." in done.stdout
