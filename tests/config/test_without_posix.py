"""Run receptions without POSIX modules, with the Windows half of `config.platform` and a fake msvcrt."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("without_posix.py")


def run_without_posix(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *command], capture_output=True, text=True, cwd=cwd)


def test_modules_import_without_posix(tmp_path: Path) -> None:
    result = run_without_posix("import", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 250


def test_ledger_is_locked_against_second_writer(tmp_path: Path) -> None:
    result = run_without_posix("lock", str(tmp_path / "ledger.lock"), cwd=tmp_path)
    assert result.stdout.split() == ["True", "False", "True"], result.stderr


@pytest.mark.long
def test_two_receptions_run_without_posix(tmp_path: Path) -> None:
    """The subprocess that writes result files runs with POSIX."""
    result = run_without_posix("demo", "--auto", "--persona", "pin-right", "--persona", "face-match", cwd=tmp_path)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert "2 of 2 personas ended as expected." in result.stdout
