"""Turn challenges with recordings: films and image sequences of real faces and printed photos without instructions.

A presentation is a starting frame and a side. It is turned if `Requirements.turned_frames` images within the time limit
show the face turned far enough to this side. Presentations that are not turned cannot pass and are not processed. No
mistakes are allowed. The outcome states which requirement was not met.
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
ENDS = {
    PhotoSign.CHANGED: "lost",
    PhotoSign.NOT_TURNED: "no turn",
    PhotoSign.WRONG_WAY: "wrong way",
    PhotoSign.FLAT: "nose did not lead",
}
NOT_JUDGED = "series ended"
FPS = 25.0
"""Frame rate of numbered pictures, and of films that do not specify one."""
AHEAD = 0.2
"""Maximum turn at the start of a challenge; see `vision.guidance.turn`."""
CLEAR = 0.2
"""Turn exceeded by all people who were instructed to turn."""
MINIMUM_TURN = {"turned": STANDARD.min_turn, "clearly turned": CLEAR}
STEPS = (STANDARD.min_turn, 0.16, CLEAR, 1.0)
"""Boundaries for grouping pairs of pictures by their difference in turn."""
_FILLED = 0.08
"""Seconds between pictures after interpolation."""
_PAIRS = 15
"""Number of following frames compared with each frame."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenPicture:
    grey: Image
    landmarks: Landmarks | None
    """None unless exactly one face was detected."""
    at: float
    """Time in seconds."""


@dataclass(frozen=True, slots=True)
class TurnTrial:
    end: str
    reached: float
    """Turn in at least `Requirements.turned_frames` pictures."""


Series = list[SeenPicture]


def seen(frame: Frame, engine: FaceEngine) -> SeenPicture:
    faces = engine.faces(frame.grey)
    return SeenPicture(frame.grey, faces[0].landmarks if len(faces) == 1 else None, frame.taken_at)


def film(path: Path) -> Iterator[Frame]:
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
    """Load pictures whose names end in the frame number."""
    return [seen(picture(path, _number(path)), engine) for path in sorted(paths, key=_number)]


def picture(path: Path, number: int = 0) -> Frame:
    pixels = cv2.imread(str(path))
    assert pixels is not None, f"{path} is not a picture"
    frame = to_frame(pixels, number=number, taken_at=number / FPS, order="BGR")
    assert not isinstance(frame, FrameProblem), f"{path}: {frame}"
    return frame


def _number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def filled(series: Series, engine: FaceEngine) -> Series:
    """Interpolate pictures by dense optical flow, up to the frame rate of a slow camera."""
    pictures = series[:1]
    for start, end in pairwise(series):
        parts = max(round((end.at - start.at) / _FILLED), 1)
        shares = [part / parts for part in range(1, parts)]
        for share, grey in zip(shares, _between(start.grey, end.grey, shares), strict=True):
            faces = engine.faces(grey)
            landmarks = faces[0].landmarks if len(faces) == 1 else None
            pictures.append(SeenPicture(grey, landmarks, start.at + share * (end.at - start.at)))
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
    """Try a turn to each side from every `every`-th frame, if the face looks ahead."""
    for start in range(0, len(series) - STANDARD.turned_frames, every):
        landmarks = series[start].landmarks
        if landmarks is None or abs(turn(landmarks)) > AHEAD:
            continue
        for side in (1, -1):
            angle = reached(series, start, side)
            turned = angle >= STANDARD.min_turn
            yield TurnTrial(run_trial(series, start, side) if turned else ENDS[PhotoSign.NOT_TURNED], angle)


def reached(series: Series, start: int, side: int) -> float:
    """Return the turn to `side` in at least `Requirements.turned_frames` pictures within the time limit."""
    first = series[start]
    assert first.landmarks is not None
    ahead = turn(first.landmarks)
    angles = [
        (turn(seen.landmarks) - ahead) * side
        for seen in series[start + 1 :]
        if seen.landmarks is not None and seen.at <= first.at + STANDARD.max_seconds
    ]
    return sorted(angles, reverse=True)[STANDARD.turned_frames - 1] if len(angles) >= STANDARD.turned_frames else 0.0


def run_trial(series: Series, start: int, side: int) -> str:
    """Return the outcome of a challenge to turn to `side` that starts at frame `start`."""
    challenge = TurnChallenge(ONE_TURN, _forced(side))
    first = series[start]
    assert first.landmarks is not None
    challenge.begin(first.grey, first.landmarks, first.at)
    for picture in series[start + 1 :]:
        answer = challenge.turned(picture.grey, picture.landmarks, picture.at)
        if isinstance(answer, PhotoSign):
            return ENDS[answer]
        if challenge.just_turned:
            return "passed"
    return NOT_JUDGED


def _forced(side: int) -> random.Random:
    """Return a random generator that always returns `side` and no delay."""

    class Forced(random.Random):
        def choice(self, seq: Any) -> Any:
            return side

        def uniform(self, a: float, b: float) -> float:
            return 0.0

    return Forced()


ByPerson = dict[str, list[TurnTrial]]


def attacks(by_person: ByPerson) -> dict[str, Any]:
    """Count the outcomes of real prints, with rates for all presentations and for turned presentations."""
    all_trials = [trial for person_trials in by_person.values() for trial in person_trials]
    figures: dict[str, Any] = {"people": len(by_person), "presentations": len(all_trials)}
    figures["rate"] = attack_rate(sum(trial.end == "passed" for trial in all_trials), len(all_trials))
    for what, minimum in MINIMUM_TURN.items():
        ends = _ends(all_trials, minimum)
        figures[what] = {"ends": dict(ends), "rate": attack_rate(ends["passed"], ends.total())}
    return figures


def bona_fide(by_person: ByPerson) -> dict[str, Any]:
    """Count the outcomes of turned real faces, except those that first turned to the opposite side."""
    figures: dict[str, Any] = {}
    for what, minimum in MINIMUM_TURN.items():
        ends = {person: _ends(trials, minimum) for person, trials in by_person.items()}
        for counts in ends.values():
            del counts[ENDS[PhotoSign.WRONG_WAY]]
        total = sum(ends.values(), Counter[str]())
        figures[what] = {
            "passed per person": {
                name: f"{counts['passed']} of {counts.total()}" for name, counts in ends.items() if counts
            },
            "ends": dict(total),
            "rate": bona_fide_rate(total.total() - total["passed"], total.total()),
        }
    return figures


def _ends(trials: list[TurnTrial], minimum: float) -> Counter[str]:
    """Count the outcomes of trials with a turn of at least `minimum`, except series that ended before the verdict."""
    return Counter(trial.end for trial in trials if trial.reached >= minimum and trial.end != NOT_JUDGED)


def nose_ahead(series: Series) -> Iterator[tuple[float, bool]]:
    """Yield the turn between pairs of pictures up to `_PAIRS` apart, and whether the nose had the required lead."""
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
    """Return the number of pairs in which the nose had the required lead, grouped by turn."""
    groups = {}
    for low, high in pairwise(STEPS):
        ahead = [is_ahead for angle, is_ahead in measured if low <= angle < high]
        groups[f"turned by {low:g} to {high:g}"] = f"nose ahead in {sum(ahead)} of {len(ahead)}"
    return groups
