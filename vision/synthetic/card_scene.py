"""Simulate a card held up to a camera: position, lighting and image defects.

All effects are determined by a seed, so scenes are reproducible.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.printed import layout

SIZE: Final = (640, 480)
"""Width and height of a scene, as from the face camera."""
_SKIN = np.array([222, 176, 150], np.float32)


class Difficulty(StrEnum):
    """Difficulty of a scene."""

    GLARE = "glare"
    LOW_LIGHT = "low-light"
    FINGER = "finger"
    WORN = "worn"
    BLURRED = "blurred"
    TILTED = "tilted"


@dataclass(frozen=True, slots=True)
class CardScene:
    """Position and lighting of a card. Angles are in degrees, and `width` is relative to the image."""

    width: float = 0.8
    turn: float = 0.0
    """Rotation in the image plane, 180 for upside down."""
    tilt: float = 0.0
    """Rotation about the card's horizontal axis."""
    swing: float = 0.0
    """Rotation about the card's vertical axis."""
    across: float = 0.0
    down: float = 0.0
    """Offset from the centre, relative to the image."""
    blur: float = 0.5
    """Standard deviation in pixels."""
    motion: float = 0.0
    """Length of the motion blur in pixels."""
    noise: float = 2.0
    """Standard deviation in grey values."""
    light: float = 1.0
    shade: float = 0.1
    """Relative darkening of one side."""
    difficulties: tuple[Difficulty, ...] = ()


def clean(rng: np.random.Generator) -> CardScene:
    """Return a random scene with a flat, still card in good light."""
    return _fit_inside(
        CardScene(
            width=rng.uniform(0.78, 0.92),
            turn=rng.uniform(-4, 4),
            tilt=rng.uniform(-5, 5),
            swing=rng.uniform(-5, 5),
            across=rng.uniform(-0.02, 0.02),
            down=rng.uniform(-0.03, 0.03),
            blur=rng.uniform(0.2, 0.6),
            noise=rng.uniform(0.5, 2.0),
            light=rng.uniform(0.85, 1.1),
            shade=rng.uniform(0.0, 0.15),
        )
    )


def ordinary(rng: np.random.Generator) -> CardScene:
    """Return a random scene with a hand-held card: rotated, tilted, slightly blurred, in room light."""
    return _fit_inside(
        CardScene(
            width=rng.uniform(0.68, 0.92),
            turn=rng.uniform(-12, 12),
            tilt=rng.uniform(-14, 14),
            swing=rng.uniform(-14, 14),
            across=rng.uniform(-0.03, 0.03),
            down=rng.uniform(-0.04, 0.04),
            blur=rng.uniform(0.3, 0.9),
            motion=rng.uniform(0.0, 1.2),
            noise=rng.uniform(1.0, 4.0),
            light=rng.uniform(0.6, 1.15),
            shade=rng.uniform(0.0, 0.3),
        )
    )


def hard(rng: np.random.Generator) -> CardScene:
    """Return an ordinary scene with one or two random difficulties."""
    names = rng.choice([str(difficulty) for difficulty in Difficulty], rng.integers(1, 3), replace=False)
    difficulties = tuple(Difficulty(str(name)) for name in names)
    tilted = Difficulty.TILTED in difficulties
    return _fit_inside(
        CardScene(
            width=rng.uniform(0.6, 0.92),
            turn=rng.uniform(-25, 25) if tilted else rng.uniform(-12, 12),
            tilt=rng.uniform(-28, 28) if tilted else rng.uniform(-14, 14),
            swing=rng.uniform(-28, 28) if tilted else rng.uniform(-14, 14),
            blur=rng.uniform(0.9, 1.8) if Difficulty.BLURRED in difficulties else rng.uniform(0.3, 0.9),
            motion=rng.uniform(1.0, 4.0) if Difficulty.BLURRED in difficulties else rng.uniform(0.0, 1.2),
            noise=rng.uniform(6.0, 14.0) if Difficulty.LOW_LIGHT in difficulties else rng.uniform(1.0, 4.0),
            light=rng.uniform(0.22, 0.45) if Difficulty.LOW_LIGHT in difficulties else rng.uniform(0.6, 1.15),
            shade=rng.uniform(0.1, 0.5),
            difficulties=difficulties,
        )
    )


