"""Encode live camera pictures as JPEG while a page shows them. Pictures are never stored."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from terminal.front.assembled import LiveFrames

WIDTH, HEIGHT = 640, 480
JPEG_QUALITY = 75
MIN_INTERVAL = 1 / 32
"""Minimum interval in seconds. Frames from a faster camera are skipped."""


class Preview:
    """Live preview. `run` starts and stops a thread that calls `on_picture` with JPEG data."""

    def __init__(self, camera: "LiveFrames", on_picture: Callable[[bytes], None], *, opens: bool = False) -> None:
        """If `opens`, the preview opens the camera. Otherwise it only shows frames captured for a face check."""
        self._camera, self._on_picture, self._opens = camera, on_picture, opens
        self._stop: threading.Event | None = None

    def run(self, running: bool) -> None:
        if running and self._stop is None:
            self._stop = threading.Event()
            threading.Thread(target=self._show, args=(self._stop,), name="preview", daemon=True).start()
        elif not running and self._stop is not None:
            self._stop.set()
            self._stop = None

    def _show(self, stop: threading.Event) -> None:
        with self._camera.held_open() if self._opens else nullcontext():
            self._show_frames(stop)

    def _show_frames(self, stop: threading.Event) -> None:
        number = -1
        while not stop.is_set():
            frame = self._camera.after(number, 0.2)
            rgb = getattr(frame, "rgb", None)
            if rgb is None:
                stop.wait(0.05)  # camera lost or no frame available
                continue
            number = frame.number
            jpeg = jpeg_of(rgb)
            if not stop.is_set():
                self._on_picture(jpeg)
            stop.wait(MIN_INTERVAL / 2)


def jpeg_of(rgb: "NDArray[np.uint8]") -> bytes:
    """Crop the centre of an RGB picture to 4:3, scale it to a width of at most 640, and encode it as JPEG."""
    import cv2

    height, width = rgb.shape[:2]
    crop_width, crop_height = min(width, height * WIDTH // HEIGHT), min(height, width * HEIGHT // WIDTH)
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    middle: Any = rgb[top : top + crop_height, left : left + crop_width]
    if crop_width > WIDTH:
        middle = cv2.resize(middle, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    encoded, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(middle, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not encoded:
        raise ValueError("cannot encode a camera picture as JPEG")
    return jpeg.tobytes()
