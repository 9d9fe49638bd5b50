"""What to tell somebody before the camera: one instruction at a time, the most useful first."""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.engine import FaceBox
from vision.frame import Image
from vision.verdict import Guidance


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares of the frame's height and width; brightness from 0 to 255."""

    smallest: float = 0.22
    largest: float = 0.75
    off_centre: float = 0.22
    darkest: float = 45.0


def guide(grey: Image, boxes: Sequence[FaceBox], limits: Limits = Limits()) -> Guidance | None:
    """None: the frame is good. `grey` is (height, width)."""
    height, width = grey.shape
    if not boxes:
        return Guidance.TOO_DARK if float(grey.mean()) < limits.darkest else Guidance.NO_FACE
    if len(boxes) > 1:
        return Guidance.TWO_FACES
    box = boxes[0]
    if box.height < limits.smallest * height:
        return Guidance.TOO_FAR
    if box.height > limits.largest * height:
        return Guidance.TOO_NEAR
    if abs((box.left + box.right) / 2 - width / 2) > limits.off_centre * width:
        return Guidance.OFF_CENTRE
    face = grey[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    if float(face.mean()) < limits.darkest:
        return Guidance.TOO_DARK
    return None
