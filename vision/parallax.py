"""Measuring how far the nose leads while the head turns, for `vision.turn_challenge`. A flat picture has no lead.

Points on the face are tracked while the head turns. The nose of a real face moves further than the cheeks, while a
photograph moves as one surface. The positions of the nose points are predicted from the points around the nose,
assuming a plane, a sheet bent once, and a sheet folded along the nose. The distance of the nose points beyond these
predictions, in the direction of the turn, is the lead. In addition, a picture must be turned further than a head to
look turned, which makes it narrower.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.face import FaceAxes, Points
from vision.frame import Image

Places = NDArray[np.float64]
"""(n, 2)."""
Spots = NDArray[np.float32]
"""(n, 2) in pixels, as required by OpenCV's optical flow."""

_MAX_NOSE, _MAX_AROUND = 40, 120
_WINDOW = (17, 17)
_LEVELS = 3
_ASTRAY = 0.01
"""Points that, tracked forward and back, miss their start by more than this fraction of the eye distance are dropped.
"""
_MIN_NOSE, _MIN_AROUND = 4, 14
_FEW = 20
_TORN = 0.5
"""Minimum fraction of at least `_FEW` points that a face keeps from one frame to the next. Replaced pictures lose more.
"""
_MIN_POINTS = 6
_FACE = 1.2
"""Radius of a face in eye distances."""
_AFFINE = 3
"""Number of unregularised terms in the motion of a surface. Further terms bend it."""
_HELD_BACK = 1.0
"""Regularisation of the bending terms, in squared eye distances. It reduces them by about a third on a face with many
points, so that ten points on one cheek do not predict the nose from noise. The lead that a strongly bent sheet gains by
this is removed by `Lead.counted`."""
_LAGGING = 25
"""Percentage of the nose points that need not lead."""
_OUTLIERS = 85
"""Percentage of the points around the nose that are used, because the mouth may be speaking."""
_HALF_NARROWED = 0.5
"""See `Lead.narrowed`. Few real heads become so narrow, because cheeks are curved, but most turned prints do."""


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """Lead of each nose point in eye distances, positive towards the right side of the picture."""

    plane: NDArray[np.float64]
    """(n,) distances from the prediction for a flat picture."""
    bent: NDArray[np.float64]
    """(n,) distances from the prediction for a sheet bent once."""
    creased: NDArray[np.float64]
    """(n,) distances from the prediction for a sheet folded along the nose."""
    narrowed: float
    """Sine of the angle by which a flat picture must be turned to become as narrow as the face; 0 if it did not."""

    def towards(self, side: int) -> float:
        """Return the smallest of the three medians for a side, 1 or -1.

        It is at most 0 unless most of the nose leads by all three predictions, because the nose points diverge if the
        points around them were tracked badly.
        """
        leads = np.stack([self.plane, self.bent, self.creased]) * side
        median, lagging = np.percentile(leads, (50, _LAGGING), axis=1).min(axis=1)
        return float(median if lagging > 0 else min(median, 0.0))

    def counted(self, side: int, far: float) -> float:
        """Return `towards`, reduced if the face has become much narrower, because a lead must match the turn.

        `far`: turn of the head as shown by the nose (`vision.guidance.turn`). A face that is narrower than this turn
        can explain is turned like a sheet, so its nose does not lead.
        """
        lead = self.towards(side)
        if self.narrowed > far + _HALF_NARROWED:
            return min(lead, 0.0)
        return lead * min(1.0, _HALF_NARROWED / max(self.narrowed, _HALF_NARROWED))


