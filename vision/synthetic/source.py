"""Simulated camera with a synthetic patient who follows instructions."""

import threading
import time

import numpy as np
from numpy.typing import NDArray

from vision.frame import Frame, FrameProblem, to_frame
from vision.sources.protocol import SourceKind
from vision.synthetic.attention import Attention
from vision.synthetic.conditions import noise_for
from vision.synthetic.drawing import Light
from vision.synthetic.scene import empty_room
from vision.synthetic.subject import Drawing, Subject
from vision.verdict import CameraLost, Guidance

_NOISE_FRAMES = 8


class SyntheticSource:
    """Frame source with a moving subject. Its methods simulate faults and changes in front of the camera."""

    def __init__(self, subject: str, *, fps: float = 25.0, realtime: bool = True, seed: int = 0) -> None:
        """`subject`: see `vision.synthetic.subject`. Raises ValueError for an unknown subject.

        `realtime`: run at `fps`; otherwise each read advances the source's clock by one frame.
        """
        self._lock = threading.Lock()
        self._seed = seed
        self._draw: Drawing | None = None
        self._noise: NDArray[np.float32] | None = None
        self._frame_noise: NDArray[np.int16] | None = None
        """Noise for the current conditions, generated with the first frame."""
        self.show(subject)
        self._fps = fps
        self._realtime = realtime
        self._covered = False
        self._failed = False
        self._attention = Attention()
        self._number = 0
        self._opened_at = 0.0
        self._first = 0

    @property
    def name(self) -> str:
        return "synthetic camera"

    @property
    def kind(self) -> SourceKind:
        return SourceKind.SYNTHETIC

    # --- thread-safe methods --------------------------------------------------------------------------------

    def show(self, name: str) -> None:
        """Replace the subject. Raises ValueError for an unknown name."""
        subject = Subject.parse(name)
        drawing, strength = subject.renderer(self._seed), noise_for(subject.conditions)
        with self._lock:
            self._draw, self._strength, self._frame_noise = drawing, strength, None

    def leave(self) -> None:
        """Show an empty room."""
        with self._lock:
            self._draw = None

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
        """Show the instruction to the person."""
        with self._lock:
            self._attention.instruct(guidance, self._number / self._fps)

    # --- FrameSource ----------------------------------------------------------------------------------------

    def absent(self) -> CameraLost | None:
        return CameraLost(f"{self.name}: unplugged") if self._failed else None

    def open(self) -> CameraLost | None:
        if self._failed:
            return self.absent()
        self._opened_at, self._first = time.monotonic(), self._number
        return None

    def read(self) -> Frame | CameraLost:
        taken_at = self._advance()
        if isinstance(taken_at, CameraLost):
            return taken_at
        with self._lock:
            draw, covered, noise = self._draw, self._covered, self._scaled_noise()
            turned = self._attention.turned(self._number / self._fps)
        if covered:
            image = np.zeros((480, 640, 3), np.uint8)
        else:
            image = draw(self._number / self._fps, turned) if draw else empty_room(Light())
        rolled = np.roll(noise[self._number % _NOISE_FRAMES], self._number * 37, axis=1)
        image = np.asarray(np.clip(image.astype(np.int16) + rolled, 0, 255), np.uint8)
        frame = to_frame(image, number=self._number, taken_at=taken_at)
        assert not isinstance(frame, FrameProblem)
        return frame

    def _scaled_noise(self) -> NDArray[np.int16]:
        if self._noise is None:
            noise = np.random.default_rng(self._seed).normal(0, 1, (_NOISE_FRAMES, 480, 640, 1))
            self._noise = noise.astype(np.float32)
        if self._frame_noise is None:
            self._frame_noise = (self._noise * self._strength).astype(np.int16)
        return self._frame_noise

    def skip(self) -> CameraLost | None:
        """Skip a frame without rendering it."""
        result = self._advance()
        return result if isinstance(result, CameraLost) else None

    def _advance(self) -> float | CameraLost:
        """Advance to the next frame, waiting if necessary, and return its time."""
        with self._lock:
            if self._failed:
                return CameraLost(f"{self.name}: unplugged")
        self._number += 1
        taken_at = self._number / self._fps
        if self._realtime:
            taken_at = self._opened_at + (self._number - self._first) / self._fps
            late = time.monotonic() - taken_at
            if late > 1:  # the source was not read for a while: do not catch up, like a camera
                self._opened_at += late
            time.sleep(max(0.0, -late))
        return taken_at

    def close(self) -> None:
        """Do nothing."""
