"""Card outline detection: quadrilaterals with the proportions of a card, with subpixel accuracy.

Cards have rounded corners, and fingers hide parts of the outline. Therefore, a line is fitted to the edge points near
each side, and the corners are the intersections of adjacent lines.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed import layout

Quad = NDArray[np.float64]
"""(4, 2) in pixels: upper left, upper right, lower right and lower left corner in the image."""

_WORKING_WIDTH: Final = 480
_MIN_SHARE: Final = 0.08
"""Minimum area of a readable card, as a fraction of the frame."""
_RATIO: Final = layout.WIDTH / layout.HEIGHT
_RATIO_SPREAD: Final = 1.45
"""Maximum factor by which a tilted card's proportions deviate from `_RATIO`."""
_CANNY: Final = ((30, 90), (12, 40))
_MAX_CANDIDATES: Final = 6


def find_cards(rgb: Image) -> list[Quad]:
    """Return up to six outlines of possible cards, sorted by descending clarity."""
    import cv2

    scale = _WORKING_WIDTH / rgb.shape[1]
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    dx, dy = _gradients(np.asarray(small, np.uint8))
    strength = np.hypot(dx.astype(np.float32), dy.astype(np.float32))
    candidates: list[tuple[float, Quad]] = []
    # adapt the thresholds, because edges are weak in dim images
    level = float(np.percentile(strength, 97)) / 200
    for low, high in _CANNY:
        edges = cv2.Canny(dx, dy, low * max(level, 0.25) * 3, high * max(level, 0.25) * 3, L2gradient=True)
        closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        contours, _ = cv2.findContours(closed, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            quad = _quad_from(np.asarray(contour), small.shape[0] * small.shape[1])
            if quad is None:
                continue
            refined = _refine(quad, strength)
            if refined is not None and _is_card_like(refined):
                candidates.append((_clarity(refined, strength), refined / scale))
    candidates.sort(key=lambda candidate: -candidate[0])
    return _distinct([quad for _, quad in candidates])


def _gradients(rgb: Image) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the horizontal and vertical gradients of the strongest channel at each pixel."""
    import cv2

    blurred = cv2.GaussianBlur(rgb, (0, 0), 1.2)
    dx = cv2.Sobel(blurred, cv2.CV_16S, 1, 0)
    dy = cv2.Sobel(blurred, cv2.CV_16S, 0, 1)
    strongest = np.argmax(np.abs(dx.astype(np.int32)) + np.abs(dy.astype(np.int32)), axis=2)[:, :, None]
    return (
        np.ascontiguousarray(np.take_along_axis(dx, strongest, 2)[:, :, 0]),
        np.ascontiguousarray(np.take_along_axis(dy, strongest, 2)[:, :, 0]),
    )


def _quad_from(contour: NDArray[np.int32], frame_area: int) -> Quad | None:
    """Return the corners of the contour's hull, or None if it is too small or not a quadrilateral."""
    import cv2

    hull = cv2.convexHull(contour)
    if cv2.contourArea(hull) < _MIN_SHARE * frame_area:
        return None
    length = cv2.arcLength(hull, closed=True)
    for tolerance in (0.02, 0.03, 0.045, 0.06, 0.08):
        corners = cv2.approxPolyDP(hull, tolerance * length, closed=True)
        if len(corners) == 4:
            return _order_corners(corners.reshape(4, 2).astype(np.float64))
        if len(corners) < 4:
            break
    rectangle = cv2.boxPoints(cv2.minAreaRect(hull)).astype(np.float64)
    # a thumb adds a fifth corner, but the bounding rectangle is a sufficient starting point for the fit
    return (
        _order_corners(rectangle)
        if cv2.contourArea(hull) > 0.8 * cv2.contourArea(rectangle.astype(np.float32))
        else None
    )


def _order_corners(corners: Quad) -> Quad:
    """Order the corners clockwise from the upper left, beginning with a long side."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    corners = corners[np.argsort(angles)]
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    if sides[1] + sides[3] > sides[0] + sides[2]:
        corners = np.roll(corners, -1, axis=0)
    # begin with the upper of the two long sides
    if corners[:2, 1].mean() > corners[2:, 1].mean():
        corners = np.roll(corners, -2, axis=0)
    return corners


def _refine(quad: Quad, strength: NDArray[np.float32]) -> Quad | None:
    """Fit every side of the outline to the strongest edge points across it. Returns None if this fails."""
    lines = []
    for index in range(4):
        line = _fit_side(quad[index], quad[(index + 1) % 4], strength)
        if line is None:
            return None
        lines.append(line)
    corners = [_intersection(lines[index - 1], lines[index]) for index in range(4)]
    if any(corner is None for corner in corners):
        return None
    refined = np.array(corners)
    high, wide = strength.shape
    slack = 0.06 * wide
    if np.any(refined < -slack) or np.any(refined > np.array([wide, high]) + slack):
        return None
    return refined if np.abs(refined - quad).max() < 0.12 * wide else None


def _fit_side(
    start: NDArray[np.float64], end: NDArray[np.float64], strength: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return a point on the fitted line and the direction of the line."""
    along = end - start
    length = float(np.linalg.norm(along))
    if length < 20:
        return None
    along /= length
    across = np.array([-along[1], along[0]])
    reach = max(4.0, 0.03 * length)
    offsets = np.arange(-reach, reach + 0.5, 0.5)
    steps = np.linspace(0.1, 0.9, 64) * length
    points = start + steps[:, None, None] * along + offsets[None, :, None] * across
    values = _sample(strength, points)
    peaks = values.argmax(axis=1)
    weights = values.max(axis=1)
    chosen = points[np.arange(len(steps)), peaks]
    for _ in range(4):
        total = weights.sum()
        if total <= 0:
            return None
        middle = (chosen * weights[:, None]).sum(axis=0) / total
        centred = chosen - middle
        _, _, axes = np.linalg.svd(centred * np.sqrt(weights)[:, None], full_matrices=False)
        direction = axes[0]
        distance = np.abs(centred @ np.array([-direction[1], direction[0]]))
        # points far from the line belong to fingers or print
        weights = values.max(axis=1) / (1 + (distance / 0.8) ** 2) ** 2
    return middle, direction


def _sample(image: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float32]:
    import cv2

    maps = points.astype(np.float32)
    return np.asarray(
        cv2.remap(image, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32
    )


def _intersection(
    first: tuple[NDArray[np.float64], NDArray[np.float64]], second: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    """Return the intersection of two lines; None if they are almost parallel."""
    (point, direction), (other_point, other_direction) = first, second
    matrix = np.stack([direction, -other_direction], axis=1)
    if abs(np.linalg.det(matrix)) < 0.2:
        return None
    return np.asarray(point + np.linalg.solve(matrix, other_point - point)[0] * direction)


def _is_card_like(quad: Quad) -> bool:
    """Return whether proportions and angles are plausible for a card."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    if sides.min() < 30:
        return False
    ratio = (sides[0] + sides[2]) / (sides[1] + sides[3])
    if not _RATIO / _RATIO_SPREAD < ratio < _RATIO * _RATIO_SPREAD:
        return False
    edges = np.roll(quad, -1, axis=0) - quad
    directions = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    cosines = np.abs((directions * np.roll(directions, -1, axis=0)).sum(axis=1))
    return bool(cosines.max() < 0.5)


def _clarity(quad: Quad, strength: NDArray[np.float32]) -> float:
    """Return the fraction of the outline on an edge, plus a bonus for large outlines."""
    steps = np.linspace(0.08, 0.92, 40)[:, None]
    points = np.concatenate([quad[i] + steps * (quad[(i + 1) % 4] - quad[i]) for i in range(4)])
    values = _sample(strength, points[None])[0]
    area = 0.5 * abs(np.dot(quad[:, 0], np.roll(quad[:, 1], 1)) - np.dot(quad[:, 1], np.roll(quad[:, 0], 1)))
    return float((values > 0.25 * np.percentile(strength, 97)).mean() + 0.3 * area / strength.size)


def _distinct(quads: list[Quad]) -> list[Quad]:
    """Return the first `_MAX_CANDIDATES` outlines, without near-duplicates of earlier ones."""
    distinct: list[Quad] = []
    for quad in quads:
        if all(np.abs(quad - other).max() > 6 for other in distinct):
            distinct.append(quad)
        if len(distinct) == _MAX_CANDIDATES:
            break
    return distinct
