"""Reading the code printed on a card with a camera, which is open only during the scan."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from vision.printed.card_guidance import CardGuidance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vision.camera import Camera
    from vision.printed.fields import PrintedFields
    from vision.printed.reader import PrintedReader
    from vision.printed.recogniser import Recogniser

log = logging.getLogger(__name__)

SCAN_SECONDS = 25.0
"""After this time the code has to be typed."""


class CardCamera:
    """Camera that reads printed codes: the face camera, with the card held to it, or one above the reader."""

    def __init__(self, camera: "Camera", *, own: bool = False, seconds: float = SCAN_SECONDS) -> None:
        """`own`: a separate camera, not the face camera, which is started and stopped here."""
        self.camera = camera
        self._own = own
        self._seconds = seconds
        self._recogniser: Recogniser | None = None

    @property
    def over_reader(self) -> bool:
        """Whether the camera sees the card on the reader."""
        return self._own

    def start(self) -> None:
        if self._own:
            self.camera.start()

    def close(self) -> None:
        if self._own:
            self.camera.stop()

    def warm_up(self) -> None:
        """Load the text recogniser, which takes half a second. Raises NoRecogniser."""
        from vision.printed.model import recogniser_path
        from vision.printed.recogniser import Recogniser

        if self._recogniser is None:
            self._recogniser = Recogniser(recogniser_path())

    def read(
        self, wanted: date | None, guided: Callable[[CardGuidance], None], stop: threading.Event
    ) -> "PrintedFields":
        """Block until two frames agree on a complete code, `stop` is set or the time is up.

        `wanted` restricts the scan to a front with this expiry date; None accepts any. Returns the fields that the
        frames agree on, possibly incomplete. The caller must wipe them.
        """
        from vision.frame import Frame
        from vision.printed.fields import PrintedFields

        try:
            self.warm_up()
        except Exception as error:
            log.warning("printed code: %s", error)
            return PrintedFields()
        until = time.monotonic() + self._seconds
        shown: CardGuidance | None = None
        number = -1
        with self._reader() as reader, self.camera.look() as camera:
            while not stop.is_set() and time.monotonic() < until:
                frame = camera.after(number, 0.2)
                if not isinstance(frame, Frame):
                    if frame is not None:
                        break
                    continue
                number = frame.number
                look = reader.see(frame.rgb)
                if look.guidance is not shown:
                    shown = look.guidance
                    guided(shown)
                reading = reader.reading()
                if reading.complete and wanted in (None, reading.expiry):
                    return reading
                reading.wipe()
            reading = reader.reading()
            if wanted is not None and reading.expiry != wanted:
                # another card, or an unreadable expiry date: do not use any part of the code
                reading.wipe()
            return reading

    @contextmanager
    def _reader(self) -> "Iterator[PrintedReader]":
        from vision.printed.look import look_at
        from vision.printed.reader import PrintedReader

        recogniser = self._recogniser
        assert recogniser is not None
        reader = PrintedReader(lambda rgb: look_at(rgb, recogniser))
        try:
            yield reader
        finally:
            reader.wipe()
