"""The live picture: the camera's newest frame as JPEG, only while a page shows it, and never stored."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from terminal.front.opened import LiveFrames

WIDTH, HEIGHT = 640, 480
JPEG_QUALITY = 75
MIN_INTERVAL = 1 / 32
"""Minimum interval; frames from a faster camera are skipped."""


class Preview:
    """`run(True)` starts a thread, `run(False)` ends it. `on_picture` is called in that thread."""

    def __init__(self, camera: "LiveFrames", on_picture: Callable[[bytes], None], *, opens: bool = False) -> None:
        """`opens`: open the camera for the preview; otherwise only frames captured for a face check are shown."""
        self._camera, self._on_picture, self._opens = camera, on_picture, opens
        self._ended: threading.Event | None = None

    def run(self, running: bool) -> None:
        if running and self._ended is None:
            self._ended = threading.Event()
            threading.Thread(target=self._show, args=(self._ended,), name="preview", daemon=True).start()
        elif not running and self._ended is not None:
            self._ended.set()
            self._ended = None

    def _show(self, ended: threading.Event) -> None:
        with self._camera.look() if self._opens else nullcontext():
            self._show_frames(ended)

    def _show_frames(self, ended: threading.Event) -> None:
        number = -1
        while not ended.is_set():
            frame = self._camera.after(number, 0.2)
            rgb = getattr(frame, "rgb", None)
            if rgb is None:
                ended.wait(0.05)  # camera lost, or no frame yet
                continue
            number = frame.number
            jpeg = jpeg_of(rgb)
            if not ended.is_set():
                self._on_picture(jpeg)
            ended.wait(MIN_INTERVAL / 2)


def jpeg_of(rgb: "NDArray[np.uint8]") -> bytes:
    """Return the middle of an RGB picture as JPEG, cropped to 4:3 and at most 640 pixels wide."""
    import cv2

    height, width = rgb.shape[:2]
    keep_width, keep_height = min(width, height * WIDTH // HEIGHT), min(height, width * HEIGHT // WIDTH)
    left, top = (width - keep_width) // 2, (height - keep_height) // 2
    middle: Any = rgb[top : top + keep_height, left : left + keep_width]
    if keep_width > WIDTH:
        middle = cv2.resize(middle, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    written, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(middle, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not written:
        raise ValueError("a camera picture could not be encoded")
    return jpeg.tobytes()
