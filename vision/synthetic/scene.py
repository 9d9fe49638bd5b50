"""Compose a kiosk camera frame: a synthetic head in a given pose, on shoulders in a plain room."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vision.frame import Image
from vision.synthetic.canvas import BOTTOM, LEFT, PIXELS, RIGHT, TOP, Field
from vision.synthetic.drawing import HeadDrawing, Light, draw_head
from vision.synthetic.person import Person
from vision.synthetic.turning import turned_coordinates

WIDTH, HEIGHT = 640, 480
HEAD_PIXELS = 82.0
"""Pixels per half head width at distance 1, at which the head fills half of the frame height."""
CENTRE = (320.0, 222.0)
_COLUMNS, _ROWS = round((RIGHT - LEFT) * PIXELS), round((BOTTOM - TOP) * PIXELS)


@dataclass(frozen=True, slots=True)
class Pose:
    """Pose of the head. Angles are in radians, shifts in pixels of the frame."""

    yaw: float = 0.0
    """Positive towards the right side of the image."""
    pitch: float = 0.0
    """Positive downwards."""
    roll: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    distance: float = 1.0
    """Relative distance: 2 for a head twice as far away and half as large."""
    lids: int = 0
    """Index of the eyelid position; 0 for open."""


def compose(person: Person, pose: Pose, light: Light = Light(), *, scale: float = 1.0) -> Image:  # noqa: B008
    """Return an RGB frame (480, 640, 3), enlarged by `scale`."""
    size = (round(WIDTH * scale), round(HEIGHT * scale))
    image = _room(person, light, size).copy()
    drawing = draw_head(person, light)
    turned, coverage = _turned(drawing, pose)
    matrix = _placement(pose, scale)
    left, top, right, bottom = _window(matrix, size)
    matrix[:, 2] -= (left, top)
    area = (right - left, bottom - top)
    head = cv2.warpAffine(turned, matrix, area, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    weight = cv2.warpAffine(coverage, matrix, area, flags=cv2.INTER_LINEAR)[..., None]
    below = image[top:bottom, left:right]
    below[:] = (below + weight * (head.astype(np.float32) - below)).astype(np.uint8)
    return image


def _turned(drawing: HeadDrawing, pose: Pose) -> tuple[Image, Field]:
    """Return the image and the coverage of the head with all points moved according to their depth."""
    face = drawing.faces[pose.lids]
    if not pose.yaw and not pose.pitch:
        return face, drawing.coverage
    columns, rows = turned_coordinates(drawing.depth, pose.yaw, pose.pitch)
    turned = cv2.remap(face, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    coverage = cv2.remap(drawing.coverage, columns, rows, cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8), np.asarray(coverage, np.float32)


def _placement(pose: Pose, scale: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return the transformation from canvas pixels to frame pixels."""
    factor = HEAD_PIXELS * scale / pose.distance / PIXELS
    cos, sin = np.cos(pose.roll) * factor, np.sin(pose.roll) * factor
    middle = (-LEFT * PIXELS, -TOP * PIXELS)
    x = (CENTRE[0] + pose.shift[0]) * scale - cos * middle[0] + sin * middle[1]
    y = (CENTRE[1] + pose.shift[1]) * scale - sin * middle[0] - cos * middle[1]
    return np.array([[cos, -sin, x], [sin, cos, y]], np.float64)


def _window(
    matrix: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the part of the frame covered by the canvas."""
    corners = np.array([(0, 0, 1), (_COLUMNS, 0, 1), (0, _ROWS, 1), (_COLUMNS, _ROWS, 1)], np.float64) @ matrix.T
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    return max(int(left), 0), max(int(top), 0), min(int(right), size[0]), min(int(bottom), size[1])


@lru_cache(maxsize=8)
def empty_room(light: Light, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image:
    """Return a plain wall, slightly brighter on the side of the light."""
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    fall = 1 + 0.10 * (light.direction[0] * x + light.direction[1] * y) - 0.05 * (x**2 + y**2)
    wall = np.array([198, 206, 204], np.float64) * (fall * light.strength)[..., None] + light.behind
    return np.ascontiguousarray(np.clip(wall, 0, 255).astype(np.uint8))


@lru_cache(maxsize=24)
def _room(person: Person, light: Light, size: tuple[int, int]) -> Image:
    """Return the room with the person's neck and shoulders, without the head."""
    scale = size[0] / WIDTH
    unit = HEAD_PIXELS * scale
    x, y = np.meshgrid((np.arange(size[0]) - CENTRE[0] * scale) / unit, (np.arange(size[1]) - CENTRE[1] * scale) / unit)
    image = empty_room(light, size).astype(np.float64)
    neck = _soft(np.maximum(np.abs(x) - 0.46 * person.head.width - 0.05 * (y - 1.4), 0.6 - y), unit)
    skin = np.array(person.skin, np.float64) * light.strength
    image += neck[..., None] * (skin * (0.62 - 0.1 * np.clip(y - 1.2, 0, 1))[..., None] - image)
    shoulders = _soft(1.62 + 0.16 * np.abs(x) ** 1.8 - 0.10 * np.exp(-((x / 0.5) ** 2)) * -1 - y, unit)
    cloth = np.array(person.clothes, np.float64) * light.strength
    shade = 0.95 + 0.12 * light.direction[0] * x - 0.10 * np.clip(y - 2, 0, 2)
    image += shoulders[..., None] * (cloth * shade[..., None] - image)
    return np.ascontiguousarray(np.clip(image, 0, 255).astype(np.uint8))


def _soft(distance: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", unit: float) -> Field:
    return np.clip(0.5 - distance * unit, 0, 1).astype(np.float32)
