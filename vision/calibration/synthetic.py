"""Thresholds for drawn people, who are more similar to each other than real people."""

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

_FRAME_INTERVAL = 12
"""Interval between used frames, at 25 frames per second."""
_THRESHOLD_FACTOR, _OTHER_PERSON_FACTOR = 0.9, 0.95
"""Factors from the distance of the nearest stranger to the threshold and to `other_person`."""


class NotSeparable(Exception):
    """A holder is further from the photo than a stranger."""


def encode_synthetic_people(engine: FaceEngine, live: int = 2 * max(FRAMES)) -> Iterator[EncodedPerson]:
    """Encode every synthetic person, with frames from the synthetic camera and the portrait as card photo."""
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        person = EncodedPerson(name, reference.encoding if isinstance(reference, Reference) else None)
        source, unseen = SyntheticSource(name, realtime=False), 0
        for _ in range(live):
            for _ in range(_FRAME_INTERVAL):
                source.skip()
            frame = source.read()
            faces = engine.faces(frame.grey) if isinstance(frame, Frame) else []
            if isinstance(frame, Frame) and len(faces) == 1:
                person.live.append(engine.encode(frame.grey, faces[0]))
            else:
                unseen += 1
        yield EncodedPerson(name, person.reference, person.live, unseen)


def calibrate_synthetic(people: Sequence[EncodedPerson], engine: str) -> Calibration:
    """Return a threshold 10 % below the distance of the nearest stranger, for the minimum number of frames of a check.

    In bad light, holders have a larger distance from their photo. A single frame may be almost as far as a stranger,
    because drawn people turn and blink. Raises NotSeparable.
    """
    frames = max(FRAMES)
    holders, strangers = distances(people, frames)
    threshold = _THRESHOLD_FACTOR * min(strangers)
    if max(holders) >= threshold:
        raise NotSeparable(f"a holder has the distance {max(holders):.3f}, and a stranger {min(strangers):.3f}")
    return Calibration(engine, {frames: threshold}, 0.0, 0.0, _OTHER_PERSON_FACTOR * nearest_stranger(people))


def distances(people: Sequence[EncodedPerson], frames: int) -> tuple[list[float], list[float]]:
    """Return the distances between means of `frames` live frames and card photos, for holders and for strangers."""
    references = [(person, person.reference) for person in people if person.reference is not None]
    holders: list[float] = []
    strangers: list[float] = []
    for person in people:
        for first in range(0, len(person.live) - frames + 1, frames):
            mean: Encoding = np.mean(person.live[first : first + frames], axis=0)
            for owner, reference in references:
                (holders if owner is person else strangers).append(distance(mean, reference))
    return holders, strangers


def nearest_stranger(people: Sequence[EncodedPerson]) -> float:
    """Return the smallest distance between a frame and the mean of another person's frames."""
    means = [np.mean(person.live, axis=0) for person in people]
    return min(
        distance(live, mean)
        for person in people
        for live in person.live
        for owner, mean in zip(people, means, strict=True)
        if owner is not person
    )
