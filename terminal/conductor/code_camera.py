"""Read the code printed on a card with a camera."""

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
    from vision.printed.agreeing_frames import AgreeingFrames
    from vision.printed.fields import PrintedFields
    from vision.printed.recogniser import Recogniser

log = logging.getLogger(__name__)

SCAN_SECONDS = 25.0
"""Time limit for a scan in seconds. After that, the patient types the code."""


class CodeCamera:
    """Reads printed codes with the face camera or with a camera above the reader."""

    def __init__(self, camera: "Camera", *, is_separate: bool = False, seconds: float = SCAN_SECONDS) -> None:
        """`is_separate`: a camera that only reads codes. Unlike the face camera, it is started and stopped here."""
        self.camera = camera
        self._is_separate = is_separate
        self._seconds = seconds
        self._recogniser: Recogniser | None = None

    @property
    def over_reader(self) -> bool:
        """Whether the camera is mounted above the reader."""
        return self._is_separate

    def start(self) -> None:
        if self._is_separate:
            self.camera.start()

    def close(self) -> None:
        if self._is_separate:
            self.camera.stop()

    def warm_up(self) -> None:
        """Load the text recogniser, which takes half a second. Raises NoRecogniser."""
        from vision.printed.model import recogniser_path
        from vision.printed.recogniser import Recogniser

        if self._recogniser is None:
            self._recogniser = Recogniser(recogniser_path())

    def read(
        self, expiry: date | None, on_guidance: Callable[[CardGuidance], None], stop: threading.Event
    ) -> "PrintedFields":
        """Block until two frames agree on a complete code, `stop` is set or the time limit is reached.

        If `expiry` is given, accept only a card front with this expiry date. Call `on_guidance` when the guidance
        changes. Return the fields that the frames agree on, possibly incomplete. The caller must wipe them.
        """
        from vision.frame import Frame
        from vision.printed.fields import PrintedFields

        try:
            self.warm_up()
        except Exception as error:
            log.warning("cannot read the printed code by camera: %s", error)
            return PrintedFields()
        deadline = time.monotonic() + self._seconds
        guidance: CardGuidance | None = None
        number = -1
        with self._agreeing_frames() as frames, self.camera.held_open() as camera:
            while not stop.is_set() and time.monotonic() < deadline:
                frame = camera.after(number, 0.2)
                if not isinstance(frame, Frame):
                    if frame is not None:
                        break
                    continue
                number = frame.number
                front = frames.add(frame.rgb)
                if front.guidance is not guidance:
                    guidance = front.guidance
                    on_guidance(guidance)
                reading = frames.agreed_fields()
                if reading.complete and expiry in (None, reading.expiry):
                    return reading
                reading.wipe()
            reading = frames.agreed_fields()
            if expiry is not None and reading.expiry != expiry:
                # a different card or an unreadable expiry date
                reading.wipe()
            return reading

    @contextmanager
    def _agreeing_frames(self) -> "Iterator[AgreeingFrames]":
        from vision.printed.agreeing_frames import AgreeingFrames
        from vision.printed.front import read_front

        recogniser = self._recogniser
        assert recogniser is not None
        frames = AgreeingFrames(lambda rgb: read_front(rgb, recogniser))
        try:
            yield frames
        finally:
            frames.wipe()
