"""Tests for collecting frames of a single face."""

from dataclasses import replace

import numpy as np

from config.settings import VisionSettings
from vision.decision import Calibration
from vision.frame import Frame
from vision.good_frames import AddResult, GoodFrames

SETTINGS = VisionSettings(frame_spacing_ms=200)
ENGINE = Calibration("engine", {1: 0.5}, 1e-3, 1e-2, other_person=0.8)


def frame(at: float, shade: int = 0) -> Frame:
    grey = np.full((96, 96), shade, np.uint8)
    return Frame(np.repeat(grey[:, :, None], 3, axis=2), grey, 1, at)


def encoding_of(seed: int, noise: float = 0.0) -> np.ndarray:
    face: np.ndarray = np.random.default_rng(seed).normal(0, 1, 128)
    return np.asarray(face / np.linalg.norm(face) + noise / np.sqrt(128))


def test_frames_are_spaced_apart() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    assert collected.is_due(frame(0.0))
    collected.add(frame(0.0), encoding_of(1))
    assert not collected.is_due(frame(0.15))
    assert collected.is_due(frame(0.2))


def test_frames_of_same_person_are_collected() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    added = [collected.add(frame(number), encoding_of(1, 0.05 * number)) for number in range(5)]
    assert set(added) == {AddResult.COLLECTED}
    assert len(collected.encodings) == 5


def test_different_person_restarts_collection_and_wipes_earlier_frames() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    first = encoding_of(1)
    collected.add(frame(0.0), first)
    assert collected.add(frame(1.0), encoding_of(2)) is AddResult.DROPPED
    assert collected.add(frame(1.5), encoding_of(2)) is AddResult.RESTARTED
    assert len(collected.encodings) == 1
    assert not first.any()


def test_other_person_distance_depends_on_engine() -> None:
    distance = float(np.linalg.norm(encoding_of(1) - encoding_of(2)))
    for other_person, count in ((distance + 0.01, 2), (distance - 0.01, 1)):
        collected = GoodFrames(SETTINGS, 0.0, replace(ENGINE, other_person=other_person))
        collected.add(frame(0.0), encoding_of(1))
        collected.add(frame(1.0), encoding_of(2))
        assert len(collected.encodings) == count


def test_blink_is_dropped_without_restart() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    collected.add(frame(0.0), encoding_of(1))
    blink = encoding_of(2)
    assert collected.add(frame(0.2), blink) is AddResult.DROPPED
    assert not blink.any()
    assert collected.add(frame(0.5), encoding_of(1)) is AddResult.COLLECTED
    assert collected.add(frame(0.8), encoding_of(2)) is AddResult.DROPPED, "each blink is dropped"
    assert len(collected.encodings) == 2


def test_only_long_absence_restarts_collection() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    collected.note_faces(1, 0.0)
    collected.add(frame(0.0), encoding_of(1))
    assert collected.note_faces(0, 0.5)
    assert collected.note_faces(1, 0.9)
    assert len(collected.encodings) == 1
    assert not collected.note_faces(1, 2.0)
    assert collected.encodings == []


def test_repeated_image_is_detected() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    assert not collected.is_repeated(frame(0.0, 50), 0.0)
    assert collected.is_repeated(frame(0.1, 50), 0.1)
    assert collected.changed_at == 0.0
    assert not collected.is_repeated(frame(0.2, 51), 0.2)


def test_wiping_overwrites_encodings() -> None:
    collected = GoodFrames(SETTINGS, 0.0, ENGINE)
    encoding = encoding_of(1)
    collected.add(frame(0.0), encoding)
    collected.wipe()
    assert not encoding.any()
