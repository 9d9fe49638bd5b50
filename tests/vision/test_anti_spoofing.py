"""Tests for anti-spoofing networks in the face check."""

import random
import threading
from collections.abc import Iterable

import pytest

from config.settings import AntiPhoto, VisionSettings
from vision.check import MIN_LIVENESS, check_face
from vision.engines.engine import FaceEngine
from vision.face import Face
from vision.frame import Image
from vision.reference import Reference, make_reference
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import FaceCheckProgress, FaceMatch, FaceVerdict, Guidance, PhotoSign, PhotoSuspected

TURNS = {Guidance.TURN_LEFT, Guidance.TURN_RIGHT}
FRAMES = 5


class FixedLiveness:
    """Anti-spoofing networks that return `values` frame by frame and repeat the last one."""

    def __init__(self, values: Iterable[float]) -> None:
        self._values = list(values)
        self.calls = 0

    def liveness(self, rgb: Image, face: Face) -> float:
        assert rgb.shape == (480, 640, 3)
        self.calls += 1
        return self._values.pop(0) if len(self._values) > 1 else self._values[0]


def check(
    engine: FaceEngine, networks: FixedLiveness, policy: AntiPhoto = AntiPhoto.STANDARD
) -> tuple[FaceVerdict, list[Guidance]]:
    reference = make_reference(engine, card_portrait("hana"))
    assert isinstance(reference, Reference)
    view, displayed = FrameByFrame(SyntheticSource("hana", realtime=False)), list[Guidance]()

    def on_step(progress: FaceCheckProgress) -> None:
        if not displayed or displayed[-1] is not progress.guidance:
            displayed.append(progress.guidance)

    settings = VisionSettings(anti_photo=policy, frames=FRAMES)
    rng = random.Random(1)
    verdict = check_face(
        view, reference, engine, settings, on_step, threading.Event(), view.clock, rng, anti_spoofing=networks
    )
    return verdict, displayed


def turns(displayed: list[Guidance]) -> int:
    return sum(guidance in TURNS for guidance in displayed)


def test_face_rated_as_printed_in_two_turns_is_suspected(engine: FaceEngine) -> None:
    verdict, displayed = check(engine, FixedLiveness([0.1]))
    assert verdict == PhotoSuspected(PhotoSign.PRINTED)
    assert turns(displayed) == 2
    assert Guidance.ONCE_MORE in displayed


def test_face_rated_as_printed_once_must_turn_again(engine: FaceEngine) -> None:
    networks = FixedLiveness([0.1] * FRAMES + [0.9])
    verdict, displayed = check(engine, networks)
    assert isinstance(verdict, FaceMatch)
    assert turns(displayed) == 2
    assert networks.calls >= 2 * FRAMES


@pytest.mark.parametrize(("values", "repeated"), [([0.0, 0.0, 0.9, 0.9, 0.9], False), ([0.9, 0.0, 0.0, 0.0], True)])
def test_mean_of_collected_frames_is_compared(engine: FaceEngine, values: list[float], repeated: bool) -> None:
    """A reflection can make a face look like paper in a single frame."""
    first = values[:FRAMES] + [values[-1]] * (FRAMES - len(values))
    assert (sum(first) / FRAMES < MIN_LIVENESS) is repeated
    verdict, displayed = check(engine, FixedLiveness([*first, 0.9]))
    assert isinstance(verdict, FaceMatch)
    assert turns(displayed) == 1 + repeated


def test_networks_are_not_run_without_anti_photo_check(engine: FaceEngine) -> None:
    networks = FixedLiveness([0.0])
    verdict, _ = check(engine, networks, AntiPhoto.OFF)
    assert isinstance(verdict, FaceMatch)
    assert networks.calls == 0
