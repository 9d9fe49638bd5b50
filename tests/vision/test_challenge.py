"""The anti-photo check: what it asks, whom it lets pass and whom it does not."""

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest

from config.settings import AntiPhoto, VisionSettings
from vision.challenge import DEMANDS, Challenge, Phase
from vision.check import check_face
from vision.engine import FaceEngine, Points
from vision.frame import Frame
from vision.reference import Reference, make_reference
from vision.synthetic.attacks import Attack
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.synthetic.stepped import Stepped
from vision.verdict import (
    CameraLost,
    FaceMatched,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    Guidance,
    PhotoSign,
    PhotoSuspected,
    Progress,
)

GREY = np.zeros((480, 640), np.uint8)
TURNS = {Guidance.TURN_LEFT, Guidance.TURN_RIGHT}


def checked(
    engine: FaceEngine,
    source: SyntheticSource,
    holder: str = "hana",
    policy: AntiPhoto = AntiPhoto.STANDARD,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[FaceVerdict, float, list[Guidance]]:
    """The verdict, the source's time then, and what was told."""
    reference = make_reference(engine, card_portrait(holder))
    assert isinstance(reference, Reference)
    view, told = Stepped(source), list[Guidance]()

    def hear(progress: Progress) -> None:
        if not told or told[-1] is not progress.guidance:
            told.append(progress.guidance)
        on_progress(progress)

    settings = VisionSettings(anti_photo=policy)
    verdict = check_face(view, reference, engine, settings, hear, threading.Event(), view.clock, random.Random(seed))
    return verdict, view.clock(), told


# --- the whole check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "turns"), [(AntiPhoto.STANDARD, 1), (AntiPhoto.STRICT, 2), (AntiPhoto.OFF, 0)])
def test_the_holder_turns_as_asked_and_is_matched(engine: FaceEngine, policy: AntiPhoto, turns: int) -> None:
    verdict, seconds, told = checked(engine, SyntheticSource("hana", realtime=False), policy=policy)
    assert isinstance(verdict, FaceMatched)
    assert verdict.frames == 5
    assert sum(one in TURNS for one in told) == turns
    assert told.count(Guidance.LOOK_AHEAD) == turns
    assert seconds < (5, 5, 8)[turns]


def test_the_side_is_drawn(engine: FaceEngine) -> None:
    sides = set()
    for seed in range(6):
        verdict, _, told = checked(engine, SyntheticSource("ken", realtime=False), "ken", seed=seed)
        assert isinstance(verdict, FaceMatched)
        sides |= TURNS.intersection(told)
    assert sides == TURNS


def test_a_stranger_who_turns_is_not_matched(engine: FaceEngine) -> None:
    verdict, _, told = checked(engine, SyntheticSource("taro", realtime=False))
    assert isinstance(verdict, FaceNotMatched)
    assert TURNS.intersection(told)


@pytest.mark.parametrize("attack", [attack for attack in Attack if attack is not Attack.PHONE])
def test_no_print_passes(engine: FaceEngine, attack: Attack) -> None:
    verdict, _, told = checked(engine, SyntheticSource(f"jose+{attack}", realtime=False), "jose")
    assert isinstance(verdict, PhotoSuspected)
    assert verdict.sign in (PhotoSign.FLAT, PhotoSign.NOT_TURNED)
    assert TURNS.intersection(told)


def test_without_the_check_a_print_passes(engine: FaceEngine) -> None:
    """What the attack is worth: the printed face is matched."""
    verdict, _, _ = checked(engine, SyntheticSource("hana+still-print", realtime=False), policy=AntiPhoto.OFF)
    assert isinstance(verdict, FaceMatched)


def test_who_does_not_turn_is_told_in_the_end(engine: FaceEngine) -> None:
    class Deaf(SyntheticSource):
        def prompt(self, guidance: Guidance) -> None:
            """Does not read the screen."""

    verdict, seconds, _ = checked(engine, Deaf("hana", realtime=False))
    assert verdict == PhotoSuspected(PhotoSign.NOT_TURNED)
    assert seconds < 10


def test_somebody_else_after_the_turn_gains_nothing_by_it(engine: FaceEngine) -> None:
    """The accomplice turns the head, the holder's photograph is for the rest."""
    source = SyntheticSource("hana", realtime=False)

    def change_places(progress: Progress) -> None:
        if progress.guidance is Guidance.LOOK_AHEAD:
            source.show("taro")

    verdict, _, told = checked(engine, source, on_progress=change_places)
    assert isinstance(verdict, FaceNotMatched | FaceNotSeen | PhotoSuspected)
    # taro is asked to turn, too, before anything is decided about taro
    assert sum(one in TURNS for one in told) >= 2


def test_who_goes_away_begins_again(engine: FaceEngine) -> None:
    class Restless(SyntheticSource):
        """Leaves when told to look ahead again, for two seconds."""

        away = -1

        def read(self) -> Frame | CameraLost:
            if self.away > 0:
                self.away -= 1
                if not self.away:
                    self.show("hana")
            return super().read()

    source = Restless("hana", realtime=False)

    def go(progress: Progress) -> None:
        if progress.guidance is Guidance.LOOK_AHEAD and source.away < 0:
            source.leave()
            source.away = 50

    verdict, _, told = checked(engine, source, on_progress=go)
    assert isinstance(verdict, FaceMatched)
    assert sum(one in TURNS for one in told) == 2


# --- the challenge's own steps, without a picture -----------------------------------------------------------


class Drawn(random.Random):
    """Gives what it is told."""

    def __init__(self, *sides: int) -> None:
        super().__init__()
        self._sides = list(sides)

    def choice(self, seq: object) -> int:  # type: ignore[override]
        return self._sides.pop(0)

    def uniform(self, a: float, b: float) -> float:
        return a


def looking(turned: float) -> Points:
    """Five points of a face whose nose is that far from the middle, in distances between the eyes."""
    return np.array([(370.0, 200), (350, 200), (270, 200), (290, 200), (320 + 80 * turned, 240)])


def asked(*sides: int, policy: AntiPhoto = AntiPhoto.STANDARD) -> Challenge:
    """A challenge that has just asked for the first side."""
    challenge = Challenge(DEMANDS[policy], Drawn(*sides))
    challenge.ahead(GREY, looking(0), 0.0)
    assert challenge.phase is Phase.AHEAD, "the moment has not come"
    challenge.ahead(GREY, looking(0), 0.5)
    assert challenge.phase is Phase.TURNING
    return challenge


@pytest.mark.parametrize(("side", "told"), [(1, Guidance.TURN_LEFT), (-1, Guidance.TURN_RIGHT)])
def test_the_picture_s_right_is_the_patient_s_left(side: int, told: Guidance) -> None:
    assert asked(side).turned(GREY, looking(0), 0.6) is told


def test_a_turn_without_depth_is_a_picture_s() -> None:
    challenge = asked(1)
    found = [challenge.turned(GREY, looking(0.3), 0.6 + 0.1 * frame) for frame in range(70)]
    assert found[-1] is PhotoSign.NOT_TURNED, "no point of a black frame can be followed"
    assert not challenge.passed


def test_the_wrong_side_is_forgiven_once_and_the_side_drawn_anew() -> None:
    challenge = asked(1, -1)
    found = [challenge.turned(GREY, looking(-0.3), 1.0) for _ in range(5)]
    assert found[-1] is Guidance.LOOK_AHEAD
    assert challenge.phase is Phase.AHEAD
    challenge.ahead(GREY, looking(0), 2.0)
    challenge.ahead(GREY, looking(0), 3.0)
    assert challenge.turned(GREY, looking(0), 3.1) is Guidance.TURN_RIGHT
    found = [challenge.turned(GREY, looking(0.3), 3.2) for _ in range(5)]
    assert found[-1] is PhotoSign.WRONG_WAY


def test_strict_forgives_nothing() -> None:
    challenge = asked(1, policy=AntiPhoto.STRICT)
    found = [challenge.turned(GREY, looking(-0.3), 1.0) for _ in range(5)]
    assert found[-1] is PhotoSign.WRONG_WAY


def test_a_small_movement_to_the_wrong_side_is_nothing() -> None:
    challenge = asked(1)
    found = [challenge.turned(GREY, looking(-0.1), 1.0) for _ in range(20)]
    assert set(found) == {Guidance.TURN_LEFT}


def test_time_runs_out() -> None:
    challenge = asked(1)
    assert challenge.turned(GREY, None, 6.4) is Guidance.TURN_LEFT
    assert challenge.turned(GREY, None, 6.6) is PhotoSign.NOT_TURNED


def test_beginning_again_forgets_what_was_done() -> None:
    challenge = asked(1, 1)
    challenge.begin_again()
    assert challenge.phase is Phase.AHEAD
    challenge.ahead(GREY, looking(0), 7.0)
    assert challenge.phase is Phase.AHEAD
