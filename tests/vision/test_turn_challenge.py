"""Tests for the anti-photo check."""

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest

from config.settings import AntiPhoto, VisionSettings
from vision.check import check_face
from vision.engines.engine import FaceEngine
from vision.face import Encoding, Face, Landmarks
from vision.frame import Frame, Image
from vision.guidance import turn
from vision.nose_lead import Lead, TrackedFace
from vision.reference import Reference, make_reference
from vision.synthetic.attacks import Attack
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.turn_challenge import REQUIREMENTS, Phase, TurnChallenge
from vision.verdict import (
    CameraLost,
    FaceCheckProgress,
    FaceMatch,
    FaceNotMatched,
    FaceNotSeen,
    FaceVerdict,
    Guidance,
    PhotoSign,
    PhotoSuspected,
)

GREY = np.zeros((480, 640), np.uint8)
TURNS = {Guidance.TURN_LEFT, Guidance.TURN_RIGHT}


def check(
    engine: FaceEngine,
    source: SyntheticSource,
    holder: str = "hana",
    policy: AntiPhoto = AntiPhoto.STANDARD,
    seed: int = 0,
    on_progress: Callable[[FaceCheckProgress], None] = lambda _: None,
) -> tuple[FaceVerdict, float, list[Guidance]]:
    """Return the verdict, the source's clock at that time and the displayed guidance."""
    reference = make_reference(engine, card_portrait(holder))
    assert isinstance(reference, Reference)
    view, displayed = FrameByFrame(source), list[Guidance]()

    def on_step(progress: FaceCheckProgress) -> None:
        if not displayed or displayed[-1] is not progress.guidance:
            displayed.append(progress.guidance)
        on_progress(progress)

    settings = VisionSettings(anti_photo=policy)
    verdict = check_face(view, reference, engine, settings, on_step, threading.Event(), view.clock, random.Random(seed))
    return verdict, view.clock(), displayed


# --- the complete check -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "turns"), [(AntiPhoto.STANDARD, 1), (AntiPhoto.STRICT, 2), (AntiPhoto.OFF, 0)])
def test_holder_who_turns_is_matched(engine: FaceEngine, policy: AntiPhoto, turns: int) -> None:
    verdict, seconds, displayed = check(engine, SyntheticSource("hana", realtime=False), policy=policy)
    assert isinstance(verdict, FaceMatch)
    assert verdict.frames == (5, 5, 7)[turns]
    assert sum(guidance in TURNS for guidance in displayed) == turns
    assert (Guidance.LOOK_AHEAD in displayed) is (turns > 0)
    assert seconds < (5, 5, 8)[turns]


def test_requested_side_is_random(engine: FaceEngine) -> None:
    sides, matched = set(), 0
    for seed in range(2):
        verdict, _, displayed = check(engine, SyntheticSource("ken", realtime=False), "ken", seed=seed)
        matched += isinstance(verdict, FaceMatch)
        sides |= TURNS.intersection(displayed)
    assert sides == TURNS
    assert matched == 2


def test_stranger_who_turns_is_not_matched(engine: FaceEngine) -> None:
    verdict, _, displayed = check(engine, SyntheticSource("taro", realtime=False))
    assert isinstance(verdict, FaceNotMatched)
    assert TURNS.intersection(displayed)


@pytest.mark.parametrize(
    "attack",
    [Attack.BENT_PRINT, Attack.FLAT_PRINT, Attack.SWAP, pytest.param(Attack.STILL_PRINT, marks=pytest.mark.long)],
)
def test_prints_are_suspected(engine: FaceEngine, attack: Attack) -> None:
    verdict, _, displayed = check(engine, SyntheticSource(f"jose+{attack}", realtime=False), "jose")
    assert isinstance(verdict, PhotoSuspected)
    assert TURNS.intersection(displayed)


def test_print_is_matched_without_check(engine: FaceEngine) -> None:
    """The attack is effective unless the check is enabled."""
    verdict, _, _ = check(engine, SyntheticSource("hana+still-print", realtime=False), policy=AntiPhoto.OFF)
    assert isinstance(verdict, FaceMatch)


def test_person_who_does_not_turn_is_suspected(engine: FaceEngine) -> None:
    class UnresponsivePerson(SyntheticSource):
        def prompt(self, guidance: Guidance) -> None:
            """Ignore the screen."""

    verdict, seconds, _ = check(engine, UnresponsivePerson("hana", realtime=False))
    assert verdict == PhotoSuspected(PhotoSign.NOT_TURNED)
    assert seconds < 10


def test_different_person_after_turn_is_not_matched(engine: FaceEngine) -> None:
    """The person who completes the turn is replaced by another."""
    source = SyntheticSource("hana", realtime=False)

    def swap(progress: FaceCheckProgress) -> None:
        if progress.guidance is Guidance.LOOK_AHEAD:
            source.show("taro")

    verdict, _, _ = check(engine, source, on_progress=swap)
    assert isinstance(verdict, FaceNotMatched | FaceNotSeen | PhotoSuspected)


