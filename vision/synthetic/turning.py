"""Rotate a head given as a depth map: find the point of the frontal drawing that is visible at each position.

A turn about the vertical axis moves points along rows only, and a nod along columns only, so that each is an exact
one-dimensional pass. Where the surface overlaps, such as the cheek behind the nose, the nearer point is visible.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.synthetic.canvas import LEFT, PIXELS, TOP, Field

_COARSE = 2
"""Canvas pixels per step of the maps."""
_ROW_OFFSET = 100.0
"""Offset between rows, which are concatenated for a single interpolation. Exceeds the length of a row."""


def turned_coordinates(depth: Field, yaw: float, pitch: float) -> tuple[Field, Field]:
    """Return the columns and rows of the drawing for every canvas pixel of the turned head, for `cv2.remap`.

    `depth`: shape (H, W), in half head widths. `yaw`, `pitch`: in radians, positive to the right side of the image
    and downwards.
    """
    height, width = depth.shape
    coarse = depth[::_COARSE, ::_COARSE].astype(np.float64)
    u = LEFT + np.arange(coarse.shape[1]) * _COARSE / PIXELS
    v = TOP + np.arange(coarse.shape[0]) * _COARSE / PIXELS
    across, nearer = _pass(coarse, u, yaw)
    down, _ = _pass(np.ascontiguousarray(nearer.T), v, pitch)
    rows = np.ascontiguousarray(((down.T - TOP) * PIXELS / _COARSE).astype(np.float32))
    # after the nod, a pixel shows a point that the turn moved into another row of the same column
    same = np.broadcast_to(np.arange(rows.shape[1], dtype=np.float32), rows.shape)
    columns = cv2.remap(across.astype(np.float32), np.ascontiguousarray(same), rows, cv2.INTER_LINEAR)
    fine = (width, height)
    # the centre of a coarse step differs from that of the fine pixel, for which `_enlarged` compensates
    fine_columns, fine_rows = (_enlarged(field, fine) for field in ((columns - LEFT) * PIXELS, rows * _COARSE))
    return fine_columns, fine_rows


def _pass(depth: NDArray[np.float64], along: NDArray[np.float64], angle: float) -> tuple[NDArray[np.float64], ...]:
    """Return the original position in its row of each visible point, and its new depth; both (rows, steps)."""
    if not angle:
        return np.broadcast_to(along, depth.shape), depth
    if angle < 0:  # turn the mirror image in the opposite direction
        original, turned = _pass(np.ascontiguousarray(depth[:, ::-1]), -along[::-1], -angle)
        return -original[:, ::-1], turned[:, ::-1]
    cos, sin = np.cos(angle), np.sin(angle)
    moved = along * cos + depth * sin
    # a point is visible if it is beyond all points before it; the slope keeps hidden parts strictly increasing
    visible = np.maximum.accumulate(moved, axis=1) + 1e-7 * np.arange(len(along))
    offsets = _ROW_OFFSET * np.arange(len(depth))[:, None]
    targets = (np.broadcast_to(along, depth.shape) + offsets).ravel()
    original = np.interp(targets, (visible + offsets).ravel(), np.broadcast_to(along, depth.shape).ravel())
    depths = np.interp(targets, (visible + offsets).ravel(), depth.ravel())
    return original.reshape(depth.shape), (depths * cos - original * sin).reshape(depth.shape)


def _enlarged(field: NDArray[np.float32], size: tuple[int, int]) -> Field:
    """Enlarge by linear interpolation, so that step n is at pixel n * _COARSE."""
    width, height = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / _COARSE, np.arange(height, dtype=np.float32) / _COARSE)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
