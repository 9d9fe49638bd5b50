"""Run turn challenges on recordings: videos and image sequences of real faces and printed photos.

Nobody in them was asked to turn. A presentation is a starting frame and a side. It counts as turned if
`Demands.looks` pictures within the time limit show the face turned far enough to that side. Other presentations could
not pass and are not followed. No mistakes are allowed; the outcome names what was missing.
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
from vision.face import Points
from vision.frame import Frame, FrameProblem, Image, frame_of
from vision.guidance import turn
from vision.parallax import FollowedFace
from vision.turn_challenge import DEMANDS, TurnChallenge
from vision.verdict import PhotoSign

STANDARD = DEMANDS[AntiPhoto.STANDARD]
ONE_TURN = replace(STANDARD, turns=1, mistakes=0)
ENDS = {
    PhotoSign.CHANGED: "lost",
    PhotoSign.NOT_TURNED: "no turn",
    PhotoSign.WRONG_WAY: "wrong way",
    PhotoSign.FLAT: "nose did not lead",
}
NOT_JUDGED = "series ended"
FPS = 25.0
"""Assumed for films without a frame rate, and for numbered pictures."""
AHEAD = 0.2
"""Maximum turn at the start of a challenge; see `vision.guidance.turn`."""
CLEAR = 0.2
"""Everyone who was asked to turn exceeded this."""
MINIMUM_TURN = {"turned": STANDARD.enough, "clearly turned": CLEAR}
STEPS = (STANDARD.enough, 0.16, CLEAR, 1.0)
"""Limits of the difference in turn between two pictures of a series."""
_FILLED = 0.08
"""Seconds between pictures after interpolation."""
_PAIRS = 15
"""Number of subsequent frames compared with each frame."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenPicture:
    grey: Image
    points: Points | None
    """None unless exactly one face was found."""
    at: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class TurnTrial:
    end: str
    far: float
    """Turn reached in `Demands.looks` pictures."""


Series = list[SeenPicture]


def seen(frame: Frame, engine: FaceEngine) -> SeenPicture:
    faces = engine.faces(frame.grey)
    return SeenPicture(frame.grey, faces[0].points if len(faces) == 1 else None, frame.taken_at)


def film(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS) or FPS
    number = 0
    while True:
        got, picture = capture.read()
        if not got:
            return
        scale = 640 / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = frame_of(picture, number=number, taken_at=number / rate, order="BGR")
        assert not isinstance(frame, FrameProblem)
        yield frame
        number += 1


def numbered(paths: list[Path], engine: FaceEngine) -> Series:
    """Load pictures whose names end with the frame number."""
    return [seen(picture(path, _number(path)), engine) for path in sorted(paths, key=_number)]


def picture(path: Path, number: int = 0) -> Frame:
    found = cv2.imread(str(path))
    assert found is not None, f"{path} is not a picture"
    frame = frame_of(found, number=number, taken_at=number / FPS, order="BGR")
    assert not isinstance(frame, FrameProblem), f"{path}: {frame}"
    return frame


def _number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def filled(series: Series, engine: FaceEngine) -> Series:
    """Return the series with interpolated pictures (dense optical flow), at least at the rate of a slow camera."""
    every = series[:1]
    for one, other in pairwise(series):
        parts = max(round((other.at - one.at) / _FILLED), 1)
        shares = [part / parts for part in range(1, parts)]
        for share, grey in zip(shares, _between(one.grey, other.grey, shares), strict=True):
            faces = engine.faces(grey)
            points = faces[0].points if len(faces) == 1 else None
            every.append(SeenPicture(grey, points, one.at + share * (other.at - one.at)))
        every.append(other)
    return every


def _between(one: Image, other: Image, shares: list[float]) -> list[Image]:
    if not shares:
        return []
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    none: Any = None
    forth, back = flow.calc(one, other, none), flow.calc(other, one, none)
    y, x = np.indices(one.shape, np.float32)

    def moved(picture: Image, by: Any, share: float) -> Image:
        columns, rows = x - share * by[..., 0], y - share * by[..., 1]
        return np.asarray(
            cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )

    return [
        np.asarray(
            cv2.addWeighted(moved(one, forth, share), 1 - share, moved(other, back, 1 - share), share, 0), np.uint8
        )
        for share in shares
    ]


