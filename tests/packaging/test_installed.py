"""Test built packages in fresh environments: a terminal without extras and a service with all extras."""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from reader.softcard.pcscd import Pcscd

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"])


def run(*command: str | Path, **environment: str) -> str:
    result = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, cwd="/", env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def build_packages(folder: Path) -> tuple[Path, Path]:
    """Build a source distribution and a wheel from it. Return both paths."""
    command = (BIN / "uv", "build", "--quiet", "--no-build-isolation", "--python", BIN / "python")
    run(*command, "--out-dir", folder, ROOT)
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def built_packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build_packages(tmp_path_factory.mktemp("built"))


def install(venv: Path, requirement: str) -> Path:
    """Install `requirement` in a new environment at the locked versions. Compiles only pyscard. Returns `bin`."""
    run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, venv)
    pins = ("--constraint", ROOT / "requirements.lock")
    source = "uketsuke" if ".tar.gz" in requirement else "pyscard"
    wheels = ("--only-binary", ":all:", "--no-binary", "pyscard", "--no-binary", source)
    run(BIN / "uv", "pip", "install", "--quiet", "--python", venv / "bin" / "python", *wheels, *pins, requirement)
    return venv / "bin"


def installed_packages(venv_bin: Path) -> set[str]:
    output = run(BIN / "uv", "pip", "list", "--quiet", "--format", "freeze", "--python", venv_bin / "python")
    return {line.partition("==")[0].partition(" ")[0] for line in output.splitlines()}


def test_dependencies_exclude_compiled_dlib_and_setuptools() -> None:
    declared = [
        *PROJECT["dependencies"],
        *(line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]),
    ]
    names = {line.split(";")[0].split("[")[0].split("=")[0].split(">")[0].strip().lower() for line in declared}
    assert names.isdisjoint({"dlib", "face-recognition", "setuptools"})


def test_lock_covers_all_extras_except_dlib() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    line = next(line for line in makefile.splitlines() if line.startswith("EXTRAS := "))
    assert set(line.removeprefix("EXTRAS := ").split()) == EXTRAS - {"dlib"}


READ_DIGITS_AND_LOAD_ENGINE = """
from pathlib import Path
import cv2, numpy as np
from vision.engines.open import open_engine
from vision.printed.model import recogniser_path
from vision.printed.recogniser import Recogniser
line = np.full((48, 160, 3), 235, np.uint8)
cv2.putText(line, "4907", (20, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20, 20, 20), 3)
characters = Recogniser(recogniser_path()).read(line, "0123456789")
print("".join(character.text for character in characters), sorted(open_engine(Path("cache")).calibration.thresholds))
"""
"""Requires the `printed` extra. The wheel contains both models, so nothing is downloaded."""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.pcscd
def test_reception_with_bare_wheel_and_service_with_all_extras(
    built_packages: tuple[Path, Path], tmp_path: Path
) -> None:
    source, wheel = built_packages
    bare = install(tmp_path / "bare", str(wheel))
    assert installed_packages(bare).isdisjoint(
        {"dlib", "dlib-bin", "face-recognition", "setuptools", "fastapi", "sqlalchemy"}
    )
    full = install(tmp_path / "full", f"{source}[{','.join(sorted(EXTRAS - {'dlib'}))}]")
    assert run(full / "python", "-c", READ_DIGITS_AND_LOAD_ENGINE) == "4907 [1, 3, 5]\n"
    result = subprocess.run([bare / "uketsuke", "stub"], capture_output=True, text=True)
    assert result.returncode == 1
    assert 'pip install "uketsuke[' in result.stderr
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with Pcscd() as pcscd:
        commands = ("--uketsuke", bare / "uketsuke", "--service-uketsuke", full / "uketsuke")
        reception = (sys.executable, ROOT / "tools" / "reception.py", "--state", state, "--vpcd-port", str(pcscd.port))
        assert "result file" in run(*reception, *commands)
    output = run(full / "uketsuke", "demo", "--auto", "--persona", "face-match", UKETSUKE_STATE_DIR=str(state / "demo"))
    assert [line for line in output.splitlines() if line.startswith("face-match ") and line.endswith(" ok")]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_builds_are_reproducible(built_packages: tuple[Path, Path], tmp_path: Path) -> None:
    rebuilt = build_packages(tmp_path)
    assert [path.name for path in rebuilt] == [path.name for path in built_packages]
    for first, second in zip(built_packages, rebuilt, strict=True):
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest(), first.name


@pytest.mark.long
def test_wheel_contains_data_but_no_tests(built_packages: tuple[Path, Path]) -> None:
    names = ZipFile(built_packages[1]).namelist()
    for part in ("terminal/words/ja.po", "terminal/screens/counter.tcss", "people.toml", "vision/data/calibration"):
        assert any(part in name for name in names), part
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.long
def test_windows_lock_needs_only_wheels(tmp_path: Path) -> None:
    """Resolve the dependencies for Windows with wheels only and compare the result with the lock."""
    lock = ROOT / "requirements-windows.lock"
    extras = [word for extra in sorted(EXTRAS - {"dlib"}) for word in ("--extra", extra)]
    windows = ("--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.13", "--only-binary", ":all:")
    options = (
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--constraint",
        lock,
        "--output-file",
        tmp_path / "resolved.lock",
    )
    run(BIN / "uv", "pip", "compile", *windows, *extras, *options, ROOT / "pyproject.toml")
    resolved = {line for line in (tmp_path / "resolved.lock").read_text(encoding="utf-8").splitlines() if "==" in line}
    pins = {line.removesuffix(" \\") for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}
    assert resolved == pins
    assert not [pin for pin in pins if pin.startswith(("uvloop", "dlib", "face-recognition"))]