class FollowedFace:
    """Points on a face, tracked since a frame in which it looked ahead."""

    def __init__(self, grey: Image, points: Points) -> None:
        self._axes = FaceAxes(points)
        # equalise the contrast so that there are points on the cheeks too
        even = np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(grey), np.uint8)
        nose, around = _nose(self._axes, grey.shape), _around_nose(self._axes, grey.shape)
        self._first = np.vstack([_corners(even, nose, _MAX_NOSE, 2.0), _corners(even, around, _MAX_AROUND, 4.0)])
        self._now, self._picked = self._first.copy(), len(self._first)
        self._grey = grey
        self.torn = False
        """Whether the last frame does not continue the previous one, or there are too few points left."""

    def follow(self, grey: Image) -> None:
        """Track the points into the next frame. Lost points are dropped permanently."""
        before = len(self._now)
        if grey.shape != self._grey.shape:  # a reopened camera
            self.forget()
        elif before:
            there = self._flow(self._grey, grey, self._now)
            back = self._flow(grey, self._grey, there)
            off = np.hypot(*(back - self._now).T)
            kept = off < max(0.5, _ASTRAY * self._axes.distance)  # NaN if the flow was not found
            self._first, self._now = self._first[kept], there[kept]
        self.torn = (before >= _FEW and len(self._now) < _TORN * before) or len(self._now) < _MIN_POINTS
        self._grey = grey

    def lead(self, points: Points) -> Lead | None:
        """Return the lead of the nose since the first frame, or None if too few points are left. `points`: currently
        detected points.
        """
        start = self._axes.normal(self._first)
        x, y = start.T
        nose = (np.abs(x) < 0.22) & (y > 0.25) & (y < 0.8)
        around = ~((np.abs(x) < 0.3) & (y > 0) & (y < 0.9))
        if nose.sum() < _MIN_NOSE or around.sum() < _MIN_AROUND:
            return None
        now = (self._now - self._now.mean(axis=0)) / self._axes.distance
        across = FaceAxes(points).across
        flat = _flat(start, now, around)
        if flat is None:
            return None
        one, half = np.ones_like(x), np.abs(x)
        bent = _by_terms([one, x, y, x * x, x * y, y * y], now, around)
        creased = _by_terms([one, x, y, half, half * y, x * y], now, around)
        plane, once, folded = ((now - predicted)[nose] @ across for predicted in (flat, bent, creased))
        return Lead(plane, once, folded, _narrowed(_weights(np.stack([one, x, y], axis=1), now, around), across))

    def fraction_on_face(self, points: Points) -> float:
        """Return the fraction of points that are still tracked and on the currently detected face."""
        x, y = FaceAxes(points).normal(self._now).T
        return float((np.hypot(x, y - 0.42) < _FACE).sum()) / max(self._picked, 1)

    def forget(self) -> None:
        for one in (self._first, self._now):
            one.fill(0)
        self._first = self._now = np.zeros((0, 2), np.float32)
        self._grey = np.zeros((1, 1), np.uint8)

    def _flow(self, before: Image, after: Image, places: Spots) -> Spots:
        moved, seen, _ = cv2.calcOpticalFlowPyrLK(
            before, after, places[:, None], np.empty(0), winSize=_WINDOW, maxLevel=_LEVELS
        )
        moved = moved[:, 0]
        moved[seen[:, 0] != 1] = np.nan
        return np.asarray(moved, np.float32)


def _corners(grey: Image, mask: Image, most: int, apart: float) -> Spots:
    """Return the best points in the mask for tracking, at least `apart` pixels from each other."""
    found: NDArray[Any] | None = cv2.goodFeaturesToTrack(grey, most, 0.01, apart, mask=mask, blockSize=5)
    return np.zeros((0, 2), np.float32) if found is None else np.asarray(found.reshape(-1, 2), np.float32)


def _nose(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Return a mask of the nose below the eyes."""
    mask = np.zeros(shape, np.uint8)
    corners = [axes.place(x, y) for x, y in ((-0.2, 0.27), (0.2, 0.27), (0.2, 0.78), (-0.2, 0.78))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)
    return mask


def _around_nose(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Return a mask of the face from the brows to the chin, without the nose and the area next to it."""
    mask = np.zeros(shape, np.uint8)
    x, y = axes.place(0.0, 0.42)
    degrees = float(np.degrees(np.arctan2(axes.across[1], axes.across[0])))
    cv2.ellipse(mask, ((float(x), float(y)), (1.9 * axes.distance, 2.0 * axes.distance), degrees), 255, -1)
    corners = [axes.place(x, y) for x, y in ((-0.3, 0.0), (0.3, 0.0), (0.3, 0.9), (-0.3, 0.9))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 0)
    return mask


def _flat(start: Places, now: Places, around: NDArray[np.bool_]) -> Places | None:
    """Return the predicted position of every point on a plane, fitted to the points around the nose."""
    kept = around
    predicted = start
    for _ in range(2):
        plane: NDArray[Any] | None = cv2.findHomography(start[kept], now[kept], 0)[0]
        if plane is None:
            return None
        predicted = np.asarray(cv2.perspectiveTransform(start[:, None], plane)[:, 0], np.float64)
        kept = _without_outliers(now - predicted, around)
    return predicted


def _by_terms(terms: list[NDArray[np.float64]], now: Places, around: NDArray[np.bool_]) -> Places:
    """Return the predicted positions on a surface whose points move by a weighted sum of these terms."""
    columns = np.stack(terms, axis=1)
    return columns @ _weights(columns, now, around)


def _weights(columns: Places, now: Places, around: NDArray[np.bool_]) -> Places:
    """Return the weights of the columns, fitted to the points around the nose. The first three are not regularised."""
    held = np.sqrt(_HELD_BACK) * np.eye(columns.shape[1])[_AFFINE:]
    still = np.zeros((len(held), 2))
    kept = around
    weights = still
    for _ in range(2):
        weights, *_ = np.linalg.lstsq(np.vstack([columns[kept], held]), np.vstack([now[kept], still]), rcond=None)
        kept = _without_outliers(now - columns @ weights, around)
    return weights


def _narrowed(weights: Places, across: NDArray[np.float64]) -> float:
    """Return `Lead.narrowed`. `weights`: of a constant, and of the positions across and down the face."""
    down = np.array([-across[1], across[0]])
    width, height = float(weights[1] @ across), float(weights[2] @ down)
    share = min(max(width / max(height, np.finfo(float).eps), 0.0), 1.0)
    return float(np.sqrt(1 - share**2))


def _without_outliers(off: Places, around: NDArray[np.bool_]) -> NDArray[np.bool_]:
    size = np.hypot(*off.T)
    return np.asarray(around & (size <= np.percentile(size[around], _OUTLIERS)))
