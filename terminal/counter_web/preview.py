"""Encode live camera frames as JPEG while a page shows them. Frames are never stored."""

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
    """Live preview. `run` starts and stops a thread that calls `on_frame` with JPEG data."""

    def __init__(self, camera: "LiveFrames", on_frame: Callable[[bytes], None], *, opens_camera: bool = False) -> None:
        """If `opens_camera`, the preview opens the camera. Otherwise it only shows frames captured for a face check."""
        self._camera, self._on_frame, self._opens_camera = camera, on_frame, opens_camera
        self._stop: threading.Event | None = None

    def run(self, running: bool) -> None:
        if running and self._stop is None:
            self._stop = threading.Event()
            threading.Thread(target=self._capture, args=(self._stop,), name="preview", daemon=True).start()
        elif not running and self._stop is not None:
            self._stop.set()
            self._stop = None

    def _capture(self, stop: threading.Event) -> None:
        with self._camera.held_open() if self._opens_camera else nullcontext():
            self._encode_frames(stop)

    def _encode_frames(self, stop: threading.Event) -> None:
        number = -1
        while not stop.is_set():
            frame = self._camera.after(number, 0.2)
            rgb = getattr(frame, "rgb", None)
            if rgb is None:
                stop.wait(0.05)  # camera lost or no frame available
                continue
            number = frame.number
            jpeg = encode_jpeg(rgb)
            if not stop.is_set():
                self._on_frame(jpeg)
            stop.wait(MIN_INTERVAL / 2)


def encode_jpeg(rgb: "NDArray[np.uint8]") -> bytes:
    """Crop an RGB frame to the central 4:3 area, scale it to a width of at most 640, and encode it as JPEG."""
    import cv2

    height, width = rgb.shape[:2]
    crop_width, crop_height = min(width, height * WIDTH // HEIGHT), min(height, width * HEIGHT // WIDTH)
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    cropped: Any = rgb[top : top + crop_height, left : left + crop_width]
    if crop_width > WIDTH:
        cropped = cv2.resize(cropped, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    encoded, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(cropped, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not encoded:
        raise ValueError("cannot encode a camera frame as JPEG")
    return jpeg.tobytes()
