"""Tests for the synthetic camera: frames, blinks, turns and camera faults."""

import itertools

import numpy as np
import pytest

from vision.engines.engine import FaceEngine
from vision.frame import Frame
from vision.synthetic.motion import pose_at
from vision.synthetic.people import PEOPLE, person_named
from vision.synthetic.source import SyntheticSource
from vision.verdict import CameraLost


def read(source: SyntheticSource) -> Frame:
    frame = source.read()
    assert isinstance(frame, Frame)
    return frame


def test_frames_are_640_by_480_and_differ() -> None:
    source = SyntheticSource("hana", realtime=False)
    frames = [read(source) for _ in range(30)]
    assert {frame.rgb.shape for frame in frames} == {(480, 640, 3)}
    assert frames[1].taken_at - frames[0].taken_at == pytest.approx(1 / 25)
    for first, second in itertools.pairwise(frames):
        assert not np.array_equal(first.grey, second.grey)


def test_equal_seeds_draw_equal_frames() -> None:
    first, second = (SyntheticSource("ken", realtime=False, seed=3) for _ in range(2))
    for _ in range(3):
        np.testing.assert_array_equal(read(first).rgb, read(second).rgb)
    assert not np.array_equal(read(SyntheticSource("ken", realtime=False, seed=4)).rgb, read(first).rgb)


def test_synthetic_people_blink_and_turn() -> None:
    poses = [pose_at(moment / 25, seed=1) for moment in range(500)]
    assert {pose.lids for pose in poses} == {0, 1, 2, 3}
    assert sum(pose.lids > 0 for pose in poses) < 100
    assert max(pose.yaw for pose in poses) - min(pose.yaw for pose in poses) > 0.2


def test_camera_can_be_covered_unattended_or_broken(engine: FaceEngine) -> None:
    source = SyntheticSource("taro", realtime=False)
    source.cover()
    assert read(source).grey.mean() < 5
    source.cover(False)
    source.leave()
    assert engine.faces(read(source).grey) == []
    source.show("taro")
    assert len(engine.faces(read(source).grey)) == 1
    source.fail()
    assert isinstance(source.read(), CameraLost)
    assert isinstance(source.open(), CameraLost)
    source.recover()
    assert source.open() is None


def test_error_for_unknown_person_lists_known_people() -> None:
    with pytest.raises(ValueError, match="hana"):
        person_named("nobody")
    assert all(person.description for person in PEOPLE.values())