def test_print_replaced_during_turn_is_not_matched(engine: FaceEngine) -> None:
    """The holder's print is shown while frames are collected, and the attacker's face for the turn."""
    source = SyntheticSource("jose+still-print", realtime=False)

    def swap(progress: FaceCheckProgress) -> None:
        if progress.frames == 3 and progress.guidance is Guidance.HOLD_STILL:
            source.show("taro")
        elif progress.guidance is Guidance.LOOK_AHEAD:
            source.show("jose+still-print")

    verdict, _, _ = check(engine, source, "jose", on_progress=swap)
    assert not isinstance(verdict, FaceMatch)


@pytest.mark.long
def test_different_face_blended_in_smoothly_for_turn_is_not_matched(engine: FaceEngine) -> None:
    """Tracking is not interrupted, but the turned head is another person's."""

    class SwitchingEngine:
        calibration, synthetic_calibration = engine.calibration, engine.synthetic_calibration
        turned_frames = 0

        def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
            return engine.faces(grey, thorough=thorough)

        def encode(self, grey: Image, face: Face) -> Encoding:
            encoding = engine.encode(grey, face)
            if abs(turn(face.landmarks)) < 0.15:
                return encoding
            self.turned_frames += 1
            return -encoding

        def encode_photo(self, grey: Image, face: Face) -> Encoding:
            return engine.encode_photo(grey, face)

    switching = SwitchingEngine()
    verdict, _, _ = check(switching, SyntheticSource("hana", realtime=False), policy=AntiPhoto.STRICT)
    assert switching.turned_frames
    assert isinstance(verdict, PhotoSuspected | FaceNotSeen)


def test_leaving_restarts_challenge(engine: FaceEngine) -> None:
    class LeavingPerson(SyntheticSource):
        """A person who leaves for two seconds when asked to look ahead."""

        away = -1

        def read(self) -> Frame | CameraLost:
            if self.away > 0:
                self.away -= 1
                if not self.away:
                    self.show("hana")
            return super().read()

    source = LeavingPerson("hana", realtime=False)

    def leave(progress: FaceCheckProgress) -> None:
        if progress.guidance is Guidance.LOOK_AHEAD and source.away < 0:
            source.leave()
            source.away = 50

    verdict, _, displayed = check(engine, source, on_progress=leave)
    assert isinstance(verdict, FaceMatch)
    assert sum(guidance in TURNS for guidance in displayed) == 2


# --- steps of the challenge, without images ---------------------------------------------------------------


class FixedRandom(random.Random):
    """A generator that returns the sides passed to it."""

    def __init__(self, *sides: int) -> None:
        super().__init__()
        self._sides = list(sides)

    def choice(self, seq: object) -> int:  # type: ignore[override]
        return self._sides.pop(0)

    def uniform(self, a: float, b: float) -> float:
        return a


def face_landmarks(turned: float) -> Landmarks:
    """Return five face landmarks with the nose off-centre by `turned`, in units of the distance between the eyes."""
    middle = 320 + 80 * turned / 1.5
    return np.array([(280.0, 200), (360, 200), (middle, 240), (middle - 30, 280), (middle + 30, 280)])


def started(*sides: int, policy: AntiPhoto = AntiPhoto.STANDARD) -> TurnChallenge:
    """Return a challenge that has requested the first side."""
    challenge = TurnChallenge(REQUIREMENTS[policy], FixedRandom(*sides))
    assert not challenge.is_due(0.0), "too early"
    assert challenge.is_due(0.5)
    challenge.begin(GREY, face_landmarks(0), 0.5)
    assert challenge.phase is Phase.TURNING
    return challenge


class SteadyFace(TrackedFace):
    """A tracked face that loses no landmarks and whose nose leads by `leads`."""

    leads = 0.1

    def track(self, grey: Image) -> None:
        self.interrupted = False

    def lead(self, landmarks: Landmarks) -> Lead | None:
        values = np.full(4, self.leads)
        return Lead(values, values, values, 0.0)

    def fraction_on_face(self, landmarks: Landmarks) -> float:
        return 1.0


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> type[SteadyFace]:
    monkeypatch.setattr("vision.turn_challenge.TrackedFace", SteadyFace)
    monkeypatch.setattr(SteadyFace, "leads", 0.1)
    return SteadyFace


@pytest.mark.parametrize(("side", "guidance"), [(1, Guidance.TURN_LEFT), (-1, Guidance.TURN_RIGHT)])
def test_right_of_image_is_patients_left(steady: type[SteadyFace], side: int, guidance: Guidance) -> None:
    assert started(side).update(GREY, face_landmarks(0), 0.6) is guidance


def test_turn_with_depth_ends_when_head_is_straight(steady: type[SteadyFace]) -> None:
    challenge = started(1)
    instructions = [challenge.update(GREY, face_landmarks(0.2), 1.0) for _ in range(5)]
    assert instructions == [Guidance.TURN_LEFT] * 4 + [Guidance.LOOK_AHEAD]
    assert challenge.just_turned
    assert challenge.update(GREY, face_landmarks(0.2), 1.2) is Guidance.LOOK_AHEAD
    assert not challenge.just_turned
    assert challenge.update(GREY, face_landmarks(0.05), 1.4) is None
    assert not challenge.passed
    challenge.complete()
    assert challenge.passed


