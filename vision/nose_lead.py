"""Measure the nose's lead over the face while the head turns, for `vision.turn_challenge`.

Landmarks on the face are tracked while the head turns. The nose of a real face moves further than the cheeks, whereas a
photograph moves as one surface. The positions of the nose points are predicted from the points around the nose for
three surfaces: a plane, a sheet bent once, and a sheet folded along the nose. The lead is the distance of the nose
points beyond these predictions, in the direction of the turn. A flat print has no lead. In addition, a print must
be turned further than a head to look turned, which makes it narrower.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.face import FaceAxes, Landmarks
from vision.frame import Image

Positions = NDArray[np.float64]
"""(n, 2)."""
FlowPoints = NDArray[np.float32]
"""(n, 2) in pixels, as required by OpenCV's optical flow."""

_MAX_NOSE, _MAX_AROUND = 40, 120
_WINDOW = (17, 17)
_LEVELS = 3
_MAX_TRACKING_ERROR = 0.01
"""Maximum deviation, in eye distances, of a point tracked forward and back. Other points are dropped."""
_MIN_NOSE, _MIN_AROUND = 4, 14
_MIN_FOR_INTERRUPTION = 20
_MIN_RETAINED = 0.5
"""Minimum fraction of at least `_MIN_FOR_INTERRUPTION` points that are still tracked in the next frame."""
_MIN_TRACKED = 6
_FACE_RADIUS = 1.2
"""Radius of a face in eye distances."""
_AFFINE_TERMS = 3
"""Number of unregularised terms in the motion of a surface. The other terms bend it."""
_REGULARISATION = 1.0
"""Regularisation of the bending terms, in squared eye distances. It stops ten points on one cheek from predicting the
nose from noise, and reduces the terms by about a third on a face with many points. `Lead.counted` removes the lead that
a strongly bent sheet gains from this."""
_LAGGING_PERCENTAGE = 25
"""Percentage of the nose points that may lag."""
_INLIER_PERCENTAGE = 85
"""Percentage of the points around the nose that are used. The others are outliers, for example of a speaking mouth."""
_HALF_NARROWED = 0.5
"""See `Lead.narrowed`. Most turned prints become this narrow, but few real heads, because cheeks are curved."""


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """Lead of each nose point in eye distances, positive towards the right side of the image."""

    plane: NDArray[np.float64]
    """(n,) lead over the prediction for a flat print."""
    bent: NDArray[np.float64]
    """(n,) lead over the prediction for a sheet bent once."""
    creased: NDArray[np.float64]
    """(n,) lead over the prediction for a sheet folded along the nose."""
    narrowed: float
    """Sine of the angle by which a flat print must be turned to become as narrow as the face; 0 if not narrower."""

    def towards(self, side: int) -> float:
        """Return the smallest of the three median leads towards a side, 1 or -1.

        The result is positive only if most nose points lead over all three predictions. With badly tracked points
        around the nose, the nose points diverge.
        """
        leads = np.stack([self.plane, self.bent, self.creased]) * side
        median, lagging = np.percentile(leads, (50, _LAGGING_PERCENTAGE), axis=1).min(axis=1)
        return float(median if lagging > 0 else min(median, 0.0))

    def counted(self, side: int, turned: float) -> float:
        """Return `towards`, reduced for a much narrower face.

        `turned`: turn of the head according to the nose (`vision.guidance.turn`). If this turn does not explain how
        narrow the face is, it is turned like a sheet and has no lead.
        """
        lead = self.towards(side)
        if self.narrowed > turned + _HALF_NARROWED:
            return min(lead, 0.0)
        return lead * min(1.0, _HALF_NARROWED / max(self.narrowed, _HALF_NARROWED))


