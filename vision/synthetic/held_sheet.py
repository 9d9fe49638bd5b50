"""Project an image on a flat or bent sheet held in front of a camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

FOCAL = 1.2
"""Focal length in frame widths, for a horizontal angle of view of about 45 degrees."""
_FLAT = 1e-3


@dataclass(frozen=True, slots=True)
class HeldSheet:
    """Position and shape of a sheet. Angles are in radians, lengths in sheet widths."""

    yaw: float = 0.0
    """Positive towards the right side of the image."""
    pitch: float = 0.0
    """Positive downwards."""
    roll: float = 0.0
    right: float = 0.0
    down: float = 0.0
    distance: float = 2.0
    """Distance from the camera to the centre of the sheet."""
    bend: float = 0.0
    """1 / radius of the bend, at least 0. The edges bend away from the camera."""
    slant: float = 0.0
    """Angle between the axis of the bend and the vertical axis of the sheet."""


def project_sheet(sheet: Image, held: HeldSheet, background: Image) -> Image:
    """Return `sheet` (h, w, 3) in perspective over `background` (H, W, 3)."""
    height, width = background.shape[:2]
    columns, rows, mask = _project(held, width, height, sheet.shape[0] / sheet.shape[1])
    unit = sheet.shape[1] - 1
    projected = cv2.remap(sheet, columns * unit, rows * unit, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    weight = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)[..., None]
    return np.asarray(background + weight * (projected.astype(np.float32) - background), np.uint8)


def _project(
    held: HeldSheet, width: int, height: int, sheet_height: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return the column and row on the sheet for each pixel of the frame, in sheet widths from its upper left corner,
    and a mask of the sheet.
    """
    focal = FOCAL * width
    x, y = np.meshgrid(
        (np.arange(width, dtype=np.float32) - width / 2) / focal,
        (np.arange(height, dtype=np.float32) - height / 2) / focal,
    )
    back = (_about_line_of_sight(held.slant) @ _rotation(held).T).astype(np.float32)
    ray = np.stack([x, y, np.ones_like(x)], axis=-1) @ back.T
    start = back @ np.array([-held.right, -held.down, -held.distance], np.float32)
    if held.bend < _FLAT:
        reach = -start[2] / ray[..., 2]
        across = start[0] + reach * ray[..., 0]
        hit = reach > 0
    else:
        # nearer intersection of the ray with a cylinder whose axis is one radius behind the centre of the sheet
        radius = np.float32(1 / held.bend)
        behind = start[2] - radius
        a = ray[..., 0] ** 2 + ray[..., 2] ** 2
        b = start[0] * ray[..., 0] + behind * ray[..., 2]
        inside = b**2 - a * (start[0] ** 2 + behind**2 - radius**2)
        hit = inside > 0
        reach = (-b - np.sqrt(np.maximum(inside, 0))) / a
        across = radius * np.arctan2(start[0] + reach * ray[..., 0], -(behind + reach * ray[..., 2]))
    down = start[1] + reach * ray[..., 1]
    if held.slant:
        cos, sin = np.float32(np.cos(held.slant)), np.float32(np.sin(held.slant))
        across, down = cos * across + sin * down, cos * down - sin * across
    mask = hit & (np.abs(across) < 0.5) & (np.abs(down) < sheet_height / 2)
    return (across + 0.5).astype(np.float32), (down + sheet_height / 2).astype(np.float32), mask


def _rotation(held: HeldSheet) -> NDArray[np.float64]:
    upright = cv2.Rodrigues(np.array([0.0, -held.yaw, 0.0]))[0]
    nodding = cv2.Rodrigues(np.array([-held.pitch, 0.0, 0.0]))[0]
    return np.asarray(upright @ nodding @ _about_line_of_sight(held.roll), np.float64)


def _about_line_of_sight(angle: float) -> NDArray[np.float64]:
    return np.asarray(cv2.Rodrigues(np.array([0.0, 0.0, angle]))[0], np.float64)
