"""Measures how far the nose leads while the head turns; `vision.turn_challenge` judges it. A flat picture has no lead.

Points of the face are followed while the head turns: the nose must run ahead of the cheeks. A turned photograph moves
as one surface. The points around the nose foretell where the nose's points go if they lie on one plane, on a sheet bent
once or on one folded along the nose; how far the nose is beyond that, in the direction of the turn, is its lead. A
picture has to be turned further than a head to look turned, and becomes narrower by that.
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
"""(n, 2), in pixels, as OpenCV's flow takes them."""

_MOST_NOSE, _MOST_AROUND = 40, 120
_WINDOW = (17, 17)
_LEVELS = 3
_ASTRAY = 0.01
"""A point that, followed there and back, misses its start by more than this share of the eyes' distance is given up."""
_LEAST_NOSE, _LEAST_AROUND = 4, 14
_FEW = 20
_TORN = 0.5
"""No face loses so large a share of at least `_FEW` points from one frame to the next; a change of pictures does."""
_LEAST = 6
_FACE = 1.2
"""How far from its middle a face reaches, in distances between the eyes."""
_AFFINE = 3
"""Terms of a surface's motion that are never held back; the further ones bend it."""
_HELD_BACK = 1.0
"""How strongly those are drawn to zero, in squared eye distances: by about a third where a face is full of points, so
that ten points on one cheek do not make the nose's way up out of noise. What a strongly bent sheet keeps of its lead
by that, `Lead.counted` takes away."""
_HINDMOST = 25
"""Per cent of the nose's points that need not lead."""
_OUTLIERS = 85
"""Per cent of the points around the nose that are kept: a mouth may speak meanwhile."""
_HALF_NARROWED = 0.5
"""See `Lead.narrowed`. Few real heads look so much narrower, for their cheeks curve; most turned prints do."""


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """How far each point of the nose leads, in distances between the eyes; positive towards the picture's right."""

    plane: NDArray[np.float64]
    """(n,); beyond where a flat picture would have the point."""
    bent: NDArray[np.float64]
    """Beyond where a sheet bent once would have it."""
    creased: NDArray[np.float64]
    """Beyond where a sheet folded along the nose would have it."""
    narrowed: float
    """Sine of the angle by which a flat picture must be turned to become as narrow as the face has; 0 if it has not."""

    def towards(self, side: int) -> float:
        """The smallest of the three medians on that side, 1 or -1. Not above 0 unless most of the nose leads all
        three: where the points around it are followed badly, each of the nose's goes its own way."""
        of_each = np.stack([self.plane, self.bent, self.creased]) * side
        median, hindmost = np.percentile(of_each, (50, _HINDMOST), axis=1).min(axis=1)
        return float(median if hindmost > 0 else min(median, 0.0))

    def counted(self, side: int, far: float) -> float:
        """`towards`, less where the face has become much narrower: a lead must keep pace with the turn.

        `far`: how far the nose shows the head turned (`vision.guidance.turn`). A face that is narrower than such a turn
        can make it is turned as a sheet is, and its nose does not lead.
        """
        lead = self.towards(side)
        if self.narrowed > far + _HALF_NARROWED:
            return min(lead, 0.0)
        return lead * min(1.0, _HALF_NARROWED / max(self.narrowed, _HALF_NARROWED))


