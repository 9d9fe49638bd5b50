"""Apply each fault in `mutants.toml` to a copy of the code and check that its tests fail.

Run by `make mutants`: python -m tests.reliability.mutants [--only 7 --only 12]
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
"""Timeout. Tests that hang count as failed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    """Arguments for pytest."""


def mutants() -> list[Mutant]:
    entries = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["mutant"]
    return [Mutant(item["file"], item["before"], item["after"], tuple(item["tests"])) for item in entries]


def main() -> int:
    """Return the number of undetected faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", default=[], help="mutant number, starting at 0")
    only = parser.parse_args().only
    survived = 0
    with tempfile.TemporaryDirectory(prefix="uketsuke-mutants-") as folder:
        copy = _copy_repository(Path(folder))
        passing: set[tuple[str, ...]] = set()
        for number, mutant in enumerate(mutants()):
            if only and number not in only:
                continue
            if mutant.tests not in passing and _tests_fail(copy, mutant.tests):
                raise RuntimeError(f"{' '.join(mutant.tests)} fail without the fault")
            passing.add(mutant.tests)
            started = time.monotonic()
            killed = _is_killed(copy, mutant)
            survived += not killed
            outcome = "killed" if killed else "SURVIVED"
            location = f"{mutant.file}: {mutant.before.strip().splitlines()[0]}"
            print(f"{number:3} {outcome:8} {time.monotonic() - started:4.0f} s  {location}", flush=True)  # noqa: T201
    return survived


def _copy_repository(folder: Path) -> Path:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    models = [str(path.relative_to(ROOT)) for path in (ROOT / "vision").rglob("*.onnx")]  # not tracked by Git
    for name in (*filter(None, tracked.split("\0")), *models):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


def _is_killed(copy: Path, mutant: Mutant) -> bool:
    """Apply the fault and return whether its tests fail.

    Raises ValueError if its line is missing, and RuntimeError if the tests cannot be run.
    """
    path = copy / mutant.file
    original = path.read_text("utf-8")
    if mutant.before not in original:
        raise ValueError(f"{mutant.file} no longer contains: {mutant.before}")
    path.write_text(original.replace(mutant.before, mutant.after, 1), "utf-8")
    try:
        return _tests_fail(copy, mutant.tests)
    finally:
        path.write_text(original, "utf-8")


def _tests_fail(copy: Path, tests: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--hypothesis-profile=quick", *tests]
    try:
        result = subprocess.run(
            [*command, "-p", "no:cacheprovider"], cwd=copy, capture_output=True, timeout=MAX_SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    if result.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} exited with {result.returncode}: {result.stdout[-500:].decode()}")
    return result.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
