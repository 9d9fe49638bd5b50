"""Frame source for the browser's camera, for WSL, a Mac, or a browser on a computer with a better camera.

The page sends JPEGs while the source is open. The newest one is stored in memory and deleted on `close`.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vision.sources.protocol import SourceKind

if TYPE_CHECKING:
    from vision.frame import Frame
    from vision.verdict import CameraLost

BROWSER = "browser"
"""Value of `--camera` that selects this source."""
MAX_JPEG_SIZE = 400_000
_MAX_WAIT = 1.0


class BrowserSource:
    """Frame source for images from the page.

    Calls `on_request(True)` to request pictures and `on_request(False)` to stop the page's camera.
    """

    name = "browser camera"

    def __init__(self) -> None:
        self.on_request: Callable[[bool], None] = lambda _on: None
        self._jpeg: bytes | None = None
        self._new = threading.Condition()
        self._number = 0

    def put(self, jpeg: bytes) -> None:
        """Store the newest picture from the page. Ignores pictures larger than `MAX_JPEG_SIZE`."""
        with self._new:
            if len(jpeg) <= MAX_JPEG_SIZE:
                self._jpeg = jpeg
                self._new.notify_all()

    @property
    def kind(self) -> SourceKind:
        """Always `VIRTUAL`, because the page's camera is unknown."""
        return SourceKind.VIRTUAL

    def open(self) -> "CameraLost | None":
        self.on_request(True)
        return None

    def read(self) -> "Frame | CameraLost":
        import cv2
        import numpy as np

        from vision.frame import Frame, to_frame
        from vision.verdict import CameraLost

        until = time.monotonic() + 10 * _MAX_WAIT
        while time.monotonic() < until:
            with self._new:
                self._new.wait_for(lambda: self._jpeg is not None, _MAX_WAIT)
                jpeg, self._jpeg = self._jpeg, None
            if jpeg is None:
                continue
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            if picture is None:
                continue
            self._number += 1
            frame = to_frame(np.asarray(picture), number=self._number, taken_at=time.monotonic(), order="BGR")
            if isinstance(frame, Frame):
                return frame
        return CameraLost(f"{self.name}: no image received from the page")

    def close(self) -> None:
        with self._new:
            self._jpeg = None
        self.on_request(False)
