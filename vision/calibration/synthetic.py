"""Thresholds for synthetic people, who look more alike than real people."""

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
"""Use every twelfth frame, at 25 frames per second."""
_THRESHOLD_FACTOR, _OTHER_PERSON_FACTOR = 0.9, 0.95
"""Ratios of the threshold and of `other_person` to the distance of the nearest stranger."""


class NotSeparable(Exception):
    """A holder is further from their photo than a stranger."""


def encode_synthetic_people(engine: FaceEngine, live: int = 2 * max(FRAMES)) -> Iterator[EncodedPerson]:
    """Encode every synthetic person, with frames from the synthetic camera and the portrait as the card photo."""
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        person = EncodedPerson(name, reference.encoding if isinstance(reference, Reference) else None)
        source, undetected = SyntheticSource(name, realtime=False), 0
        for _ in range(live):
            for _ in range(_FRAME_INTERVAL):
                source.skip()
            frame = source.read()
            faces = engine.faces(frame.grey) if isinstance(frame, Frame) else []
            if isinstance(frame, Frame) and len(faces) == 1:
                person.live.append(engine.encode(frame.grey, faces[0]))
            else:
                undetected += 1
        yield EncodedPerson(name, person.reference, person.live, undetected)


def calibrate_synthetic(people: Sequence[EncodedPerson], engine: str) -> Calibration:
    """Return a threshold 10% below the distance of the nearest stranger, for the minimum number of frames of a check.

    In poor light, holders are further from their photo. A single frame may be almost as far as a stranger, because
    synthetic people turn and blink. Raises NotSeparable.
    """
    frames = max(FRAMES)
    holders, strangers = distances(people, frames)
    threshold = _THRESHOLD_FACTOR * min(strangers)
    if max(holders) >= threshold:
        raise NotSeparable(f"a holder is at distance {max(holders):.3f}, a stranger at {min(strangers):.3f}")
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
