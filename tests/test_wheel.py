"""What is shipped: the wheel installs without its dependencies after the lock, into an empty environment, and runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, cwd=cwd).stdout


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_wheel_after_the_lock_in_an_empty_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT, cwd=ROOT)
    wheel = next(tmp_path.glob("uketsuke-*.whl"))
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    uv = (Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--python", python, "--no-deps")
    run(*uv, "--require-hashes", "-r", ROOT / "requirements.lock", cwd=tmp_path)
    run(*uv, wheel, cwd=tmp_path)
    uketsuke = tmp_path / "venv" / "bin" / "uketsuke"
    assert "demo" in run(uketsuke, "--help", cwd=tmp_path)
    assert "hana" in run(uketsuke, "card", "faces", cwd=tmp_path)
    listed = run(python, "-m", "zipfile", "-l", wheel, cwd=tmp_path)
    for shipped in ("terminal/words/ja.po", "terminal/screens/counter.tcss", "people.toml", "vision/data"):
        assert shipped in listed
    assert "tests/" not in listed
