"""Would a flash of the screen tell a face from what is held before the camera? A simulation, no camera.

    python -m benchmarks.flash

The screen turns white and dark in turn while synthetic patients stand before it and move. A face takes the screen's
light by its shape, a print evenly, a phone hardly at all: its picture shines by itself. The camera's exposure wanders;
the wall beside the face tells how much. Two figures are looked at: how much brighter the face gets, and how unevenly.
Printed is the share of pairs (person, attack) that each figure puts in the right order; 50 % is chance.
"""

import argparse
from collections.abc import Callable

import cv2
import numpy as np

from vision.frame import Image
from vision.synthetic.attacks import Hand, on_paper
from vision.synthetic.drawing import Light
from vision.synthetic.held_sheet import lay
from vision.synthetic.motion import pose_at
from vision.synthetic.people import PEOPLE
from vision.synthetic.person import Person
from vision.synthetic.portrait import face_of_portrait
from vision.synthetic.scene import Pose, compose

SCREEN_LUX = 35.0
"""On a face 50 cm before a white 10-inch screen of 300 cd/m2: 300 x 0.0295 m2 / 0.25 m2."""
PHONE_REFLECTS = 0.06
"""Of the light falling on its glass, beside its own."""
FRONT = Light(direction=(0.0, 0.2, 1.0))
FRAMES, EVERY = 12, 0.12
NOISE, EXPOSURE = 3.0, 0.02
CELLS = 6
WALL = 60
"""Pixels at either side that show nothing but the wall; what it gains is the camera's doing."""

Shown = Callable[[float, float], np.ndarray]
"""Frame, in levels, at a time and with so much of the screen's light for the room's."""


def person(who: Person, seed: int) -> Shown:
    def shown(seconds: float, flash: float) -> np.ndarray:
        pose = pose_at(seconds, seed)
        room = compose(who, pose).astype(np.float32)
        return room + flash * compose(who, pose, FRONT) if flash else room

    return shown


def sheet(who: Person, seed: int, reflects: float) -> Shown:
    paper: Image = on_paper(np.ascontiguousarray(compose(who, Pose())[:, 120:520]))
    wall = np.full((480, 640, 3), 150, np.uint8)
    hand = Hand(seed)

    def shown(seconds: float, flash: float) -> np.ndarray:
        return lay(paper, hand.holds(seconds, 0.0, away=1.5), wall).astype(np.float32) * (1 + reflects * flash)

    return shown


def looked_at(shown: Shown, flash: float, seed: int) -> tuple[float, float]:
    """Mean and unevenness of what the face's cells gain when the screen lights up."""
    drawn = np.random.default_rng(seed)
    box = face_of_portrait()
    cells = []
    for number in range(FRAMES):
        frame = shown(number * EVERY, 0.0)
        # the wall is too far away for the screen's light
        frame[:, WALL:-WALL] = shown(number * EVERY, flash * (number % 2))[:, WALL:-WALL]
        frame = frame * (1 + drawn.normal(0, EXPOSURE))
        frame = np.clip(frame + drawn.normal(0, NOISE, frame.shape), 0, 255).mean(axis=2)
        face = frame[box.top : box.bottom, box.left : box.right]
        wall = np.concatenate([frame[:200, :WALL].ravel(), frame[:200, -WALL:].ravel()]).mean()
        cells.append(cv2.resize(face, (CELLS, CELLS), interpolation=cv2.INTER_AREA) / wall)
    dark, bright = np.array(cells[0::2]), np.array(cells[1::2])
    gains = np.median(bright / dark, axis=0) - 1
    return float(gains.mean()), float(gains.std())


def right_order(faces: list[float], attacks: list[float]) -> float:
    return float(np.mean([[one > other for other in attacks] for one in faces]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    print("room lux   gain of a face   told from a print by gain, by unevenness   told from a phone by gain")
    for lux in (100, 300, 500, 1000):
        found: dict[str, list[tuple[float, float]]] = {"face": [], "print": [], "phone": []}
        for number, who in enumerate(PEOPLE.values()):
            for seed in range(given.seeds):
                at = 100 * number + seed
                found["face"].append(looked_at(person(who, at), SCREEN_LUX / lux, at))
                found["print"].append(looked_at(sheet(who, at, 1.0), SCREEN_LUX / lux, at))
                found["phone"].append(looked_at(sheet(who, at, PHONE_REFLECTS), SCREEN_LUX / lux, at))
        gain, uneven = ({kind: [one[which] for one in ones] for kind, ones in found.items()} for which in (0, 1))
        print(
            f"{lux:8} {np.median(gain['face']):15.1%} {right_order(gain['face'], gain['print']):25.0%}"
            f" {right_order(uneven['face'], uneven['print']):15.0%} {right_order(gain['face'], gain['phone']):27.0%}"
        )


if __name__ == "__main__":
    main()