class FollowedFace:
    """Points of one face since a frame in which it looked ahead."""

    def __init__(self, grey: Image, points: Points) -> None:
        self._axes = FaceAxes(points)
        # evened out so that cheeks have points too
        even = np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(grey), np.uint8)
        nose, around = _nose(self._axes, grey.shape), _around_nose(self._axes, grey.shape)
        self._first = np.vstack([_corners(even, nose, _MOST_NOSE, 2.0), _corners(even, around, _MOST_AROUND, 4.0)])
        self._now, self._picked = self._first.copy(), len(self._first)
        self._grey = grey
        self.torn = False
        """The last frame does not continue the one before, or there are too few points to judge."""

    def follow(self, grey: Image) -> None:
        """Follow the points into the next frame. Lost points are dropped for good."""
        before = len(self._now)
        if grey.shape != self._grey.shape:  # a reopened camera
            self.forget()
        elif before:
            there = self._flow(self._grey, grey, self._now)
            back = self._flow(grey, self._grey, there)
            off = np.hypot(*(back - self._now).T)
            kept = off < max(0.5, _ASTRAY * self._axes.distance)  # not a number where the flow was not found
            self._first, self._now = self._first[kept], there[kept]
        self.torn = (before >= _FEW and len(self._now) < _TORN * before) or len(self._now) < _LEAST
        self._grey = grey

    def lead(self, points: Points) -> Lead | None:
        """Lead of the nose since the first frame; `points` as the engine sees them now. None if too few are left."""
        start = self._axes.normal(self._first)
        x, y = start.T
        nose = (np.abs(x) < 0.22) & (y > 0.25) & (y < 0.8)
        around = ~((np.abs(x) < 0.3) & (y > 0) & (y < 0.9))
        if nose.sum() < _LEAST_NOSE or around.sum() < _LEAST_AROUND:
            return None
        now = (self._now - self._now.mean(axis=0)) / self._axes.distance
        across = FaceAxes(points).across
        flat = _flat(start, now, around)
        if flat is None:
            return None
        one, half = np.ones_like(x), np.abs(x)
        bent = _by_terms([one, x, y, x * x, x * y, y * y], now, around)
        creased = _by_terms([one, x, y, half, half * y, x * y], now, around)
        plane, once, folded = ((now - foretold)[nose] @ across for foretold in (flat, bent, creased))
        return Lead(plane, once, folded, _narrowed(_weights(np.stack([one, x, y], axis=1), now, around), across))

    def kept_on(self, points: Points) -> float:
        """Return the share of points still followed and on the face that the engine sees now."""
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
    """The places in the mask that are best to follow, at least `apart` pixels from each other."""
    found: NDArray[Any] | None = cv2.goodFeaturesToTrack(grey, most, 0.01, apart, mask=mask, blockSize=5)
    return np.zeros((0, 2), np.float32) if found is None else np.asarray(found.reshape(-1, 2), np.float32)


def _nose(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Mask of the nose below the eyes."""
    mask = np.zeros(shape, np.uint8)
    corners = [axes.place(x, y) for x, y in ((-0.2, 0.27), (0.2, 0.27), (0.2, 0.78), (-0.2, 0.78))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 255)
    return mask


def _around_nose(axes: FaceAxes, shape: tuple[int, ...]) -> Image:
    """Mask of the face from the brows to the chin, without the nose and what is beside it."""
    mask = np.zeros(shape, np.uint8)
    x, y = axes.place(0.0, 0.42)
    degrees = float(np.degrees(np.arctan2(axes.across[1], axes.across[0])))
    cv2.ellipse(mask, ((float(x), float(y)), (1.9 * axes.distance, 2.0 * axes.distance), degrees), 255, -1)
    corners = [axes.place(x, y) for x, y in ((-0.3, 0.0), (0.3, 0.0), (0.3, 0.9), (-0.3, 0.9))]
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 0)
    return mask


def _flat(start: Places, now: Places, around: NDArray[np.bool_]) -> Places | None:
    """Return where every point would be on a plane, predicted from those around the nose."""
    kept = around
    foretold = start
    for _ in range(2):
        plane: NDArray[Any] | None = cv2.findHomography(start[kept], now[kept], 0)[0]
        if plane is None:
            return None
        foretold = np.asarray(cv2.perspectiveTransform(start[:, None], plane)[:, 0], np.float64)
        kept = _without_outliers(now - foretold, around)
    return foretold


def _by_terms(terms: list[NDArray[np.float64]], now: Places, around: NDArray[np.bool_]) -> Places:
    """The same for a surface whose points move by a sum of these terms."""
    columns = np.stack(terms, axis=1)
    return columns @ _weights(columns, now, around)


def _weights(columns: Places, now: Places, around: NDArray[np.bool_]) -> Places:
    """Return the weight of each column, fitted to the points around the nose; all but the first three are held back."""
    held = np.sqrt(_HELD_BACK) * np.eye(columns.shape[1])[_AFFINE:]
    still = np.zeros((len(held), 2))
    kept = around
    weights = still
    for _ in range(2):
        weights, *_ = np.linalg.lstsq(np.vstack([columns[kept], held]), np.vstack([now[kept], still]), rcond=None)
        kept = _without_outliers(now - columns @ weights, around)
    return weights


def _narrowed(weights: Places, across: NDArray[np.float64]) -> float:
    """See `Lead.narrowed`; `weights` of a constant, of the way across the face and of the way down it."""
    down = np.array([-across[1], across[0]])
    width, height = float(weights[1] @ across), float(weights[2] @ down)
    share = min(max(width / max(height, np.finfo(float).eps), 0.0), 1.0)
    return float(np.sqrt(1 - share**2))


def _without_outliers(off: Places, around: NDArray[np.bool_]) -> NDArray[np.bool_]:
    size = np.hypot(*off.T)
    return np.asarray(around & (size <= np.percentile(size[around], _OUTLIERS)))
