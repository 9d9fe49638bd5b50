"""Thresholds for drawn people, who are more similar to each other than real ones."""

from collections.abc import Iterator, Sequence

import numpy as np

from vision.calibration.calibrate import FRAMES
from vision.calibration.people import EncodedPerson
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.face import Encoding, distance
from vision.frame import Frame
from vision.reference import Reference, make_reference
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource

_EVERY = 12
"""Interval between the frames used, at 25 frames per second."""
_NEARER, _NEARLY = 0.9, 0.95
"""Thresholds as fractions of the distance to the nearest stranger."""


class DrawnAlike(Exception):
    """A holder is further from their own card than a stranger."""


def drawn_people(engine: FaceEngine, live: int = 2 * max(FRAMES)) -> Iterator[EncodedPerson]:
    """Yield every synthetic person: live frames from the synthetic camera, and the portrait as card photo."""
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        person = EncodedPerson(name, reference.encoding if isinstance(reference, Reference) else None)
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
        yield EncodedPerson(name, person.reference, person.live, unseen)


def calibrate_drawn(people: Sequence[EncodedPerson], engine: str) -> Calibration:
    """Return a threshold below the distance of the nearest stranger, for the minimum number of frames of a check.

    The margin is needed because bad light increases the distance of holders from their cards. A single frame may be
    almost as far as a stranger, because drawn people turn and blink. Raises DrawnAlike.
    """
    frames = max(FRAMES)
    held, strange = distances(people, frames)
    threshold = _NEARER * min(strange)
    if max(held) >= threshold:
        raise DrawnAlike(f"distance of a holder {max(held):.3f}, of a stranger {min(strange):.3f}")
    return Calibration(engine, {frames: threshold}, 0.0, 0.0, _NEARLY * nearest_stranger(people))


def distances(people: Sequence[EncodedPerson], frames: int) -> tuple[list[float], list[float]]:
    """Return distances of the mean of `frames` live frames to the card photos, for holders and for strangers."""
    known = [(one, one.reference) for one in people if one.reference is not None]
    held: list[float] = []
    strange: list[float] = []
    for person in people:
        for first in range(0, len(person.live) - frames + 1, frames):
            mean: Encoding = np.mean(person.live[first : first + frames], axis=0)
            for owner, reference in known:
                (held if owner is person else strange).append(distance(mean, reference))
    return held, strange


def nearest_stranger(people: Sequence[EncodedPerson]) -> float:
    """Return the smallest distance of a single frame to the mean of another person's frames."""
    means = [np.mean(one.live, axis=0) for one in people]
    return min(
        distance(live, mean)
        for person in people
        for live in person.live
        for owner, mean in zip(people, means, strict=True)
        if owner is not person
    )
