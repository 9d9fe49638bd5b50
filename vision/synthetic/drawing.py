"""Draw a synthetic head on a canvas: colour, coverage and depth, from which `scene` composes poses.

Coordinates are u to the right, v down and z towards the camera, in half head widths from the centre of the head. Shapes
are coverages between 0 and 1 with an edge one pixel wide, so oversampling is not needed.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.synthetic.canvas import PIXELS, Field, Paint, U, V, blob, blur, covered, ellipse, stroke
from vision.synthetic.person import Beard, Cover, Glasses, Hair, Person

LIDS = (0.0, 0.4, 0.75, 1.0)
"""Drawn eyelid positions, from open to closed."""


@dataclass(frozen=True, slots=True)
class Light:
    """Direction (right, down, towards the camera) and strength of the light."""

    direction: tuple[float, float, float] = (-0.35, -0.55, 0.75)
    strength: float = 1.0
    behind: float = 0.0
    """Brightness added to the wall by a window, in levels of 255."""


@dataclass(frozen=True, slots=True)
class HeadDrawing:
    """Head in a given light. `faces[i]`: RGB (H, W, 3) uint8 with the eyelid position `LIDS[i]`."""

    faces: tuple[NDArray[np.uint8], ...]
    coverage: Field
    depth: Field


def _head_distance(person: Person) -> Field:
    head = person.head
    half_height = np.where(V > 0, head.chin, 1.5).astype(np.float32)
    down = np.clip(V / head.chin, 0, 1)
    half_width = head.width * (1 - head.jaw * down**2)
    power = np.where(V > 0, head.square, 2.1)
    radius = (np.abs(U / half_width) ** power + np.abs(V / half_height) ** power) ** (1 / power)
    return np.asarray(radius - 1, np.float32)


def _depth(person: Person, outline: Field) -> Field:
    """Return the depth of each point of the head: a dome for the skull, with elevations and hollows for features."""
    eyes, nose, mouth = person.eyes, person.nose, person.mouth
    dome = np.sqrt(np.clip(1 - (outline + 1) ** 2, 0, 1))
    tip = eyes.height + nose.length
    ridge = np.clip((V - eyes.height + 0.1) / nose.length, 0, 1) * covered(V - tip)
    relief = nose.bridge * np.exp(-((U / (0.1 * nose.width)) ** 2)) * ridge
    relief += 0.26 * blob(0, tip - 0.03, 0.14 * nose.width, 0.11)
    relief += 0.05 * blob(0, mouth.height - 0.05, mouth.width * 0.9, 0.06)
    relief += 0.07 * blob(0, mouth.height + 0.08, mouth.width * 0.8, 0.07)
    relief -= 0.05 * blob(0, mouth.height + 0.21, 0.3, 0.06)
    relief += 0.08 * blob(0, person.head.chin - 0.28, 0.25, 0.18)
    for side in (-1, 1):
        relief += 0.1 * blob(side * 0.15 * nose.width, tip, 0.08, 0.07)
        relief -= 0.15 * blob(side * eyes.apart, eyes.height, 0.23, 0.13)
        relief += 0.06 * blob(side * eyes.apart, eyes.height - person.brows.height + 0.04, 0.28, 0.09)
        relief += person.head.cheeks * blob(side * 0.58, 0.33, 0.26, 0.26)
    return blur(np.asarray(dome + relief, np.float32), 3.0)


def _shade(depth: Field, light: Light) -> Field:
    slope_v, slope_u = np.gradient(depth * PIXELS)
    direction = np.asarray(light.direction, np.float32)
    direction = direction / np.linalg.norm(direction)
    facing = direction[2] - direction[0] * slope_u - direction[1] * slope_v
    lambert = np.clip(facing / np.sqrt(1 + slope_u**2 + slope_v**2), 0, 1)
    return blur(np.asarray(0.5 + 0.58 * lambert, np.float32), 1.2)


def _strands(seed: int) -> Field:
    """Return a hair texture of vertical streaks with a mean of 1."""
    noise = np.random.default_rng(seed).random(U.shape, np.float32)
    streaks = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigmaX=1.2, sigmaY=14), np.float32)
    streaks = (streaks - streaks.mean()) / streaks.std()
    return np.asarray(1 + 0.11 * streaks, np.float32)


def _skin(paint: Paint, person: Person) -> None:
    eyes, nose = person.eyes, person.nose
    tip = eyes.height + nose.length
    blush = (215, 120, 110)
    for side in (-1, 1):
        paint.over(blob(side * 0.55, 0.42, 0.28, 0.22), blush, 0.16)
        paint.darken(blob(side * 0.105 * nose.width, tip + 0.05, 0.055, 0.03), 0.6)
        paint.darken(blob(side * eyes.apart, eyes.height - 0.08, 0.26, 0.09), 0.1)
        wing = np.hypot(U - side * 0.17 * nose.width, (V - tip + 0.01) * 1.1) - 0.1
        outer = covered(-(U * side - 0.17 * nose.width)) * covered(np.abs(V - tip + 0.01) - 0.09)
        paint.darken(stroke(np.asarray(wing, np.float32), 0.018) * outer, 0.3)
    paint.darken(blob(0, tip + 0.08, 0.16 * nose.width, 0.03), 0.25)


def _age(paint: Paint, person: Person) -> None:
    """Add lines on forehead, mouth and eyes, which deepen with age from about 40."""
    years = float(np.clip((person.age - 38) / 45, 0, 1))
    if not years:
        return
    eyes, mouth = person.eyes, person.mouth
    for number, height in enumerate((-0.5, -0.62, -0.74)):
        line = V - (eyes.height + height + 0.03 * np.cos(U * 5 + number))
        reach = np.asarray(np.abs(U) - 0.5 + 0.08 * number, np.float32)
        paint.darken(stroke(np.asarray(line, np.float32), 0.016) * covered(reach), 0.22 * years)
    for side in (-1, 1):
        top, bottom = eyes.height + person.nose.length - 0.04, mouth.height + 0.05
        down = np.clip((V - top) / (bottom - top), 0, 1)
        fold = side * U - (0.23 * person.nose.width + (mouth.width + 0.1 - 0.2 * person.nose.width) * down**0.8)
        within = blur(covered(np.asarray(np.abs(V - (top + bottom) / 2) - (bottom - top) / 2, np.float32)), 4)
        paint.darken(stroke(np.asarray(fold, np.float32), 0.022) * within, 0.38 * years)
        bag = V - (eyes.height + 0.17 - 0.06 * ((U - side * eyes.apart) / 0.2) ** 2)
        near = covered(np.abs(U - side * eyes.apart) - 0.2)
        paint.darken(stroke(np.asarray(bag, np.float32), 0.02) * blur(near, 4), 0.3 * years)
        for tilt in (-0.35, 0.0, 0.35):
            along = side * U - eyes.apart - eyes.width
            foot = V - eyes.height - tilt * along
            span = covered(np.asarray(np.abs(along - 0.13) - 0.08, np.float32))
            paint.darken(stroke(np.asarray(foot, np.float32), 0.011) * blur(span, 2), 0.28 * years)


def _marks(paint: Paint, person: Person) -> None:
    if person.freckles:
        generator = np.random.default_rng(person.age)
        for _ in range(round(90 * person.freckles)):
            u, v, size = generator.normal(0, 0.42), generator.normal(0.26, 0.17), generator.uniform(0.010, 0.019)
            paint.over(blob(u, v, size, size), (150, 88, 60), generator.uniform(0.3, 0.6))
    if person.mole is not None:
        paint.over(blob(*person.mole, 0.028, 0.026), (62, 38, 30), 0.9)


def _lips(paint: Paint, person: Person) -> None:
    mouth = person.mouth
    across = np.clip(1 - (U / mouth.width) ** 2, 0, 1)
    middle = V - mouth.height + mouth.smile * (U / mouth.width) ** 2
    cupid = 1 - 0.22 * np.exp(-((U / 0.05) ** 2))
    upper = np.maximum(-middle - 0.085 * mouth.fullness * across**0.8 * cupid, middle)
    lower = np.maximum(middle - 0.115 * mouth.fullness * np.sqrt(across), -middle)
    inside = covered(np.asarray(np.abs(U) - mouth.width, np.float32))
    dark = tuple(int(part * 0.84) for part in mouth.colour)
    paint.over(blur(covered(np.asarray(upper, np.float32)) * inside, 1.2), (dark[0], dark[1], dark[2]), 0.85)
    paint.over(blur(covered(np.asarray(lower, np.float32)) * inside, 1.2), mouth.colour, 0.85)
    paint.over(blob(0, mouth.height + 0.06 * mouth.fullness, mouth.width * 0.4, 0.022), (255, 235, 230), 0.22)
    line = stroke(np.asarray(middle, np.float32), 0.014) * blur(
        covered(np.asarray(np.abs(U) - mouth.width, np.float32)), 2
    )
    paint.darken(line, 0.6)


def _beard(paint: Paint, person: Person, outline: Field) -> None:
    if person.beard is Beard.NONE:
        return
    mouth = person.mouth
    tip = person.eyes.height + person.nose.length
    under_nose = tip + 0.09
    between = np.abs(V - (under_nose + mouth.height - 0.06) / 2 - 0.12 * U**2)
    moustache = covered(np.asarray(between - (mouth.height - under_nose) / 2 + 0.03, np.float32))
    moustache = moustache * covered(np.asarray(np.abs(U) - mouth.width - 0.06, np.float32))
    around_mouth = covered(-ellipse(0, mouth.height + 0.03, mouth.width + 0.05, 0.13))
    jaw = covered(np.asarray(mouth.height - 0.32 - V + 0.62 * np.clip(1 - np.abs(U) / 0.85, 0, 1), np.float32))
    jaw = np.asarray(jaw * covered(np.asarray(-V + 0.12, np.float32)) * around_mouth, np.float32)
    chin = covered(ellipse(0, mouth.height + 0.42, mouth.width + 0.02, 0.36)) * around_mouth
    parts = {
        Beard.STUBBLE: (np.maximum(jaw, moustache), 0.38),
        Beard.MOUSTACHE: (moustache, 0.92),
        Beard.GOATEE: (np.maximum(chin, moustache), 0.85),
        Beard.FULL: (np.maximum(jaw, moustache), 0.92),
    }
    shape, strength = parts[person.beard]
    hair = np.asarray(person.hair_colour, np.float32) * _strands(7)[..., None]
    paint.over(blur(np.asarray(shape, np.float32), 3.5) * covered(outline), hair, strength)


def _brows(paint: Paint, person: Person) -> None:
    eyes, brows = person.eyes, person.brows
    for side in (-1, 1):
        along = (side * U - eyes.apart - 0.01) / 0.27
        line = eyes.height - brows.height - brows.arch * (1 - along**2) + brows.slant * along
        half = brows.thickness * (1 - 0.45 * np.clip(along, -1, 1)) / 2
        shape = np.maximum(np.abs(V - line) - half, (np.abs(along) - 1) * 0.27)
        hair = np.asarray(person.hair_colour, np.float32) * 0.9
        paint.over(blur(covered(np.asarray(shape, np.float32)), 1.6), hair, brows.strength)


def _eyes(paint: Paint, person: Person, closed: float) -> None:
    eyes = person.eyes
    for side in (-1, 1):
        turn = -eyes.tilt * side
        du, dv = U - side * eyes.apart, V - eyes.height
        along = (du * np.cos(turn) + dv * np.sin(turn)) / eyes.width
        up = dv * np.cos(turn) - du * np.sin(turn)
        arc = np.clip(1 - np.abs(along) ** 2.2, 0, 1)
        lower = 0.62 * eyes.open * arc
        upper = -eyes.open * arc * (1 - closed) + lower * closed
        white = covered(
            np.asarray(np.maximum(np.maximum(upper - up, up - lower), np.abs(along) * 0.2 - 0.2), np.float32)
        )
        paint.over(white, (236, 233, 228))
        paint.darken(white * stroke(np.asarray(up - upper, np.float32), 0.035), 0.35)
        radius = np.hypot(du, dv + 0.012)
        iris = covered(np.asarray(radius - 0.082, np.float32)) * white
        paint.over(iris, eyes.iris)
        paint.darken(iris * covered(np.asarray(0.066 - radius, np.float32)), 0.4)
        paint.over(covered(np.asarray(radius - 0.038, np.float32)) * white, (14, 12, 12))
        paint.over(covered(np.asarray(np.hypot(du + 0.028, dv + 0.04) - 0.017, np.float32)) * white, (255, 255, 255))
        ends = blur(covered(np.asarray((np.abs(along) - 1.04) * 0.2, np.float32)), 1)
        paint.over(stroke(np.asarray(up - upper, np.float32), eyes.lashes) * ends, (34, 26, 24), 0.85)
        paint.darken(stroke(np.asarray(up - lower, np.float32), 0.01) * ends, 0.25 + 0.3 * closed)
        if eyes.fold:
            crease = up - (-eyes.open * arc * (1 - 0.6 * closed) - eyes.fold)
            paint.darken(stroke(np.asarray(crease, np.float32), 0.013) * ends, 0.38)


def _glasses(paint: Paint, person: Person) -> None:
    if person.glasses is Glasses.NONE:
        return
    eyes = person.eyes
    middle = eyes.height + 0.03
    power, half_u, half_v = (2.0, 0.31, 0.29) if person.glasses is Glasses.ROUND else (4.5, 0.34, 0.23)
    for side in (-1, 1):
        edge = ellipse(side * (eyes.apart + 0.01), middle, half_u, half_v, power)
        paint.over(covered(edge), (225, 235, 240), 0.10)
        paint.over(covered(np.asarray(np.abs(edge) - 0.022, np.float32)), person.rim, 0.95)
        outer = eyes.apart + 0.01 + half_u
        temple = np.maximum(
            np.abs(V - middle + 0.06) - 0.02, np.maximum(outer - side * U, side * U - person.head.width)
        )
        paint.over(covered(np.asarray(temple, np.float32)), person.rim, 0.9)
    inner = eyes.apart + 0.01 - half_u
    bridge = np.maximum(np.abs(V - middle + 0.05 - 0.25 * U**2) - 0.02, np.abs(U) - inner)
    paint.over(covered(np.asarray(bridge, np.float32)), person.rim, 0.95)


def _hair_front(person: Person) -> Field:
    """Return the coverage of the front hair, from the crown to the hairline and beside the face."""
    width, line = person.head.width, person.hairline
    across = U / width
    dome = ellipse(0, -0.1, width * 1.09, 1.53)
    below: dict[Hair, Field] = {
        Hair.SHORT: np.asarray(line + 0.1 * across**2 + 0.025 * np.cos(U * 17), np.float32),
        Hair.PARTED: np.asarray(line - 0.22 + 0.55 * np.abs(across - person.parting) ** 1.3, np.float32),
        Hair.FRINGE: np.asarray(line + 0.3 + 0.06 * across**2 + 0.03 * np.cos(U * 21), np.float32),
        Hair.BOB: np.asarray(line + 0.28 - 0.03 * across + 0.02 * np.cos(U * 25), np.float32),
        Hair.LONG: np.asarray(line - 0.3 + 0.75 * np.abs(across - person.parting * 0.4) ** 1.1, np.float32),
        Hair.BUN: np.asarray(line - 0.12 + 0.45 * across**2, np.float32),
        Hair.CURLY: np.asarray(line + 0.08 * np.cos(U * 11) + 0.08 * across**2, np.float32),
        Hair.RECEDING: np.asarray(
            line - 0.3 - 0.35 * np.exp(-(((np.abs(across) - 0.5) / 0.22) ** 2)) + 0.3 * across**4, np.float32
        ),
        Hair.BALD: np.full(U.shape, -3.0, np.float32),
    }
    top = V - below[person.hair]
    lock_length = {Hair.BOB: 0.85, Hair.LONG: 1.6, Hair.BALD: 0.25, Hair.BUN: -0.05, Hair.CURLY: 0.2}.get(
        person.hair, 0.08
    )
    lock_inner = {Hair.BOB: 0.84, Hair.LONG: 0.86, Hair.BALD: 0.95}.get(person.hair, 0.93)
    locks = np.maximum(
        width * lock_inner - np.abs(U) + 0.12 * np.clip(V, 0, 1) ** 2, np.maximum(V - lock_length, -0.55 - V)
    )
    wide = np.minimum(dome, np.asarray(np.maximum(np.abs(U) - width * 1.1, np.abs(V - 0.5) - 1.2), np.float32))
    shape = np.minimum(np.maximum(dome, top), np.maximum(wide if person.hair in (Hair.BOB, Hair.LONG) else dome, locks))
    return blur(covered(np.asarray(shape, np.float32)), 1.3)


def _hair_back(person: Person) -> Field:
    """Return the coverage of the hair that is visible beside and above the head."""
    width = person.head.width
    shapes: dict[Hair, Field] = {
        Hair.BOB: np.maximum(ellipse(0, -0.25, width * 1.26, 1.5, 2.4), V - 1.05),
        Hair.LONG: np.minimum(
            ellipse(0, -0.25, width * 1.2, 1.46, 2.2),
            np.maximum(np.abs(U) - width * (1.08 + 0.1 * V), np.abs(V - 0.8) - 1.25),
        ),
        Hair.BUN: np.minimum(ellipse(0, -1.72, 0.46, 0.38), ellipse(0, -0.12, width * 1.06, 1.52)),
        Hair.CURLY: ellipse(0, -0.5, width * 1.34, 1.34)
        + 0.05 * np.cos(12 * np.arctan2(V + 0.5, U))
        + 0.02 * np.cos(29 * np.arctan2(V + 0.5, U)),
        Hair.BALD: np.maximum(ellipse(0, -0.05, width * 1.1, 0.62), V - 0.35),
    }
    shape = shapes.get(person.hair, ellipse(0, -0.12, width * 1.07, 1.52))
    falls = np.asarray(np.where(V > 1.0, np.maximum(shape, 0.62 - np.abs(U)), shape), np.float32)
    return blur(covered(falls), 1.3)


def _headwear(person: Person) -> tuple[Field, Field] | None:
    """Return the coverage of headwear in front of and behind the head; None without headwear."""
    width = person.head.width
    if person.cover is Cover.SCARF:
        outer = np.minimum(
            ellipse(0, -0.16, width * 1.15, 1.56, 2.1),
            np.maximum(np.abs(U) - width * (0.98 + 0.14 * np.clip(V, 0, 2)), np.abs(V + 0.28 * U**2 - 0.95) - 1.25),
        )
        face = ellipse(0, 0.18, width * 0.86, person.head.chin - 0.12, 2.3)
        under_chin = np.maximum(outer, -face)
        return blur(covered(np.asarray(under_chin, np.float32)), 1.5), blur(covered(outer), 1.5)
    if person.cover is Cover.CAP:
        dome = ellipse(0, -0.3, width * 1.13, 1.38, 2.3)
        cap = np.asarray(np.maximum(dome, V - (-0.66 + 0.1 * (U / width) ** 2)), np.float32)
        return blur(covered(cap), 1.5), blur(covered(cap), 1.5)
    return None


def _mask(paint: Paint, person: Person, shade: Field) -> None:
    """Add a pleated mask from the bridge of the nose to the chin, with bands to the ears."""
    if not person.mask:
        return
    top = person.eyes.height + 0.45 * person.nose.length
    middle, half = (top + person.head.chin) / 2, (person.head.chin - top) / 2
    width = 0.8 * person.head.width
    edge = ellipse(0, middle, width, half, 3.2) + 0.1 * np.abs(U) * covered(V - middle)
    for side in (-1, 1):
        for start in (-0.55, 0.5):
            line = V - middle - start * half - (side * U - 0.7 * width) * (-0.5 if start > 0 else 0.35)
            band = np.maximum(np.abs(line) - 0.012, np.maximum(0.68 * width - side * U, side * U - person.head.width))
            paint.over(covered(np.asarray(band, np.float32)), (222, 226, 228), 0.9)
    pleats = 1 - 0.08 * stroke(np.asarray((V - middle + 0.05) % 0.2 - 0.1, np.float32), 0.02)
    cloth = np.asarray((208, 224, 232), np.float32) * pleats[..., None] * (0.35 + 0.65 * shade)
    paint.over(blur(covered(np.asarray(edge, np.float32)), 1.2), np.asarray(cloth, np.float32))


def _cloth(person: Person) -> NDArray[np.float32]:
    """Return the colour of the headwear, with the folds of a scarf or the ribs and turn-up of a cap."""
    if person.cover is Cover.SCARF:
        around = np.hypot(U * 1.1, V - 0.15)
        folds = 1 + 0.07 * np.sin(15 * around + 1.6 * U) + 0.05 * np.sin(31 * around - 3 * V)
    else:
        turned_up = covered(np.asarray(-0.98 - V + 0.1 * U**2, np.float32))
        folds = (1 + 0.10 * np.sin(U * 46)) * (1 - 0.14 * (1 - turned_up))
    return np.asarray(np.asarray(person.cloth, np.float32) * blur(np.asarray(folds, np.float32), 1.0)[..., None])


def _ears(person: Person) -> Field:
    ears = ellipse(-person.head.width * 1.01, 0.06, 0.13, 0.27)
    return covered(np.minimum(ears, ellipse(person.head.width * 1.01, 0.06, 0.13, 0.27)))


@lru_cache(maxsize=24)
def draw_head(person: Person, light: Light) -> HeadDrawing:
    """Draw a head for all frames in a given light. Takes about 0.3 s."""
    outline = _head_distance(person)
    depth = _depth(person, outline)
    shade = _shade(depth, light)[..., None] * light.strength
    skin = Paint(person.skin)
    _skin(skin, person)
    _age(skin, person)
    _marks(skin, person)
    _lips(skin, person)
    _beard(skin, person, outline)
    strands = _strands(len(person.name) + person.age)[..., None]
    gloss = 1 + 0.28 * blob(light.direction[0] * 0.9, -1.15, 0.55, 0.28)[..., None]
    hair = np.asarray(person.hair_colour, np.float32) * strands * light.strength
    head, front, back, ears = covered(outline), _hair_front(person), _hair_back(person), _ears(person)
    headwear = _headwear(person)
    if headwear is not None and person.cover is Cover.SCARF:
        front, back = front * 0, headwear[1]
    faces: list[NDArray[np.uint8]] = []
    for closed in LIDS:
        face = Paint(person.skin)
        face.rgb[:] = skin.rgb
        _eyes(face, person, closed)
        _brows(face, person)
        _glasses(face, person)
        image = Paint((0, 0, 0))
        image.rgb[:] = hair * 0.72
        image.over(ears, np.asarray(person.skin, np.float32) * 0.8 * light.strength)
        image.over(head, face.rgb * shade)
        _mask(image, person, shade)
        image.darken(blur(front, 7) * head * (1 - front), 0.3)
        image.over(front, hair * gloss * (0.55 + 0.45 * shade))
        if headwear is not None:
            image.darken(blur(headwear[0], 9) * head * (1 - headwear[0]), 0.35)
            image.over(headwear[0], _cloth(person) * (0.5 + 0.5 * shade))
        faces.append(np.clip(image.rgb, 0, 255).astype(np.uint8))
    coverage = np.maximum(np.maximum(head, front), np.maximum(back, ears))
    if headwear is not None:
        coverage = np.maximum(coverage, headwear[0])
    return HeadDrawing(tuple(faces), coverage, blur(np.asarray(np.where(head > 0, depth, 0), np.float32), 2))
