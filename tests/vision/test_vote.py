"""The vote of anti-spoofing networks inside the face check: one more turn, then PIN or staff."""

import random
import threading
from collections.abc import Iterable

import pytest

from config.settings import AntiPhoto, VisionSettings
from vision.check import PHOTOGRAPH, check_face
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


class Votes:
    """Networks that say what they are told, one value for each frame, the last one for all that follow."""

    def __init__(self, values: Iterable[float]) -> None:
        self._values = list(values)
        self.asked = 0

    def liveness(self, rgb: Image, face: Face) -> float:
        assert rgb.shape == (480, 640, 3)
        self.asked += 1
        return self._values.pop(0) if len(self._values) > 1 else self._values[0]


def checked(
    engine: FaceEngine, votes: Votes, policy: AntiPhoto = AntiPhoto.STANDARD
) -> tuple[FaceVerdict, list[Guidance]]:
    reference = make_reference(engine, card_portrait("hana"))
    assert isinstance(reference, Reference)
    view, told = FrameByFrame(SyntheticSource("hana", realtime=False)), list[Guidance]()

    def hear(progress: FaceCheckProgress) -> None:
        if not told or told[-1] is not progress.guidance:
            told.append(progress.guidance)

    settings = VisionSettings(anti_photo=policy, frames=FRAMES)
    chance = random.Random(1)
    verdict = check_face(
        view, reference, engine, settings, hear, threading.Event(), view.clock, chance, anti_spoofing=votes
    )
    return verdict, told


def turns(told: list[Guidance]) -> int:
    return sum(one in TURNS for one in told)


def test_what_looks_printed_twice_is_a_photograph(engine: FaceEngine) -> None:
    verdict, told = checked(engine, Votes([0.1]))
    assert verdict == PhotoSuspected(PhotoSign.PRINTED)
    assert turns(told) == 2
    assert Guidance.ONCE_MORE in told


def test_what_looks_printed_once_is_asked_for_one_more_turn(engine: FaceEngine) -> None:
    votes = Votes([0.1] * FRAMES + [0.9])
    verdict, told = checked(engine, votes)
    assert isinstance(verdict, FaceMatch)
    assert turns(told) == 2
    assert votes.asked >= 2 * FRAMES


@pytest.mark.parametrize(("values", "asked_again"), [([0.0, 0.0, 0.9, 0.9, 0.9], False), ([0.9, 0.0, 0.0, 0.0], True)])
def test_the_mean_of_the_collected_frames_decides(engine: FaceEngine, values: list[float], asked_again: bool) -> None:
    """Not one frame: a reflection may make any of them look like paper."""
    first = values[:FRAMES] + [values[-1]] * (FRAMES - len(values))
    assert (sum(first) / FRAMES < PHOTOGRAPH) is asked_again
    verdict, told = checked(engine, Votes([*first, 0.9]))
    assert isinstance(verdict, FaceMatch)
    assert turns(told) == 1 + asked_again


def test_without_an_anti_photo_check_nobody_is_asked(engine: FaceEngine) -> None:
    votes = Votes([0.0])
    verdict, _ = checked(engine, votes, AntiPhoto.OFF)
    assert isinstance(verdict, FaceMatch)
    assert votes.asked == 0
