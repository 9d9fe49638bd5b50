"""Simulated camera with a card held up to it."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from vision.frame import Frame, FrameProblem, Image, to_frame
from vision.sources.protocol import SourceKind
from vision.synthetic.card_front import CardFront, draw_back, draw_front, draw_other_card
from vision.synthetic.card_scene import CardScene, Difficulty, shoot
from vision.verdict import CameraLost

SPECIMEN: Final = CardFront("昭和55年 3月 1日生", "2033年 3月 1日まで有効", "4907")
_SIDES: Final[dict[str, Callable[[], Image]]] = {
    "front": lambda: draw_front(SPECIMEN),
    "pinless": lambda: draw_front(replace(SPECIMEN, pinless=True)),
    "back": draw_back,
    "other": draw_other_card,
}
_FRAME_SECONDS: Final = 0.1


class CardSource:
    """`FrameSource` with a slightly moving card, or an empty counter if `card` returns None."""

    def __init__(self, card: Callable[[], Image | None], scene: CardScene | None = None) -> None:
        """`card`: returns the RGB image of the card for each frame. Cache it: drawing takes longer than a frame."""
        self._card = card
        self._scene = scene or CardScene()
        self._number = 0

    @property
    def name(self) -> str:
        return "synthetic card"

    @property
    def kind(self) -> SourceKind:
        return SourceKind.SYNTHETIC

    def open(self) -> CameraLost | None:
        return None

    def read(self) -> Frame | CameraLost:
        time.sleep(_FRAME_SECONDS)
        self._number += 1
        card = self._card()
        if card is None:
            image = np.full((480, 640, 3), 96, np.uint8)
        else:
            sway = 1.5 * float(np.sin(self._number))
            unsteady = replace(self._scene, turn=self._scene.turn + sway, across=0.01 * float(np.cos(self._number)))
            image = shoot(card, unsteady, self._number)
        frame = to_frame(image, number=self._number, taken_at=time.monotonic())
        assert not isinstance(frame, FrameProblem)
        return frame

    def close(self) -> None:
        pass


def card_source(text: str) -> CardSource:
    """Return the source for a card such as `front` or `front,glare,tilted`.

    `text`: `front`, `pinless`, `back` or `other`, followed by comma-separated difficulties. Raises ValueError for an
    unknown side or difficulty.
    """
    side, *words = text.split(",")
    if side not in _SIDES:
        raise ValueError(f"unknown card {side!r}. Known: {', '.join(_SIDES)}.")
    for word in words:
        if word not in set(Difficulty):
            raise ValueError(f"unknown difficulty {word!r}. Known: {', '.join(Difficulty)}.")
    difficulties = tuple(Difficulty(word) for word in words)
    dim, blurred, tilted = (
        difficulty in difficulties for difficulty in (Difficulty.LOW_LIGHT, Difficulty.BLURRED, Difficulty.TILTED)
    )
    scene = CardScene(
        tilt=24.0 if tilted else 0.0,
        swing=-20.0 if tilted else 0.0,
        blur=1.6 if blurred else 0.5,
        motion=3.0 if blurred else 0.0,
        light=0.3 if dim else 1.0,
        noise=10.0 if dim else 2.0,
        difficulties=difficulties,
    )
    image = _SIDES[side]()
    return CardSource(lambda: image, scene)