class TrackedFace:
    """Landmarks on a face, tracked since a frame in which the person looked ahead."""

    def __init__(self, grey: Image, landmarks: Landmarks) -> None:
        self._axes = FaceAxes(landmarks)
        # equalise the contrast, to find points on the cheeks too
        equalised = np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(grey), np.uint8)
        nose, around = _nose_mask(self._axes, grey.shape), _face_mask(self._axes, grey.shape)
        nose_points = _trackable_points(equalised, nose, _MAX_NOSE, 2.0)
        self._first = np.vstack([nose_points, _trackable_points(equalised, around, _MAX_AROUND, 4.0)])
        self._now, self._initial_count = self._first.copy(), len(self._first)
        self._grey = grey
        self.interrupted = False
        """Whether the last frame does not continue the previous one, or too few points are still tracked."""

    def track(self, grey: Image) -> None:
        """Track the points into the next frame. Lost points are dropped permanently."""
        count = len(self._now)
        if grey.shape != self._grey.shape:  # the camera was reopened
            self.forget()
        elif count:
            forward = self._flow(self._grey, grey, self._now)
            backward = self._flow(grey, self._grey, forward)
            error = np.hypot(*(backward - self._now).T)
            tracked = error < max(0.5, _MAX_TRACKING_ERROR * self._axes.distance)  # NaN if the flow was not found
            self._first, self._now = self._first[tracked], forward[tracked]
        left = len(self._now)
        self.interrupted = left < _MIN_TRACKED or (count >= _MIN_FOR_INTERRUPTION and left < _MIN_RETAINED * count)
        self._grey = grey

    def lead(self, landmarks: Landmarks) -> Lead | None:
        """Return the lead since the first frame, or None with too few points. `landmarks`: in the current frame."""
        start = self._axes.to_face(self._first)
        x, y = start.T
        nose = (np.abs(x) < 0.22) & (y > 0.25) & (y < 0.8)
        around = ~((np.abs(x) < 0.3) & (y > 0) & (y < 0.9))
        if nose.sum() < _MIN_NOSE or around.sum() < _MIN_AROUND:
            return None
        now = (self._now - self._now.mean(axis=0)) / self._axes.distance
        across = FaceAxes(landmarks).across
        flat = _predict_plane(start, now, around)
        if flat is None:
            return None
        constant, fold = np.ones_like(x), np.abs(x)
        bent = _predict([constant, x, y, x * x, x * y, y * y], now, around)
        creased = _predict([constant, x, y, fold, fold * y, x * y], now, around)
        leads = ((now - predicted)[nose] @ across for predicted in (flat, bent, creased))
        over_plane, over_bent, over_creased = leads
        affine = _weights(np.stack([constant, x, y], axis=1), now, around)
        return Lead(over_plane, over_bent, over_creased, _narrowed(affine, across))

    def fraction_on_face(self, landmarks: Landmarks) -> float:
        """Return the fraction of the initial points that are tracked and within the currently detected face."""
        x, y = FaceAxes(landmarks).to_face(self._now).T
        return float((np.hypot(x, y - 0.42) < _FACE_RADIUS).sum()) / max(self._initial_count, 1)

    def forget(self) -> None:
        for points in (self._first, self._now):
            points.fill(0)
        self._first = self._now = np.zeros((0, 2), np.float32)
        self._grey = np.zeros((1, 1), np.uint8)

    def _flow(self, before: Image, after: Image, points: FlowPoints) -> FlowPoints:
        moved, status, _ = cv2.calcOpticalFlowPyrLK(
            before, after, points[:, None], np.empty(0), winSize=_WINDOW, maxLevel=_LEVELS
        )
        moved = moved[:, 0]
        moved[status[:, 0] != 1] = np.nan
        return np.asarray(moved, np.float32)


def _trackable_points(grey: Image, mask: Image, limit: int, spacing: float) -> FlowPoints:
    """Return up to `limit` points in the mask that are suitable for tracking, at least `spacing` pixels apart."""
    corners: NDArray[Any] | None = cv2.goodFeaturesToTrack(grey, limit, 0.01, spacing, mask=mask, blockSize=5)
    return np.zeros((0, 2), np.float32) if corners is None else np.asarray(corners.reshape(-1, 2), np.float32)


def _nose_mask(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Return a mask of the nose below the eyes."""
    mask = np.zeros(shape, np.uint8)
    corners = [axes.to_pixels(x, y) for x, y in ((-0.2, 0.27), (0.2, 0.27), (0.2, 0.78), (-0.2, 0.78))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)
    return mask


def _face_mask(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Return a mask of the face from brows to chin, excluding the nose and the area beside it."""
    mask = np.zeros(shape, np.uint8)
    x, y = axes.to_pixels(0.0, 0.42)
    degrees = float(np.degrees(np.arctan2(axes.across[1], axes.across[0])))
    cv2.ellipse(mask, ((float(x), float(y)), (1.9 * axes.distance, 2.0 * axes.distance), degrees), 255, -1)
    corners = [axes.to_pixels(x, y) for x, y in ((-0.3, 0.0), (0.3, 0.0), (0.3, 0.9), (-0.3, 0.9))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 0)
    return mask


def _predict_plane(start: Positions, now: Positions, around: NDArray[np.bool_]) -> Positions | None:
    """Return the predicted positions of all points on a plane, fitted to the points around the nose."""
    used = around
    predicted = start
    for _ in range(2):
        plane: NDArray[Any] | None = cv2.findHomography(start[used], now[used], 0)[0]
        if plane is None:
            return None
        predicted = np.asarray(cv2.perspectiveTransform(start[:, None], plane)[:, 0], np.float64)
        used = _without_outliers(now - predicted, around)
    return predicted


def _predict(terms: list[NDArray[np.float64]], now: Positions, around: NDArray[np.bool_]) -> Positions:
    """Return the predicted positions on a surface that moves by a weighted sum of the terms."""
    columns = np.stack(terms, axis=1)
    return columns @ _weights(columns, now, around)


def _weights(columns: Positions, now: Positions, around: NDArray[np.bool_]) -> Positions:
    """Return the weights of the columns, fitted to the points around the nose. Bending terms are regularised."""
    penalty = np.sqrt(_REGULARISATION) * np.eye(columns.shape[1])[_AFFINE_TERMS:]
    zeros = np.zeros((len(penalty), 2))
    used = around
    weights = zeros
    for _ in range(2):
        weights, *_ = np.linalg.lstsq(np.vstack([columns[used], penalty]), np.vstack([now[used], zeros]), rcond=None)
        used = _without_outliers(now - columns @ weights, around)
    return weights


def _narrowed(weights: Positions, across: NDArray[np.float64]) -> float:
    """Return `Lead.narrowed`. `weights`: those of a constant and of the positions across and down the face."""
    down = np.array([-across[1], across[0]])
    width, height = float(weights[1] @ across), float(weights[2] @ down)
    share = min(max(width / max(height, np.finfo(float).eps), 0.0), 1.0)
    return float(np.sqrt(1 - share**2))


def _without_outliers(errors: Positions, around: NDArray[np.bool_]) -> NDArray[np.bool_]:
    size = np.hypot(*errors.T)
    return np.asarray(around & (size <= np.percentile(size[around], _INLIER_PERCENTAGE)))
