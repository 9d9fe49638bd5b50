"""Simulate impersonation attacks by everyday means: a print, a phone, a quick swap.

Selected with `synthetic:NAME+KIND` in `vision.camera`. Attackers follow the instructions on the screen as far as they
can.
"""

import math
import random
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np

from vision.frame import Image
from vision.synthetic.held_sheet import HeldSheet, project_sheet
from vision.synthetic.motion import pose_at
from vision.synthetic.people import PEOPLE
from vision.synthetic.person import Person
from vision.synthetic.portrait import face_of_portrait
from vision.synthetic.scene import HEIGHT, WIDTH, Pose, compose


class Attack(StrEnum):
    FLAT_PRINT = "flat-print"
    """Photograph on paper, turned by hand as instructed."""
    BENT_PRINT = "bent-print"
    """Photograph bent like a face with both hands."""
    STILL_PRINT = "still-print"
    """Photograph held as still as possible by hand."""
    PHONE = "phone"
    """Video of the holder, who looks to the left and right at intervals."""
    SWAP = "swap"
    """Photograph while looking ahead; the attacker's face during turns."""


_DISTANCE = 2.0
"""Distance from the camera, in sheet widths, at which the printed face is as large in the frame as a real face."""
_HAND_TURN_RATIO = 1.3
"""Ratio of the turn of a sheet to that of a head."""
_BEND = 2.0
"""1 / radius in sheet widths, for example a radius of 10 cm for a sheet of 20 cm."""


class Attacker:
    """Render an attack. The image is determined by seed and time."""

    def __init__(self, attack: Attack, person: Person, seed: int = 0) -> None:
        self._attack, self._person, self._seed = attack, person, seed
        self._hand = Hand(seed)
        self._attacker = next(other for other in PEOPLE.values() if other.name != person.name)

    def frame(self, seconds: float, turned: float) -> Image:
        """Return an RGB frame (480, 640, 3). `turned`: turn in response to the instruction in radians, as in `Pose`."""
        match self._attack:
            case Attack.FLAT_PRINT:
                return self._print(self._hand.pose(seconds, _HAND_TURN_RATIO * turned))
            case Attack.BENT_PRINT:
                return self._print(self._hand.pose(seconds, _HAND_TURN_RATIO * turned, _BEND))
            case Attack.STILL_PRINT:
                return self._print(self._hand.pose(seconds, 0.0))
            case Attack.PHONE:
                return self._phone(seconds)
            case Attack.SWAP:
                if abs(turned) > 0.02:
                    return compose(self._attacker, _turned_pose(pose_at(seconds, self._seed), turned))
                return self._print(self._hand.pose(seconds, 0.0))

    def _print(self, held: HeldSheet) -> Image:
        return project_sheet(_with_thumbs(printed(self._person), self._attacker), held, _scene_behind(self._attacker))

    def _phone(self, seconds: float) -> Image:
        # left, ahead, right, ahead: two seconds each
        sway = 0.45 * math.sin(2 * math.pi * seconds / 8)
        screen = _crop(compose(self._person, _turned_pose(pose_at(seconds, self._seed + 1), sway)))
        lit = cv2.convertScaleAbs(screen, alpha=0.9, beta=22)
        frame = cv2.copyMakeBorder(lit, 26, 26, 12, 12, cv2.BORDER_CONSTANT, value=(18, 18, 20))
        return project_sheet(np.asarray(frame, np.uint8), self._hand.pose(seconds, 0.0), _scene_behind(self._attacker))


class Hand:
    """Hand that turns a sheet, trembling and swaying slightly."""

    def __init__(self, seed: int = 0) -> None:
        generator = random.Random(seed)  # noqa: S311 - not used for security
        self._phases = [generator.uniform(0, 2 * math.pi) for _ in range(6)]
        self._speeds = [generator.uniform(1.5, 4.5) for _ in range(6)]

    def pose(self, seconds: float, turned: float, bend: float = 0.0, distance: float = _DISTANCE) -> HeldSheet:
        def sway(number: int, size: float) -> float:
            return size * math.sin(self._speeds[number] * seconds + self._phases[number])

        return HeldSheet(
            yaw=turned + sway(0, 0.05),
            pitch=sway(1, 0.05),
            roll=sway(2, 0.04),
            right=sway(3, 0.02),
            down=sway(4, 0.02),
            distance=distance + sway(5, 0.04),
            bend=bend * (1 + sway(3, 0.1)),
        )


@lru_cache(maxsize=8)
def printed(person: Person) -> Image:
    """Return the person's portrait as an inkjet print, paler and with a white margin."""
    return on_paper(_crop(compose(person, Pose())))


def _with_thumbs(sheet: Image, holder: Person) -> Image:
    """Add two thumbs at the edges of the sheet."""
    image = sheet.copy()
    height, width = image.shape[:2]
    thumb = (round(0.05 * width), round(0.09 * width))
    for side, slant in ((0.02, -35), (0.98, 35)):
        middle = (round(side * width), round(0.8 * height))
        cv2.ellipse(image, middle, thumb, slant, 0, 360, holder.skin, -1, cv2.LINE_AA)
    return image


def on_paper(image: Image) -> Image:
    pale = cv2.convertScaleAbs(cv2.GaussianBlur(image, (0, 0), 0.7), alpha=0.9, beta=14)
    margin = round(0.03 * image.shape[1])
    return np.asarray(cv2.copyMakeBorder(pale, *(margin,) * 4, cv2.BORDER_CONSTANT, value=(238, 238, 234)), np.uint8)


def _crop(image: Image) -> Image:
    """Crop head and shoulders from a frame, in portrait format."""
    box = face_of_portrait()
    middle, half = (box.left + box.right) // 2, round(0.95 * box.width)
    return np.ascontiguousarray(image[:, max(middle - half, 0) : min(middle + half, WIDTH)])


@lru_cache(maxsize=4)
def _scene_behind(attacker: Person) -> Image:
    """Return the scene behind the sheet or phone: the attacker, whose head it hides."""
    return compose(attacker, Pose(distance=1.3, shift=(0.0, 0.06 * HEIGHT)))


def _turned_pose(pose: Pose, turned: float) -> Pose:
    return Pose(pose.yaw + turned, pose.pitch, pose.roll, pose.shift, pose.distance, pose.lids)
