"""Encode a folder of people, using the first image of each as the card photo and the others as live frames.

Uses the terminal's frame conversion, detector, card format and encoder. Does not write files.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vision.engines.engine import FaceEngine
from vision.face import Encoding, Face
from vision.frame import Frame, FrameProblem, to_frame
from vision.portrait import card_photo_from
from vision.reference import Reference, make_reference

OnProgress = Callable[[int, int], None]
"""Callback with the number of encoded people and the total."""

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".pgm"}
_MAX_SIDE = 640
"""Maximum longer side of photographs in pixels, as from the terminal's camera. Larger ones are scaled down."""
_EDGE = 0.15
"""Margin added around a photograph, as a fraction of its longer side."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EncodedPerson:
    """Encodings of a person. `reference` is None if the first image is not usable as a card photo."""

    name: str
    reference: Encoding | None
    live: list[Encoding] = field(default_factory=list)
    undetected: int = 0
    """Number of live images without a detected face."""

    def __repr__(self) -> str:
        return f"Person({self.name!r}, {len(self.live)} live)"


def encoded_people(folder: Path, engine: FaceEngine, *, max_live: int = 7) -> Iterator[EncodedPerson]:
    """Encode the people in name order. Skips folders without images. Raises OSError if `folder` cannot be listed."""
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        images = sorted(path for path in person.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        if images:
            yield _encoded(person.name, images, engine, max_live)


def counted(people: Iterator[EncodedPerson], folder: Path, on_progress: OnProgress | None) -> Iterator[EncodedPerson]:
    """Yield the people unchanged, calling `on_progress` for each."""
    count = sum(path.is_dir() for path in folder.iterdir()) if on_progress else 0
    for number, person in enumerate(people, 1):
        if on_progress:
            on_progress(number, count)
        yield person


def _encoded(name: str, images: list[Path], engine: FaceEngine, max_live: int) -> EncodedPerson:
    reference = None
    first = _frame(images[0])
    face = _largest(first, engine) if first else None
    if first and face:
        outcome = make_reference(engine, card_photo_from(first, face.box))
        reference = outcome.encoding if isinstance(outcome, Reference) else None
    person = EncodedPerson(name, reference)
    undetected = 0
    for image in images[1 : 1 + max_live]:
        frame = _frame(image)
        face = _largest(frame, engine) if frame else None
        if frame and face:
            person.live.append(engine.encode(frame.grey, face))
        else:
            undetected += 1
    return EncodedPerson(name, reference, person.live, undetected)


def _frame(path: Path) -> Frame | None:
    import cv2

    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    scale = _MAX_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # the detector needs a margin around the face, which a tightly cropped photograph lacks
    edge = round(_EDGE * max(image.shape[:2]))
    image = cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    frame = to_frame(image, number=0, taken_at=0.0, order="BGR")
    return None if isinstance(frame, FrameProblem) else frame


def _largest(frame: Frame, engine: FaceEngine) -> Face | None:
    """Return the main face, which is larger and closer to the centre than those of bystanders."""
    height, width = frame.grey.shape

    def weight(face: Face) -> float:
        box = face.box
        offset = np.hypot((box.left + box.right - width) / 2, (box.top + box.bottom - height) / 2)
        return float(box.width * (1 - offset / max(width, height)))

    return max(engine.faces(frame.grey, thorough=True), key=weight, default=None)
