"""Tensors are read from a checkpoint without running code, and converted to ONNX files for OpenCV."""

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


def test_tensors_survive_a_round_trip(checkpoint: Checkpoint) -> None:
    tensors = small_network()
    found = tensors_in(checkpoint(tensors))
    assert found.keys() == tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(found[name], values)


class Runs:
    """A pickle that calls a function."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self._reduced = call, arguments

    def __reduce__(self) -> Any:
        return self._reduced


@pytest.mark.parametrize("call", [os.mkdir, os.system, eval, exec, subprocess.check_output, getattr])
def test_code_in_a_checkpoint_is_not_run(checkpoint: Checkpoint, tmp_path: Path, call: Any) -> None:
    made = tmp_path / "made"
    argument = {os.mkdir: str(made), os.system: f"mkdir {made}", subprocess.check_output: ["mkdir", str(made)]}
    file = checkpoint(
        small_network(), added={"evil": Runs(call, argument.get(call, f"__import__('os').mkdir('{made}')"))}
    )
    with pytest.raises(NotBuilt, match="neither a tensor nor a dictionary"):
        tensors_in(file)
    assert not made.exists()


def test_a_damaged_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    for cut in (4, 4000):
        with pytest.raises(NotBuilt, match="not a checkpoint of tensors"):
            tensors_in(checkpoint(small_network(), cut=cut))
    with pytest.raises(NotBuilt, match="not in row-major order"):
        tensors_in(checkpoint({"one": np.zeros((2, 3), np.float32)}, strides=(1, 2)))
    (tmp_path / "other.pth").write_bytes(b"something else")
    with pytest.raises(NotBuilt, match="not a checkpoint of tensors"):
        tensors_in(tmp_path / "other.pth")


@pytest.mark.parametrize("attention", [False, True])
def test_a_checkpoint_becomes_a_working_network(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attention: bool
) -> None:
    file = checkpoint(small_network(attention=attention))
    monkeypatch.setitem(store.CHECKPOINTS, sha256_of(file), (2.7, "Small"))
    (added,) = add_anti_spoofing([file], tmp_path / "own")
    assert (added.name, added.scale) == ("2.7_80x80_Small.onnx", 2.7)
    networks = open_anti_spoofing(tmp_path / "own")
    assert networks is not None
    votes = {networks.liveness(np.full((480, 640, 3), grey, np.uint8), FACE) for grey in (10, 120, 240)}
    assert len(votes) == 3
    assert all(0 < vote < 1 for vote in votes)


def test_two_networks_vote_with_their_mean(tmp_path: Path) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)
    files = []
    for seed in (1, 2):
        file = tmp_path / f"{seed}_80x80_small.onnx"
        file.write_bytes(anti_spoofing_network(small_network(seed)))
        files.append((float(seed), file))
    alone = [MiniFasNets([file]).liveness(picture, FACE) for file in files]
    assert MiniFasNets(files).liveness(picture, FACE) == pytest.approx(np.mean(alone))
    assert alone[0] != pytest.approx(alone[1])


def test_refused_networks_do_not_replace_existing_ones(tmp_path: Path) -> None:
    own = tmp_path / "own"
    good = tmp_path / "4_80x80_small.onnx"
    good.write_bytes(anti_spoofing_network(small_network()))
    add_anti_spoofing([good], own)
    tensors = small_network()
    tensors["prob.weight"] = np.zeros((2, 8), np.float32)
    with pytest.raises(NotBuilt, match="not a MiniFASNet"):
        anti_spoofing_network(tensors)
    for name, content, message in (
        ("small.onnx", good.read_bytes(), "does not begin with the scale of the crop around the face"),
        ("2.7_80x80_x.onnx", b"rubbish", "not a network that OpenCV"),
        ("2.7_80x80_x.pth", b"rubbish", "not that of an original checkpoint"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotBuilt, match=message):
            add_anti_spoofing([good, tmp_path / name], own)
    assert [file.name for _, file in networks_in(own)] == [good.name]
    assert [path.name for path in own.iterdir()] == ["anti-spoofing"]


def test_the_crop_stays_inside_the_picture() -> None:
    assert surroundings(FACE.box, 1.0, 640, 480) == (200, 150, 361, 351)
    for box in (FaceBox(0, 0, 100, 120), FaceBox(540, 400, 640, 480), FaceBox(10, 10, 630, 470)):
        left, top, right, bottom = surroundings(box, 4.0, 640, 480)
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 480