def _fit_inside(scene: CardScene) -> CardScene:
    """Move the card away until it is completely in the image."""
    while scene.width > 0.3:
        corners = _card_corners(scene, SIZE)
        if corners.min() > 4 and corners[:, 0].max() < SIZE[0] - 4 and corners[:, 1].max() < SIZE[1] - 4:
            break
        scene = replace(scene, width=scene.width * 0.97)
    return scene


def shoot(card: Image, scene: CardScene, seed: int, size: tuple[int, int] = SIZE) -> Image:
    """Return the RGB camera image of `card` (RGB) in `scene`. `size`: width and height in pixels."""
    import cv2

    rng = np.random.default_rng(seed)
    face = card.astype(np.float32)
    if Difficulty.WORN in scene.difficulties:
        face = _apply_wear(face, rng)
    background = _background(size, rng)
    matrix = homography(face.shape, scene, size)
    shape = _card_mask(face.shape[:2])
    inside = cv2.warpPerspective(shape, matrix, size, flags=cv2.INTER_LINEAR)[:, :, None]
    # average details smaller than a camera pixel, instead of sampling them
    small = cv2.GaussianBlur(face, (0, 0), max(0.35 * face.shape[1] / (scene.width * size[0]), 0.3))
    warped = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    shadow = np.roll(cv2.GaussianBlur(inside[:, :, 0], (0, 0), 6), (5, 4), (0, 1))[:, :, None]
    image = background * (1 - 0.35 * shadow)
    image = image * (1 - inside) + warped * inside
    if Difficulty.FINGER in scene.difficulties:
        image = _add_finger(image, matrix, rng)
    image = _apply_light(image, scene, rng)
    if Difficulty.GLARE in scene.difficulties:
        image = _add_glare(image, matrix, rng)
    return _apply_camera(image, scene, rng)


def homography(shape: tuple[int, ...], scene: CardScene, size: tuple[int, int] = SIZE) -> NDArray[np.float64]:
    """Return the (3, 3) homography from pixels of a card image with `shape` to pixels of the scene."""
    import cv2

    high, wide = shape[:2]
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, _card_corners(scene, size).astype(np.float32)), np.float64)


