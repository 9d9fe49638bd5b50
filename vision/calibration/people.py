"""Encoding a folder of people: the first picture of each as the card photo, the others as live frames.

Uses the same frame conversion, detector, card format and encoder as the terminal. Writes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vision.engines.engine import FaceEngine
from vision.face import Encoding, Face
from vision.frame import Frame, FrameProblem, frame_of
from vision.portrait import card_photo_from
from vision.reference import Reference, make_reference

OnProgress = Callable[[int, int], None]
"""Called with the number of encoded people and the total."""

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".pgm"}
_MAX_SIDE = 640
"""Longer side in pixels to which larger photographs are scaled down, as from the terminal's camera."""
_EDGE = 0.15
"""Margin added around a photograph, as a fraction of its longer side."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EncodedPerson:
    """Encodings of one person. `reference` is None if the first picture cannot be used as a card photo."""

    name: str
    reference: Encoding | None
    live: list[Encoding] = field(default_factory=list)
    unseen: int = 0
    """Number of live pictures in which no face was detected."""

    def __repr__(self) -> str:
        return f"Person({self.name!r}, {len(self.live)} live)"


def encoded_people(folder: Path, engine: FaceEngine, *, most_live: int = 7) -> Iterator[EncodedPerson]:
    """Yield the people sorted by name. Skips folders without pictures. Raises OSError if `folder` cannot be listed."""
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(path for path in place.iterdir() if path.suffix.lower() in PICTURES)
        if pictures:
            yield _encoded(place.name, pictures, engine, most_live)


def counted(people: Iterator[EncodedPerson], folder: Path, on_progress: OnProgress | None) -> Iterator[EncodedPerson]:
    """Yield the same people and call `on_progress` for each."""
    count = sum(path.is_dir() for path in folder.iterdir()) if on_progress else 0
    for number, person in enumerate(people, 1):
        if on_progress:
            on_progress(number, count)
        yield person


def _encoded(name: str, pictures: list[Path], engine: FaceEngine, most_live: int) -> EncodedPerson:
    reference = None
    first = _frame(pictures[0])
    face = _largest(first, engine) if first else None
    if first and face:
        made = make_reference(engine, card_photo_from(first, face.box))
        reference = made.encoding if isinstance(made, Reference) else None
    person = EncodedPerson(name, reference)
    unseen = 0
    for picture in pictures[1 : 1 + most_live]:
        frame = _frame(picture)
        face = _largest(frame, engine) if frame else None
        if frame and face:
            person.live.append(engine.encode(frame.grey, face))
        else:
            unseen += 1
    return EncodedPerson(name, reference, person.live, unseen)


def _frame(path: Path) -> Frame | None:
    import cv2

    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    scale = _MAX_SIDE / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # a photograph cropped closely around the face has no room for the detector's window
    edge = round(_EDGE * max(picture.shape[:2]))
    picture = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    frame = frame_of(picture, number=0, taken_at=0.0, order="BGR")
    return None if isinstance(frame, FrameProblem) else frame


def _largest(frame: Frame, engine: FaceEngine) -> Face | None:
    """Return the main face. Faces of bystanders are smaller and further from the centre."""
    height, width = frame.grey.shape

    def weight(face: Face) -> float:
        box = face.box
        away = np.hypot((box.left + box.right - width) / 2, (box.top + box.bottom - height) / 2)
        return float(box.width * (1 - away / max(width, height)))

    return max(engine.faces(frame.grey, thorough=True), key=weight, default=None)
