"""Thresholds for drawn persons, who are nearer to each other than real ones: between holders and strangers."""

from collections.abc import Iterator, Sequence

import numpy as np

from vision.calibration.calibrate import FRAMES
from vision.calibration.persons import Person
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.face import Encoding, distance
from vision.frame import Frame
from vision.reference import Reference, make_reference
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource

_EVERY = 12
"""Frames between two that are taken, at 25 a second."""
_MOST = 90
"""Per cent."""


class DrawnAlike(Exception):
    """A holder is further from the own card than a stranger is."""


def drawn_persons(engine: FaceEngine, live: int = 2 * max(FRAMES)) -> Iterator[Person]:
    """Every synthetic person before the synthetic camera, with the portrait on the own card."""
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        person = Person(name, reference.encoding if isinstance(reference, Reference) else None)
        source, unseen = SyntheticSource(name, realtime=False), 0
        for _ in range(live):
            for _ in range(_EVERY):
                source.skip()
            frame = source.read()
            faces = engine.faces(frame.grey) if isinstance(frame, Frame) else []
            if isinstance(frame, Frame) and len(faces) == 1:
                person.live.append(engine.encode(frame.grey, faces[0]))
            else:
                unseen += 1
        yield Person(name, person.reference, person.live, unseen)


def calibrate_drawn(persons: Sequence[Person], engine: str) -> Calibration:
    """Midway between the farthest holder and the nearest stranger, for as many frames as a check takes at least; single
    ones are told apart as well as most allow, for the drawn ones blink. Raises DrawnAlike."""
    frames = max(FRAMES)
    held, strange = single_frames(persons)
    most = float(np.percentile(held, _MOST))
    return Calibration(engine, {frames: _midway(*distances(persons, frames))}, 0.0, 0.0, _midway([most], strange))


def distances(persons: Sequence[Person], frames: int) -> tuple[list[float], list[float]]:
    """Of means of `frames` live frames to card photos: holders, strangers."""
    known = [(one, one.reference) for one in persons if one.reference is not None]
    held: list[float] = []
    strange: list[float] = []
    for person in persons:
        for first in range(0, len(person.live) - frames + 1, frames):
            mean: Encoding = np.mean(person.live[first : first + frames], axis=0)
            for owner, reference in known:
                (held if owner is person else strange).append(distance(mean, reference))
    return held, strange


def single_frames(persons: Sequence[Person]) -> tuple[list[float], list[float]]:
    """Of single frames to the mean of others: of the same person, of somebody else."""
    means = [np.mean(one.live[: max(FRAMES)], axis=0) for one in persons]
    held: list[float] = []
    strange: list[float] = []
    for person in persons:
        for live in person.live[max(FRAMES) :]:
            for owner, mean in zip(persons, means, strict=True):
                (held if owner is person else strange).append(distance(live, mean))
    return held, strange


def _midway(held: Sequence[float], strange: Sequence[float]) -> float:
    if max(held) >= min(strange):
        raise DrawnAlike(f"a holder at {max(held):.3f}, a stranger at {min(strange):.3f}")
    return (max(held) + min(strange)) / 2
