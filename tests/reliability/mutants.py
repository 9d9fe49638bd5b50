"""Apply each fault in `mutants.toml` to a copy of the code and check that the tests listed for it fail.

python -m tests.reliability.mutants [--only 7 --only 12]
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_SECONDS = 300
"""Timeout; tests that hang count as having found the fault."""


@dataclass(frozen=True, slots=True)
class Mutant:
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    """Arguments for pytest."""


def mutants() -> list[Mutant]:
    listed = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["mutant"]
    return [Mutant(item["file"], item["before"], item["after"], tuple(item["tests"])) for item in listed]


def main() -> int:
    """Return the number of faults that no test found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", default=[], help="number of a mutant, from 0")
    only = parser.parse_args().only
    survived = 0
    with tempfile.TemporaryDirectory(prefix="uketsuke-mutants-") as folder:
        copy = _copied(Path(folder))
        sound: set[tuple[str, ...]] = set()
        for number, mutant in enumerate(mutants()):
            if only and number not in only:
                continue
            if mutant.tests not in sound and _fail(copy, mutant.tests):
                raise RuntimeError(f"{' '.join(mutant.tests)} fail without a fault")
            sound.add(mutant.tests)
            began = time.monotonic()
            killed = _killed(copy, mutant)
            survived += not killed
            outcome = "killed" if killed else "SURVIVED"
            place = f"{mutant.file}: {mutant.before.strip().splitlines()[0]}"
            print(f"{number:3} {outcome:8} {time.monotonic() - began:4.0f} s  {place}", flush=True)  # noqa: T201
    return survived


def _copied(folder: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    models = [str(path.relative_to(ROOT)) for path in (ROOT / "vision").rglob("*.onnx")]  # not in the repository
    for name in (*filter(None, listed.split("\0")), *models):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


def _killed(copy: Path, mutant: Mutant) -> bool:
    """Apply the fault and return True if its tests fail.

    Raise ValueError if its line is missing, and RuntimeError if the tests cannot be run.
    """
    path = copy / mutant.file
    original = path.read_text("utf-8")
    if mutant.before not in original:
        raise ValueError(f"{mutant.file} no longer contains: {mutant.before}")
    path.write_text(original.replace(mutant.before, mutant.after, 1), "utf-8")
    try:
        return _fail(copy, mutant.tests)
    finally:
        path.write_text(original, "utf-8")


def _fail(copy: Path, tests: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--hypothesis-profile=quick", *tests]
    try:
        ended = subprocess.run([*command, "-p", "no:cacheprovider"], cwd=copy, capture_output=True, timeout=MAX_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stdout[-500:].decode()}")
    return ended.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
