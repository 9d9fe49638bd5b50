"""A camera before which a synthetic patient stands: a peer of the webcam, and obedient."""

import threading
import time
from dataclasses import replace

import numpy as np

from vision.frame import Frame, FrameProblem, Image, frame_of
from vision.synthetic.attacks import Attacker, person_or_attack
from vision.synthetic.attention import Attention
from vision.synthetic.drawing import Light
from vision.synthetic.motion import pose_at
from vision.synthetic.person import Person
from vision.synthetic.scene import compose, empty_room
from vision.verdict import CameraLost, Guidance

_NOISE_FRAMES = 8
_NOISE = 3.0
"""Standard deviation of the sensor's noise, in levels of 255."""


class SyntheticSource:
    """Shows one person, moving; may be covered, left alone, given to somebody else or broken while it runs.

    `realtime` paces the frames; without, each read is one frame further on a clock of the source's own. Raises
    ValueError for an unknown name.
    """

    def __init__(self, person: str, *, fps: float = 25.0, realtime: bool = True, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._person: Person | None = None
        self._attacker: Attacker | None = None
        self.show(person)
        self._fps = fps
        self._realtime = realtime
        self._covered = False
        self._failed = False
        self._attention = Attention()
        self._number = 0
        self._began = 0.0
        self._first = 0
        noise = np.random.default_rng(seed)
        self._noise = [noise.normal(0, _NOISE, (480, 640, 1)).astype(np.int16) for _ in range(_NOISE_FRAMES)]

    @property
    def name(self) -> str:
        return "synthetic camera"

    # --- from any thread ------------------------------------------------------------------------------------

    def show(self, person: str) -> None:
        """Another person, or an attacker (`vision.synthetic.attacks`). Raises ValueError for an unknown name."""
        shown, attack = person_or_attack(person)
        with self._lock:
            self._person = shown
            self._attacker = Attacker(attack, shown, self._seed) if attack else None

    def leave(self) -> None:
        """Nobody stands there."""
        with self._lock:
            self._person = None

    def cover(self, covered: bool = True) -> None:
        with self._lock:
            self._covered = covered

    def fail(self) -> None:
        with self._lock:
            self._failed = True

    def recover(self) -> None:
        with self._lock:
            self._failed = False

    def prompt(self, guidance: Guidance) -> None:
        """The person reads the screen."""
        with self._lock:
            self._attention.hear(guidance, self._number / self._fps)

    # --- FrameSource ----------------------------------------------------------------------------------------

    def open(self) -> CameraLost | None:
        if self._failed:
            return CameraLost(f"{self.name}: unplugged")
        self._began, self._first = time.monotonic(), self._number
        return None

    def read(self) -> Frame | CameraLost:
        taken_at = self._advance()
        if isinstance(taken_at, CameraLost):
            return taken_at
        with self._lock:
            person, attacker, covered = self._person, self._attacker, self._covered
        picture = self._picture(person, attacker, covered, self._number / self._fps)
        frame = frame_of(picture, number=self._number, taken_at=taken_at)
        assert not isinstance(frame, FrameProblem)
        return frame

    def skip(self) -> CameraLost | None:
        """Nothing is drawn; the person moves on."""
        passed = self._advance()
        return passed if isinstance(passed, CameraLost) else None

    def _advance(self) -> float | CameraLost:
        """When the next frame is taken: waits for it."""
        with self._lock:
            if self._failed:
                return CameraLost(f"{self.name}: unplugged")
        self._number += 1
        taken_at = self._number / self._fps
        if self._realtime:
            taken_at = self._began + (self._number - self._first) / self._fps
            late = time.monotonic() - taken_at
            if late > 1:  # nobody read for a while: a camera does not catch up
                self._began += late
            time.sleep(max(0.0, -late))
        return taken_at

    def close(self) -> None:
        """Nothing is held."""

    def _picture(self, person: Person | None, attacker: Attacker | None, covered: bool, seconds: float) -> Image:
        if covered:
            picture = np.zeros((480, 640, 3), np.uint8)
        elif person is None:
            picture = empty_room(Light())
        elif attacker is not None:
            picture = attacker.frame(seconds, self._turned(seconds))
        else:
            pose = pose_at(seconds, self._seed)
            picture = compose(person, replace(pose, yaw=pose.yaw + self._turned(seconds)))
        rolled = np.roll(self._noise[self._number % _NOISE_FRAMES], self._number * 37, axis=1)
        return np.asarray(np.clip(picture.astype(np.int16) + rolled, 0, 255), np.uint8)

    def _turned(self, seconds: float) -> float:
        with self._lock:
            return self._attention.turned(seconds)