def trials(series: Series, every: int) -> Iterator[TurnTrial]:
    """Try a turn to each side from every `every`-th frame whose face looks straight ahead."""
    for start in range(0, len(series) - STANDARD.looks, every):
        points = series[start].points
        if points is None or abs(turn(points)) > AHEAD:
            continue
        for side in (1, -1):
            far = reached(series, start, side)
            yield TurnTrial(
                run_trial(series, start, side) if far >= STANDARD.enough else ENDS[PhotoSign.NOT_TURNED], far
            )


def reached(series: Series, start: int, side: int) -> float:
    """Return how far the face turns to `side`, for long enough and within the time limit."""
    first = series[start]
    assert first.points is not None
    ahead = turn(first.points)
    found = [
        (turn(one.points) - ahead) * side
        for one in series[start + 1 :]
        if one.points is not None and one.at <= first.at + STANDARD.seconds
    ]
    return sorted(found, reverse=True)[STANDARD.looks - 1] if len(found) >= STANDARD.looks else 0.0


def run_trial(series: Series, start: int, side: int) -> str:
    """Return the outcome of a challenge to turn to `side` that starts at frame `start`."""
    challenge = TurnChallenge(ONE_TURN, _forced(side))
    first = series[start]
    assert first.points is not None
    challenge.begin(first.grey, first.points, first.at)
    for one in series[start + 1 :]:
        answer = challenge.turned(one.grey, one.points, one.at)
        if isinstance(answer, PhotoSign):
            return ENDS[answer]
        if challenge.just_turned:
            return "passed"
    return NOT_JUDGED


def _forced(side: int) -> random.Random:
    """Return a random generator that always draws `side` and no delay."""

    class Forced(random.Random):
        def choice(self, seq: Any) -> Any:
            return side

        def uniform(self, a: float, b: float) -> float:
            return 0.0

    return Forced()


ByPerson = dict[str, list[TurnTrial]]


def attacks(found: ByPerson) -> dict[str, Any]:
    """Count the outcomes of real prints, with rates over all presentations and over those judged that turned."""
    every = [one for trials in found.values() for one in trials]
    figures: dict[str, Any] = {"people": len(found), "presentations": len(every)}
    figures["rate"] = attack_rate(sum(one.end == "passed" for one in every), len(every))
    for what, least in MINIMUM_TURN.items():
        ends = _ends(every, least)
        figures[what] = {"ends": dict(ends), "rate": attack_rate(ends["passed"], ends.total())}
    return figures


def bona_fide(found: ByPerson) -> dict[str, Any]:
    """Count the outcomes of real faces that turned, except those that first turned to the other side."""
    figures: dict[str, Any] = {}
    for what, least in MINIMUM_TURN.items():
        ends = {person: _ends(trials, least) for person, trials in found.items()}
        for one in ends.values():
            del one[ENDS[PhotoSign.WRONG_WAY]]
        total = sum(ends.values(), Counter[str]())
        figures[what] = {
            "passed per person": {name: f"{one['passed']} of {one.total()}" for name, one in ends.items() if one},
            "ends": dict(total),
            "rate": bona_fide_rate(total.total() - total["passed"], total.total()),
        }
    return figures


def _ends(trials: list[TurnTrial], least: float) -> Counter[str]:
    """Count the outcomes of trials with a turn of at least `least`, excluding series that ended before the verdict."""
    return Counter(one.end for one in trials if one.far >= least and one.end != NOT_JUDGED)


def nose_ahead(series: Series) -> Iterator[tuple[float, bool]]:
    """Yield the turn between pairs of recorded pictures, however far apart, and whether the nose led enough."""
    for number, first in enumerate(series):
        if first.points is None or abs(turn(first.points)) > AHEAD:
            continue
        ahead, later = turn(first.points), series[number + 1 : number + 1 + _PAIRS]
        turned = [one for one in later if one.points is not None and abs(turn(one.points) - ahead) >= STANDARD.enough]
        if not turned:
            continue
        face = FollowedFace(first.grey, first.points)
        for one in later[: later.index(turned[-1]) + 1]:
            face.follow(one.grey)
            if one not in turned or one.points is None:
                continue
            far, lead = turn(one.points) - ahead, face.lead(one.points)
            if lead is not None:
                yield abs(far), lead.counted(1 if far > 0 else -1, abs(far)) >= STANDARD.stands_out


def pairs(measured: list[tuple[float, bool]]) -> dict[str, str]:
    """Return the number of pairs in which the nose led, by the amount of turn."""
    found = {}
    for least, most in pairwise(STEPS):
        ahead = [is_ahead for far, is_ahead in measured if least <= far < most]
        found[f"turned by {least:g} to {most:g}"] = f"nose ahead in {sum(ahead)} of {len(ahead)}"
    return found
