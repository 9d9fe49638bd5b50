"""Draw an overview of all synthetic patients, conditions and attacks: python -m vision.synthetic.sheet OUT.jpg"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from vision.frame import Image
from vision.synthetic.attacks import Attack
from vision.synthetic.conditions import Condition
from vision.synthetic.people import PEOPLE
from vision.synthetic.scene import HEIGHT, WIDTH
from vision.synthetic.subject import Subject

_COLUMNS = 9
_TILE = 148
"""Side of a tile in pixels."""
_LABEL = 20
_GAP = 6
_TURN = 0.42
_PAPER = (250, 250, 248)
_INK = (60, 66, 72)


def tile(name: str, label: str, *, turn: float = 0.0, seconds: float = 0.6, seed: int = 3) -> Image:
    """Return the centre of a frame of the subject `name`, with a label below."""
    frame = Subject.parse(name).renderer(seed)(seconds, turn)
    side = HEIGHT - 40
    left = (WIDTH - side) // 2
    image = cv2.resize(frame[:side, left : left + side], (_TILE, _TILE), interpolation=cv2.INTER_AREA)
    out = np.full((_TILE + _LABEL, _TILE, 3), _PAPER, np.uint8)
    out[:_TILE] = image
    (width, _), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
    position = ((_TILE - width) // 2, _TILE + 14)
    cv2.putText(out, label, position, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return out


def sheet() -> Image:
    """Return an RGB image of each person from the front and turned, each condition, and each attack mid-turn."""
    tiles: list[Image] = []
    names = list(PEOPLE)
    for start in range(0, len(names), _COLUMNS):
        row = names[start : start + _COLUMNS]
        tiles += [tile(name, f"{name}, {PEOPLE[name].age}") for name in row]
        sides = [_TURN if index % 2 else -_TURN for index in range(len(row))]
        tiles += [tile(name, "", turn=side) for name, side in zip(row, sides, strict=True)]
    subjects = [names[index % len(names)] for index in range(3, 3 + len(Condition))]
    tiles += [tile(f"{name},{condition}", condition) for name, condition in zip(subjects, Condition, strict=True)]
    tiles += [tile(f"ume+{attack}", attack, turn=_TURN, seconds=1.4) for attack in Attack]
    blank = np.full_like(tiles[0], 0) + np.array(_PAPER, np.uint8)
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    padded = [cv2.copyMakeBorder(image, _GAP, 0, _GAP, 0, cv2.BORDER_CONSTANT, value=_PAPER) for image in tiles]
    rows = [np.hstack(padded[start : start + _COLUMNS]) for start in range(0, len(padded), _COLUMNS)]
    overview = np.vstack(rows)
    return np.asarray(cv2.copyMakeBorder(overview, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=_PAPER), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    from PIL import Image as Pillow

    Pillow.fromarray(sheet()).save(options.out, quality=90)


if __name__ == "__main__":
    main()
