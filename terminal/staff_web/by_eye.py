"""Card photo and live image for the comparison by staff. They are only available during the comparison."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from terminal.counter_web.preview import Preview
from terminal.front.assembled import LiveFrames
from terminal.front.counter import Counter
from terminal.session.states import StaffCheck, State
from terminal.staff_web.site import Visitor

log = logging.getLogger(__name__)


class EyeCheck:
    """Images for the current comparison. `viewers` returns the pages that may see them. Use on the event loop only."""

    def __init__(self, counter: Counter, camera: LiveFrames | None, viewers: Callable[[], list[Visitor]]) -> None:
        self._counter, self._viewers = counter, viewers
        self._preview = None if camera is None else Preview(camera, self._on_frame, opens_camera=True)
        self._loop = asyncio.get_running_loop()
        self._photo: Any = None
        """JPEG of the card photo, in a writable array."""
        self._comparing = False

    def update(self, state: State) -> None:
        """Update the images. Call this for every state, and when a page connects or disconnects."""
        self._comparing = isinstance(state, StaffCheck) and state.has_photo
        if not self._comparing:
            self._wipe()
        if self._preview is not None:
            self._preview.run(self._comparing and bool(self._viewers()))
        if not self._comparing:
            for visitor in self._viewers():
                visitor.connection.drop_frames()

    def end(self) -> None:
        self._comparing = False
        if self._preview is not None:
            self._preview.run(False)
        self._wipe()

    def photo(self) -> memoryview | None:
        """Return the card photo as JPEG, or None. The buffer is overwritten at the end of the comparison."""
        patient = self._counter.patient
        record = patient.record if patient is not None else None
        if not self._comparing or record is None or record.photo_jp2 is None:
            return None
        if self._photo is None:
            self._photo = _encode_photo(record.photo_jp2)
        return None if self._photo is None else memoryview(self._photo)

    def _on_frame(self, jpeg: bytes) -> None:
        """Forward a frame. Called in the camera thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, jpeg)

    def _send(self, jpeg: bytes) -> None:
        if self._comparing:
            for visitor in self._viewers():
                visitor.connection.send_frame(jpeg)

    def _wipe(self) -> None:
        photo, self._photo = self._photo, None
        if photo is not None:
            photo.fill(0)


def _encode_photo(jp2: bytearray) -> Any:
    """Return the photo as a byte array, which the caller must overwrite, or None if it cannot be decoded."""
    import cv2

    from vision.photo import PhotoProblem, decode_photo

    grey = decode_photo(jp2)
    if isinstance(grey, PhotoProblem):
        log.warning("cannot show card photo: %s", grey)
        return None
    encoded, jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 92])
    if grey.flags.writeable:
        grey.fill(0)
    return jpeg.reshape(-1) if encoded else None