def _card_corners(scene: CardScene, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the card's corners (4, 2) for a pinhole camera at a distance of 2.2 card widths."""
    half_width, half_height = 0.5, 0.5 * layout.HEIGHT / layout.WIDTH
    corners = np.array(
        [(-half_width, -half_height), (half_width, -half_height), (half_width, half_height), (-half_width, half_height)]
    )
    turn, tilt, swing = np.radians([scene.turn, scene.tilt, scene.swing])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_y = np.array([[np.cos(swing), 0, np.sin(swing)], [0, 1, 0], [-np.sin(swing), 0, np.cos(swing)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    points = np.column_stack([corners, np.zeros(4)]) @ (about_z @ about_x @ about_y).T
    distance = 2.2
    flat = points[:, :2] * (distance / (distance + points[:, 2:]))
    middle = np.array([size[0] * (0.5 + scene.across), size[1] * (0.5 + scene.down)])
    return np.asarray(flat * scene.width * size[0] + middle)


def _card_mask(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the mask of a card with rounded corners."""
    import cv2

    high, wide = shape
    radius = round(layout.CORNER_RADIUS / layout.WIDTH * wide)
    mask = np.zeros(shape, np.float32)
    cv2.rectangle(mask, (radius, 0), (wide - radius - 1, high - 1), 1.0, -1)
    cv2.rectangle(mask, (0, radius), (wide - 1, high - radius - 1), 1.0, -1)
    for x in (radius, wide - radius - 1):
        for y in (radius, high - radius - 1):
            cv2.circle(mask, (x, y), radius, 1.0, -1)
    return mask


def _background(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a blurred room with soft patches and up to two vertical bands."""
    import cv2

    wide = size[0]
    patches = rng.uniform(30, 190, (5, 6, 3)).astype(np.float32)
    patches = patches * 0.6 + patches.mean(axis=2, keepdims=True) * 0.4
    image = np.asarray(cv2.resize(patches, size, interpolation=cv2.INTER_CUBIC), np.float32)
    for _ in range(int(rng.integers(0, 3))):
        x = int(rng.integers(0, wide))
        image[:, x : x + int(rng.integers(6, 60))] *= rng.uniform(0.5, 1.3)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 4), np.float32)
    return np.clip(image, 0, 235)


def _apply_wear(face: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add scratches and fade the print."""
    import cv2

    worn = face.copy()
    for _ in range(int(rng.integers(4, 14))):
        start = (int(rng.integers(0, face.shape[1])), int(rng.integers(0, face.shape[0])))
        end = (start[0] + int(rng.integers(-300, 300)), start[1] + int(rng.integers(-120, 120)))
        cv2.line(worn, start, end, (238.0, 234.0, 230.0), int(rng.integers(1, 4)))
    fade = cv2.resize(rng.uniform(0.0, 0.5, (6, 9)).astype(np.float32), face.shape[1::-1])[:, :, None]
    return np.asarray(worn * (1 - fade) + 245 * fade, np.float32)


def _add_finger(
    image: NDArray[np.float32], matrix: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add a thumb over the edge at a random position."""
    import cv2

    wide, high = layout.WIDTH * 12, layout.HEIGHT * 12
    side = int(rng.integers(0, 4))
    along = rng.uniform(0.15, 0.85)
    position = [(0, along * high), (wide, along * high), (along * wide, 0), (along * wide, high)][side]
    centre = cv2.perspectiveTransform(np.array([[position]], np.float32), matrix)[0, 0]
    mask = np.zeros(image.shape[:2], np.float32)
    axes = (int(rng.uniform(22, 34)), int(rng.uniform(40, 70)))
    angle = rng.uniform(60, 120) if side < 2 else rng.uniform(-30, 30)
    cv2.ellipse(mask, (int(centre[0]), int(centre[1])), axes, angle, 0, 360, 1.0, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32)[:, :, None]
    return np.asarray(image * (1 - mask) + _SKIN * rng.uniform(0.5, 1.0) * mask, np.float32)


def _apply_light(image: NDArray[np.float32], scene: CardScene, rng: np.random.Generator) -> NDArray[np.float32]:
    high, wide = image.shape[:2]
    direction = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    ramp = (np.cos(direction) * (x / wide - 0.5) + np.sin(direction) * (y / high - 0.5)) + 0.5
    tint = 1 + rng.uniform(-0.06, 0.06, 3)
    return np.asarray(image * scene.light * (1 - scene.shade * ramp[:, :, None]) * tint, np.float32)


def _add_glare(
    image: NDArray[np.float32], matrix: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add the reflection of a lamp."""
    import cv2

    position = np.array(
        [[[rng.uniform(0.2, 0.95) * layout.WIDTH * 12, rng.uniform(0.2, 0.8) * layout.HEIGHT * 12]]], np.float32
    )
    centre = cv2.perspectiveTransform(position, matrix)[0, 0]
    spot = np.zeros(image.shape[:2], np.float32)
    axes = (int(rng.uniform(15, 60)), int(rng.uniform(10, 30)))
    cv2.ellipse(spot, (int(centre[0]), int(centre[1])), axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), rng.uniform(5, 14)), np.float32)
    return np.asarray(image + spot[:, :, None] * rng.uniform(90, 320), np.float32)


def _apply_camera(image: NDArray[np.float32], scene: CardScene, rng: np.random.Generator) -> Image:
    """Apply the effects of lens, motion, sensor and JPEG compression."""
    import cv2

    image = np.asarray(cv2.GaussianBlur(image, (0, 0), max(scene.blur, 0.15)), np.float32)
    if scene.motion >= 1.0:
        length = round(scene.motion) + 1
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        reach = (length - 1) / 2
        for step in np.linspace(-reach, reach, 4 * length):
            kernel[round(reach + step * np.sin(angle)), round(reach + step * np.cos(angle))] += 1
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.float32)
    image = image + rng.normal(0, scene.noise, image.shape).astype(np.float32)
    plain = np.clip(image, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(plain, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    decoded = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
