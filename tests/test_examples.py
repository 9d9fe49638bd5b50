"""Run the programs in `examples/` as their docstrings describe."""

import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from consent.export import export_file
from consent.ledger import Ledger
from tests.consent.conftest import Clock, Counter
from vision.photo import PhotoProblem, decode_photo
from vision.synthetic.portrait import card_portrait

ROOT = Path(__file__).parents[1]


def example(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments], capture_output=True, text=True, timeout=60
    )


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


def uketsuke(state: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "terminal.cli.entry", *arguments]
    environment = {"UKETSUKE_STATE_DIR": str(state), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True, timeout=60)
    return run.stdout


def test_card_facts_are_printed_without_pin(state: Path) -> None:
    card = state / "card.json"
    uketsuke(state, "card", "issue", str(card))
    result = example("card_facts.py", str(card))
    assert result.returncode == 0, result.stderr
    assert "PIN tries left           3" in result.stdout
    assert "printed code tries left  10" in result.stdout


def test_read_result_file_prints_answers(state: Path) -> None:
    file = state / "result.xml"
    sample = uketsuke(state, "handover", "sample", "adult", "--answers", "medicines=yes,diagnosis=no")
    file.write_text(sample, encoding="utf-8")
    result = example("read_result_file.py", str(file))
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "valid"
    assert lines[1].startswith("medicines        shared until ")
    assert lines[2:] == ["past care        refused", "surgery          not asked", "health check-up  not asked"]


def test_modified_ledger_export_fails_verification(tmp_path: Path) -> None:
    clock = Clock()
    counter = Counter(lambda: Ledger.open(tmp_path / "ledger.db", "terminal-1", clock=clock), clock)
    counter.to_delivered()
    counter.ledger.close()
    exported = tmp_path / "ledger.jsonl"
    head = export_file(tmp_path / "ledger.db", exported).head
    result = example("verify_ledger_export.py", str(exported), "terminal-1")
    assert result.stdout == f"intact: {head.count} records, last hash {head.hash}\n", result.stderr
    modified = exported.read_text(encoding="utf-8").replace('"granted":true', '"granted":false', 1)
    exported.write_text(modified, encoding="utf-8")
    result = example("verify_ledger_export.py", str(exported), "terminal-1")
    assert (result.returncode, result.stderr) == (1, "record 2 was modified, or an earlier record is missing\n")


def test_compare_photos_recognises_same_person(tmp_path: Path) -> None:
    grey = decode_photo(card_portrait("hana"))
    assert not isinstance(grey, PhotoProblem)
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    cv2.imwrite(str(small), grey)
    cv2.imwrite(str(large), cv2.resize(grey, None, fx=1.5, fy=1.5))
    result = example("compare_photos.py", str(small), str(large))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("same person: distance ")
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), grey[:4, :4] * 0)
    result = example("compare_photos.py", str(small), str(empty))
    assert (result.returncode, result.stderr) == (1, f"{empty}: not an image with exactly one face\n")
