"""The vote of anti-spoofing networks in the face check: one more turn, then PIN or staff."""

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
    """Networks that return the given values frame by frame, then repeat the last one."""

    def __init__(self, values: Iterable[float]) -> None:
        self._values = list(values)
        self.calls = 0

    def liveness(self, rgb: Image, face: Face) -> float:
        assert rgb.shape == (480, 640, 3)
        self.calls += 1
        return self._values.pop(0) if len(self._values) > 1 else self._values[0]


def checked(
    engine: FaceEngine, votes: Votes, policy: AntiPhoto = AntiPhoto.STANDARD
) -> tuple[FaceVerdict, list[Guidance]]:
    reference = make_reference(engine, card_portrait("hana"))
    assert isinstance(reference, Reference)
    view, shown = FrameByFrame(SyntheticSource("hana", realtime=False)), list[Guidance]()

    def on_step(progress: FaceCheckProgress) -> None:
        if not shown or shown[-1] is not progress.guidance:
            shown.append(progress.guidance)

    settings = VisionSettings(anti_photo=policy, frames=FRAMES)
    chance = random.Random(1)
    verdict = check_face(
        view, reference, engine, settings, on_step, threading.Event(), view.clock, chance, anti_spoofing=votes
    )
    return verdict, shown


def turns(shown: list[Guidance]) -> int:
    return sum(guidance in TURNS for guidance in shown)


def test_a_face_rated_as_printed_in_two_turns_is_suspected(engine: FaceEngine) -> None:
    verdict, shown = checked(engine, Votes([0.1]))
    assert verdict == PhotoSuspected(PhotoSign.PRINTED)
    assert turns(shown) == 2
    assert Guidance.ONCE_MORE in shown


def test_a_face_rated_as_printed_once_must_turn_again(engine: FaceEngine) -> None:
    votes = Votes([0.1] * FRAMES + [0.9])
    verdict, shown = checked(engine, votes)
    assert isinstance(verdict, FaceMatch)
    assert turns(shown) == 2
    assert votes.calls >= 2 * FRAMES


@pytest.mark.parametrize(("values", "repeated"), [([0.0, 0.0, 0.9, 0.9, 0.9], False), ([0.9, 0.0, 0.0, 0.0], True)])
def test_the_mean_of_the_collected_frames_decides(engine: FaceEngine, values: list[float], repeated: bool) -> None:
    """A single frame does not decide: a reflection can make it look like paper."""
    first = values[:FRAMES] + [values[-1]] * (FRAMES - len(values))
    assert (sum(first) / FRAMES < PHOTOGRAPH) is repeated
    verdict, shown = checked(engine, Votes([*first, 0.9]))
    assert isinstance(verdict, FaceMatch)
    assert turns(shown) == 1 + repeated


def test_without_an_anti_photo_check_there_is_no_vote(engine: FaceEngine) -> None:
    votes = Votes([0.0])
    verdict, _ = checked(engine, votes, AntiPhoto.OFF)
    assert isinstance(verdict, FaceMatch)
    assert votes.calls == 0
