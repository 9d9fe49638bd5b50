"""Turning a head given as depth: which point of the frontal drawing is visible at which position.

A turn about the vertical axis moves points along rows only, and a nod along columns only, so each is one exact
one-dimensional pass. If the surface overlaps, as the cheek behind the nose, the nearer point is visible.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.synthetic.canvas import LEFT, PIXELS, TOP, Field

_COARSE = 2
"""Canvas pixels per step of the maps."""
_FAR = 100.0
"""Larger than the length of any row. Rows are placed end to end for a single interpolation."""


def places_when_turned(depth: Field, yaw: float, pitch: float) -> tuple[Field, Field]:
    """Return columns and rows of the drawing for every canvas pixel of the turned head, for use with `cv2.remap`.

    `depth` has shape (H, W), in half head widths. Yaw is positive to the right side of the picture and pitch downwards,
    both in radians.
    """
    height, width = depth.shape
    coarse = depth[::_COARSE, ::_COARSE].astype(np.float64)
    u = LEFT + np.arange(coarse.shape[1]) * _COARSE / PIXELS
    v = TOP + np.arange(coarse.shape[0]) * _COARSE / PIXELS
    across, nearer = _pass(coarse, u, yaw)
    down, _ = _pass(np.ascontiguousarray(nearer.T), v, pitch)
    rows = np.ascontiguousarray(((down.T - TOP) * PIXELS / _COARSE).astype(np.float32))
    # after the nod, a pixel shows what the turn moved into another row of its column
    same = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float32), rows.shape)
    columns = cv2.remap(across.astype(np.float32), np.ascontiguousarray(same), rows, cv2.INTER_LINEAR)
    fine = (width, height)
    # the centre of a coarse step differs from that of the fine pixel; `_enlarged` compensates for this
    places = [_enlarged(field, fine) for field in ((columns - LEFT) * PIXELS, rows * _COARSE)]
    return places[0], places[1]


def _pass(depth: NDArray[np.float64], along: NDArray[np.float64], angle: float) -> tuple[NDArray[np.float64], ...]:
    """Return the previous position along the row of each visible point, and its new depth; both (rows, steps)."""
    if not angle:
        return np.broadcast_to(along, depth.shape), depth
    if angle < 0:  # the mirror image turns the other way
        before, now = _pass(np.ascontiguousarray(depth[:, ::-1]), -along[::-1], -angle)
        return -before[:, ::-1], now[:, ::-1]
    cos, sin = np.cos(angle), np.sin(angle)
    moved = along * cos + depth * sin
    # a point is visible if it is beyond all points on its near side; the slope keeps hidden parts strictly increasing
    seen = np.maximum.accumulate(moved, axis=1) + 1e-7 * np.arange(len(along))
    ends = _FAR * np.arange(len(depth))[:, None]
    wanted = (np.broadcast_to(along, depth.shape) + ends).ravel()
    before = np.interp(wanted, (seen + ends).ravel(), np.broadcast_to(along, depth.shape).ravel())
    there = np.interp(wanted, (seen + ends).ravel(), depth.ravel())
    return before.reshape(depth.shape), (there * cos - before.reshape(-1) * sin).reshape(depth.shape)


def _enlarged(field: NDArray[np.float32], size: tuple[int, int]) -> Field:
    """Enlarge by linear interpolation, so that step n is at pixel n * _COARSE."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / _COARSE, np.arange(height, dtype=np.float32) / _COARSE)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
