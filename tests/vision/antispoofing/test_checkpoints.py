"""Tests for reading checkpoints without running code and converting them to ONNX."""

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.vision.antispoofing.conftest import Checkpoint, small_network
from vision.antispoofing import store
from vision.antispoofing.graph import anti_spoofing_network
from vision.antispoofing.minifasnet import MiniFasNets, surroundings
from vision.antispoofing.pth import tensors_in
from vision.antispoofing.store import add_anti_spoofing, networks_in, open_anti_spoofing
from vision.engines.models.weights import NotBuilt, sha256_of
from vision.face import Face, FaceBox

FACE = Face(FaceBox(200, 150, 360, 350), np.array([(240.0, 220), (320, 220), (280, 260), (250, 300), (310, 300)]))


def test_tensors_survive_round_trip(checkpoint: Checkpoint) -> None:
    tensors = small_network()
    loaded = tensors_in(checkpoint(tensors))
    assert loaded.keys() == tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(loaded[name], values)


class Call:
    """Pickled as a function call."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self._reduced = call, arguments

    def __reduce__(self) -> Any:
        return self._reduced


@pytest.mark.parametrize("call", [os.mkdir, os.system, eval, exec, subprocess.check_output, getattr])
def test_code_in_checkpoint_is_not_run(checkpoint: Checkpoint, tmp_path: Path, call: Any) -> None:
    marker = tmp_path / "marker"
    argument = {os.mkdir: str(marker), os.system: f"mkdir {marker}", subprocess.check_output: ["mkdir", str(marker)]}
    file = checkpoint(
        small_network(), extra={"evil": Call(call, argument.get(call, f"__import__('os').mkdir('{marker}')"))}
    )
    with pytest.raises(NotBuilt, match="neither a tensor nor a dictionary"):
        tensors_in(file)
    assert not marker.exists()


def test_damaged_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for cut in (4, 4000):
        with pytest.raises(NotBuilt, match="not a tensor checkpoint"):
            tensors_in(checkpoint(small_network(), cut=cut))
    with pytest.raises(NotBuilt, match="not in row-major order"):
        tensors_in(checkpoint({"tensor": np.zeros((2, 3), np.float32)}, strides=(1, 2)))
    (tmp_path / "other.pth").write_bytes(b"something else")
    with pytest.raises(NotBuilt, match="not a tensor checkpoint"):
        tensors_in(tmp_path / "other.pth")


@pytest.mark.parametrize("attention", [False, True])
def test_converted_checkpoint_runs_in_opencv(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attention: bool
) -> None:
    file = checkpoint(small_network(attention=attention))
    monkeypatch.setitem(store.CHECKPOINTS, sha256_of(file), (2.7, "Small"))
    (added,) = add_anti_spoofing([file], tmp_path / "own")
    assert (added.name, added.scale) == ("2.7_80x80_Small.onnx", 2.7)
    networks = open_anti_spoofing(tmp_path / "own")
    assert networks is not None
    liveness = {networks.liveness(np.full((480, 640, 3), grey, np.uint8), FACE) for grey in (10, 120, 240)}
    assert len(liveness) == 3
    assert all(0 < vote < 1 for vote in liveness)


def test_mean_of_two_networks_is_returned(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)
    files = []
    for seed in (1, 2):
        file = tmp_path / f"{seed}_80x80_small.onnx"
        file.write_bytes(anti_spoofing_network(small_network(seed)))
        files.append((float(seed), file))
    single = [MiniFasNets([file]).liveness(image, FACE) for file in files]
    assert MiniFasNets(files).liveness(image, FACE) == pytest.approx(np.mean(single))
    assert single[0] != pytest.approx(single[1])


def test_refused_networks_do_not_replace_existing_ones(tmp_path: Path) -> None:
    own = tmp_path / "own"
    valid = tmp_path / "4_80x80_small.onnx"
    valid.write_bytes(anti_spoofing_network(small_network()))
    add_anti_spoofing([valid], own)
    tensors = small_network()
    tensors["prob.weight"] = np.zeros((2, 8), np.float32)
    with pytest.raises(NotBuilt, match="not a MiniFASNet"):
        anti_spoofing_network(tensors)
    for name, content, message in (
        ("small.onnx", valid.read_bytes(), "does not start with the crop scale"),
        ("2.7_80x80_x.onnx", b"rubbish", "cannot read the network"),
        ("2.7_80x80_x.pth", b"rubbish", "is not an original checkpoint"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotBuilt, match=message):
            add_anti_spoofing([valid, tmp_path / name], own)
    assert [file.name for _, file in networks_in(own)] == [valid.name]
    assert [path.name for path in own.iterdir()] == ["anti-spoofing"]


def test_crop_stays_inside_image() -> None:
    assert surroundings(FACE.box, 1.0, 640, 480) == (200, 150, 361, 351)
    for box in (FaceBox(0, 0, 100, 120), FaceBox(540, 400, 640, 480), FaceBox(10, 10, 630, 470)):
        left, top, right, bottom = surroundings(box, 4.0, 640, 480)
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 480
