"""Turns a head that is given as a depth: which point of the frontal drawing is seen where, and which is hidden.

A turn about the upright axis moves points along rows only, a nod along columns only, so each is one exact pass in one
dimension. Where the surface folds over - the cheek behind the nose - the nearer point is seen.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.synthetic.canvas import LEFT, PIXELS, TOP, Field

_COARSE = 2
"""Canvas pixels per step of the maps."""
_FAR = 100.0
"""Further than any row is long: rows are laid end to end for one interpolation."""


def places_when_turned(depth: Field, yaw: float, pitch: float) -> tuple[Field, Field]:
    """Columns and rows of the drawing for every canvas pixel of the turned head, as `cv2.remap` takes them.

    `depth` is (H, W), in half head widths. Yaw is positive to the picture's right, pitch downwards, both in radians.
    """
    height, width = depth.shape
    coarse = depth[::_COARSE, ::_COARSE].astype(np.float64)
    u = LEFT + np.arange(coarse.shape[1]) * _COARSE / PIXELS
    v = TOP + np.arange(coarse.shape[0]) * _COARSE / PIXELS
    across, nearer = _pass(coarse, u, yaw)
    down, _ = _pass(np.ascontiguousarray(nearer.T), v, pitch)
    rows = np.ascontiguousarray(((down.T - TOP) * PIXELS / _COARSE).astype(np.float32))
    # after the nod a pixel shows what the turn had put into another row of its column
    same = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float32), rows.shape)
    columns = cv2.remap(across.astype(np.float32), np.ascontiguousarray(same), rows, cv2.INTER_LINEAR)
    fine = (width, height)
    # a coarse step's centre lies off the fine pixel's: shift by what enlarging takes away
    places = [_enlarged(field, fine) for field in ((columns - LEFT) * PIXELS, rows * _COARSE)]
    return places[0], places[1]


def _pass(depth: NDArray[np.float64], along: NDArray[np.float64], angle: float) -> tuple[NDArray[np.float64], ...]:
    """Where along its row every place's visible point lay before, and that point's depth now; both (rows, steps)."""
    if not angle:
        return np.broadcast_to(along, depth.shape), depth
    if angle < 0:  # the mirror image turns the other way
        before, now = _pass(np.ascontiguousarray(depth[:, ::-1]), -along[::-1], -angle)
        return -before[:, ::-1], now[:, ::-1]
    cos, sin = np.cos(angle), np.sin(angle)
    moved = along * cos + depth * sin
    # seen is what lies beyond everything on its near side; the slope keeps hidden stretches strictly rising
    seen = np.maximum.accumulate(moved, axis=1) + 1e-7 * np.arange(len(along))
    ends = _FAR * np.arange(len(depth))[:, None]
    wanted = (np.broadcast_to(along, depth.shape) + ends).ravel()
    before = np.interp(wanted, (seen + ends).ravel(), np.broadcast_to(along, depth.shape).ravel())
    there = np.interp(wanted, (seen + ends).ravel(), depth.ravel())
    return before.reshape(depth.shape), (there * cos - before.reshape(-1) * sin).reshape(depth.shape)


def _enlarged(field: NDArray[np.float32], size: tuple[int, int]) -> Field:
    """By linear interpolation, so that step n falls on pixel n * _COARSE."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / _COARSE, np.arange(height, dtype=np.float32) / _COARSE)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