def turn_twice(challenge: TurnChallenge) -> Guidance | PhotoSign | None:
    """Return the outcome for a person who turns as instructed. After a flat first turn, a second one is requested."""
    for start in (0.5, 10.0):
        for frame in range(62):
            outcome = challenge.update(GREY, face_landmarks(0.3), start + 0.1 * (frame + 1))
            if outcome in (Guidance.LOOK_AHEAD, PhotoSign.FLAT):
                return outcome
            if challenge.phase is Phase.AHEAD:
                assert (outcome, frame) == (Guidance.ONCE_MORE, 60)
                challenge.begin(GREY, face_landmarks(0), 10.0)
                break
    return outcome


@pytest.mark.parametrize(("lead", "expected"), [(0.021, PhotoSign.FLAT), (0.023, Guidance.LOOK_AHEAD)])
def test_turn_without_depth_is_flat(steady: type[SteadyFace], lead: float, expected: object) -> None:
    steady.leads = lead
    assert turn_twice(started(1, 1)) is expected


def test_nose_must_lead_in_direction_of_turn(steady: type[SteadyFace]) -> None:
    steady.leads = -0.1
    assert turn_twice(started(1, 1)) is PhotoSign.FLAT


def test_turning_too_far_is_reported(steady: type[SteadyFace]) -> None:
    challenge = started(1)
    assert challenge.update(GREY, face_landmarks(0.5), 1.0) is Guidance.TURNED_TOO_FAR
    assert challenge.update(GREY, None, 1.1) is Guidance.TURNED_TOO_FAR, "the face is not detected"
    assert challenge.update(GREY, face_landmarks(0.2), 1.2) is Guidance.TURN_LEFT


def test_second_turn_is_to_opposite_side(steady: type[SteadyFace]) -> None:
    steady.leads = -0.1
    challenge = started(-1, policy=AntiPhoto.STRICT)
    for _ in range(5):
        challenge.update(GREY, face_landmarks(-0.2), 1.0)
    assert challenge.update(GREY, face_landmarks(0), 1.2) is None
    challenge.complete()
    assert not challenge.passed
    assert challenge.begin(GREY, face_landmarks(0), 2.0) is Guidance.TURN_LEFT


def turn_the_wrong_way(challenge: TurnChallenge) -> Guidance | PhotoSign | None:
    return [challenge.update(GREY, face_landmarks(-0.3), 1.0) for _ in range(5)][-1]


@pytest.mark.parametrize(("policy", "allowed"), [(AntiPhoto.STANDARD, 2), (AntiPhoto.STRICT, 1)])
def test_limited_number_of_wrong_turns_is_allowed(steady: type[SteadyFace], policy: AntiPhoto, allowed: int) -> None:
    challenge = started(1, 1, 1, 1, policy=policy)
    for _ in range(allowed):
        assert turn_the_wrong_way(challenge) is Guidance.ONCE_MORE
        assert challenge.phase is Phase.AHEAD
        challenge.begin(GREY, face_landmarks(0), 2.0)
    assert turn_the_wrong_way(challenge) is PhotoSign.WRONG_WAY


def test_glance_to_wrong_side_is_ignored(steady: type[SteadyFace]) -> None:
    challenge = started(1)
    for _ in range(6):
        assert [challenge.update(GREY, face_landmarks(-0.3), 1.0) for _ in range(4)] == [Guidance.TURN_LEFT] * 4
        assert challenge.update(GREY, face_landmarks(0), 1.0) is Guidance.TURN_LEFT


def test_turn_times_out(steady: type[SteadyFace]) -> None:
    challenge = started(1)
    assert challenge.update(GREY, None, 6.4) is Guidance.TURN_LEFT
    assert challenge.update(GREY, None, 6.6) is PhotoSign.NOT_TURNED


def test_leaving_during_turn_is_limited(steady: type[SteadyFace]) -> None:
    """Without the limit, an attacker with a video could wait for the matching side."""
    challenge = started(1, 1, 1, 1)
    for _ in range(2):
        assert challenge.restart() is None
        assert challenge.phase is Phase.AHEAD
        challenge.begin(GREY, face_landmarks(0), 2.0)
    assert challenge.restart() is PhotoSign.CHANGED


def test_leaving_before_turn_is_not_limited(steady: type[SteadyFace]) -> None:
    challenge = TurnChallenge(REQUIREMENTS[AntiPhoto.STRICT], FixedRandom(1))
    assert [challenge.restart() for _ in range(9)] == [None] * 9


def test_replaced_image_interrupts_tracking() -> None:
    challenge = started(1, 1, 1)  # a black frame has no landmarks to track
    assert challenge.update(GREY, face_landmarks(0), 0.6) is Guidance.ONCE_MORE
    challenge.begin(GREY, face_landmarks(0), 2.0)
    assert challenge.update(GREY, face_landmarks(0), 2.1) is Guidance.ONCE_MORE
    challenge.begin(GREY, face_landmarks(0), 3.0)
    assert challenge.update(GREY, face_landmarks(0), 3.1) is PhotoSign.CHANGED
