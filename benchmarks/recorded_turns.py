"""Run turn challenges on recordings of real faces and printed photos that were made without instructions.

A recording is a video or a sequence of images. A presentation is a start frame and a side. It counts as turned if
enough frames within the time limit show the face turned far enough to this side. Other presentations cannot pass and
are not processed. No mistakes are allowed. The outcome names the requirement that was not met.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.presentations import attack_rate, bona_fide_rate
from config.settings import AntiPhoto
from vision.engines.engine import FaceEngine
from vision.face import Landmarks
from vision.frame import Frame, FrameProblem, Image, to_frame
from vision.guidance import turn
from vision.nose_lead import TrackedFace
from vision.turn_challenge import REQUIREMENTS, TurnChallenge
from vision.verdict import PhotoSign

STANDARD = REQUIREMENTS[AntiPhoto.STANDARD]
ONE_TURN = replace(STANDARD, turns=1, allowed_mistakes=0)
OUTCOMES = {
    PhotoSign.CHANGED: "lost",
    PhotoSign.NOT_TURNED: "no turn",
    PhotoSign.WRONG_WAY: "wrong way",
    PhotoSign.FLAT: "nose did not lead",
}
NOT_JUDGED = "series ended"
FPS = 25.0
"""Frame rate of numbered images, and of videos that do not specify one."""
AHEAD = 0.2
"""Maximum turn at the start of a challenge; see `vision.guidance.turn`."""
CLEAR = 0.2
"""All people who were instructed to turn exceeded this turn."""
MINIMUM_TURN = {"turned": STANDARD.min_turn, "clearly turned": CLEAR}
STEPS = (STANDARD.min_turn, 0.16, CLEAR, 1.0)
"""Boundaries for grouping pairs of frames by their difference in turn."""
_INTERVAL = 0.08
"""Seconds between frames after interpolation."""
_PAIRS = 15
"""Number of subsequent frames that each frame is compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesFrame:
    grey: Image
    landmarks: Landmarks | None
    """None unless exactly one face was detected."""
    taken_at: float
    """Time in seconds."""


@dataclass(frozen=True, slots=True)
class TurnTrial:
    outcome: str
    angle: float
    """See `reached_angle`."""


Series = list[SeriesFrame]


def detect_face(frame: Frame, engine: FaceEngine) -> SeriesFrame:
    faces = engine.faces(frame.grey)
    return SeriesFrame(frame.grey, faces[0].landmarks if len(faces) == 1 else None, frame.taken_at)


def video(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS) or FPS
    number = 0
    while True:
        read, picture = capture.read()
        if not read:
            return
        scale = 640 / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = to_frame(picture, number=number, taken_at=number / rate, order="BGR")
        assert not isinstance(frame, FrameProblem)
        yield frame
        number += 1


def numbered(paths: list[Path], engine: FaceEngine) -> Series:
    """Load images whose file names end in the frame number."""
    return [detect_face(picture(path, _number(path)), engine) for path in sorted(paths, key=_number)]


def picture(path: Path, number: int = 0) -> Frame:
    pixels = cv2.imread(str(path))
    assert pixels is not None, f"{path} is not an image"
    frame = to_frame(pixels, number=number, taken_at=number / FPS, order="BGR")
    assert not isinstance(frame, FrameProblem), f"{path}: {frame}"
    return frame


def _number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def interpolated(series: Series, engine: FaceEngine) -> Series:
    """Add frames interpolated with dense optical flow, up to the frame rate of a slow camera."""
    pictures = series[:1]
    for start, end in pairwise(series):
        parts = max(round((end.taken_at - start.taken_at) / _INTERVAL), 1)
        shares = [part / parts for part in range(1, parts)]
        for share, grey in zip(shares, _between(start.grey, end.grey, shares), strict=True):
            faces = engine.faces(grey)
            landmarks = faces[0].landmarks if len(faces) == 1 else None
            pictures.append(SeriesFrame(grey, landmarks, start.taken_at + share * (end.taken_at - start.taken_at)))
        pictures.append(end)
    return pictures


def _between(start: Image, end: Image, shares: list[float]) -> list[Image]:
    if not shares:
        return []
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    none: Any = None
    forward, backward = flow.calc(start, end, none), flow.calc(end, start, none)
    y, x = np.indices(start.shape, np.float32)

    def moved(picture: Image, by: Any, share: float) -> Image:
        columns, rows = x - share * by[..., 0], y - share * by[..., 1]
        return np.asarray(
            cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )

    return [
        np.asarray(
            cv2.addWeighted(moved(start, forward, share), 1 - share, moved(end, backward, 1 - share), share, 0),
            np.uint8,
        )
        for share in shares
    ]


def trials(series: Series, every: int) -> Iterator[TurnTrial]:
    """Run a turn to each side from every `every`-th frame that shows a face looking ahead."""
    for start in range(0, len(series) - STANDARD.turned_frames, every):
        landmarks = series[start].landmarks
        if landmarks is None or abs(turn(landmarks)) > AHEAD:
            continue
        for side in (1, -1):
            angle = reached_angle(series, start, side)
            turned = angle >= STANDARD.min_turn
            yield TurnTrial(run_trial(series, start, side) if turned else OUTCOMES[PhotoSign.NOT_TURNED], angle)


def reached_angle(series: Series, start: int, side: int) -> float:
    """Return the turn to `side` that at least `Requirements.turned_frames` frames within the time limit reach."""
    first = series[start]
    assert first.landmarks is not None
    ahead = turn(first.landmarks)
    angles = [
        (turn(frame.landmarks) - ahead) * side
        for frame in series[start + 1 :]
        if frame.landmarks is not None and frame.taken_at <= first.taken_at + STANDARD.max_seconds
    ]
    return sorted(angles, reverse=True)[STANDARD.turned_frames - 1] if len(angles) >= STANDARD.turned_frames else 0.0


def run_trial(series: Series, start: int, side: int) -> str:
    """Run a challenge to turn to `side` that starts at frame `start`, and return its outcome."""
    challenge = TurnChallenge(ONE_TURN, _forced(side))
    first = series[start]
    assert first.landmarks is not None
    challenge.begin(first.grey, first.landmarks, first.taken_at)
    for picture in series[start + 1 :]:
        answer = challenge.update(picture.grey, picture.landmarks, picture.taken_at)
        if isinstance(answer, PhotoSign):
            return OUTCOMES[answer]
        if challenge.just_turned:
            return "passed"
    return NOT_JUDGED


def _forced(side: int) -> random.Random:
    """Return a random generator that chooses `side` and no delay."""

    class Forced(random.Random):
        def choice(self, seq: Any) -> Any:
            return side

        def uniform(self, a: float, b: float) -> float:
            return 0.0

    return Forced()


ByPerson = dict[str, list[TurnTrial]]


def attacks(by_person: ByPerson) -> dict[str, Any]:
    """Count the outcomes of real prints and calculate rates for all and for turned presentations."""
    all_trials = [trial for person_trials in by_person.values() for trial in person_trials]
    figures: dict[str, Any] = {"people": len(by_person), "presentations": len(all_trials)}
    figures["rate"] = attack_rate(sum(trial.outcome == "passed" for trial in all_trials), len(all_trials))
    for name, minimum in MINIMUM_TURN.items():
        outcomes = _outcomes(all_trials, minimum)
        figures[name] = {"outcomes": dict(outcomes), "rate": attack_rate(outcomes["passed"], outcomes.total())}
    return figures


def bona_fide(by_person: ByPerson) -> dict[str, Any]:
    """Count the outcomes of real faces that turned, except those that turned to the opposite side first."""
    figures: dict[str, Any] = {}
    for name, minimum in MINIMUM_TURN.items():
        outcomes = {person: _outcomes(trials, minimum) for person, trials in by_person.items()}
        for counts in outcomes.values():
            del counts[OUTCOMES[PhotoSign.WRONG_WAY]]
        total = sum(outcomes.values(), Counter[str]())
        figures[name] = {
            "passed per person": {
                name: f"{counts['passed']} of {counts.total()}" for name, counts in outcomes.items() if counts
            },
            "outcomes": dict(total),
            "rate": bona_fide_rate(total.total() - total["passed"], total.total()),
        }
    return figures


def _outcomes(trials: list[TurnTrial], minimum: float) -> Counter[str]:
    """Count the outcomes of trials that reached `minimum`, except series that ended before the verdict."""
    return Counter(trial.outcome for trial in trials if trial.angle >= minimum and trial.outcome != NOT_JUDGED)


def nose_ahead(series: Series) -> Iterator[tuple[float, bool]]:
    """Yield the turn between pairs of frames up to `_PAIRS` apart, and whether the nose led as required."""
    for number, first in enumerate(series):
        if first.landmarks is None or abs(turn(first.landmarks)) > AHEAD:
            continue
        ahead, later = turn(first.landmarks), series[number + 1 : number + 1 + _PAIRS]
        turned = [
            picture
            for picture in later
            if picture.landmarks is not None and abs(turn(picture.landmarks) - ahead) >= STANDARD.min_turn
        ]
        if not turned:
            continue
        face = TrackedFace(first.grey, first.landmarks)
        for picture in later[: later.index(turned[-1]) + 1]:
            face.track(picture.grey)
            if picture not in turned or picture.landmarks is None:
                continue
            angle, lead = turn(picture.landmarks) - ahead, face.lead(picture.landmarks)
            if lead is not None:
                yield abs(angle), lead.counted(1 if angle > 0 else -1, abs(angle)) >= STANDARD.min_lead


def pairs(measured: list[tuple[float, bool]]) -> dict[str, str]:
    """Return in how many pairs the nose led as required, grouped by turn."""
    groups = {}
    for low, high in pairwise(STEPS):
        ahead = [is_facing_forward for angle, is_facing_forward in measured if low <= angle < high]
        groups[f"turned by {low:g} to {high:g}"] = f"nose ahead in {sum(ahead)} of {len(ahead)}"
    return groups
