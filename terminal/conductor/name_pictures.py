"""Show staff the image of the name on the card for a few minutes if the name in a result contains ●.

Optionally, the image is also written as a PNG to a separate folder under the result's stem. It is deleted with the
result or after a day.
"""

import asyncio
import io
import logging
import time
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from config.files import write_atomically
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.conductor.wiped_patient_data import Patient

log = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
FILE_SECONDS = 24 * 3600.0
WRITE_TIMEOUT = 3.0
"""Maximum seconds a result waits for the picture folder."""
_MAX_PIXELS = 1_000_000


@dataclass
class _StoredPicture:
    png: bytearray
    timer: asyncio.TimerHandle


class NamePictures:
    """Holds the pictures in memory. Runs on the event loop.

    `folder` is the folder for PNG files, or None. `results` is the folder of the result files.
    """

    def __init__(self, folder: Path | None, results: Path, kept_seconds: float = KEPT_SECONDS) -> None:
        self._folder, self._results, self._kept_seconds = folder, results, kept_seconds
        self._kept: dict[str, _StoredPicture] = {}
        self.unreadable: dict[str, str] = {}
        """Picture status by reception: `kept`, `closed`, or `none` if the card has no usable picture."""

    async def store(self, reception: str, stem: str, patient: Patient | None) -> None:
        """Store the picture. `patient` is None if the reception has ended."""
        if reception in self.unreadable:
            return
        record = patient.record if patient is not None and patient.genuine else None
        png = bytearray() if record is None else await asyncio.to_thread(_one_bit, record.name_image)
        if not png:
            self.unreadable[reception] = "none"
            return
        timer = asyncio.get_running_loop().call_later(self._kept_seconds, self.close, reception)
        self._kept[reception] = _StoredPicture(png, timer)
        self.unreadable[reception] = "kept"
        if self._folder is not None:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT):
                    await asyncio.to_thread(write_atomically, self._folder / f"{stem}.png", bytes(png))
            except (OSError, TimeoutError) as error:
                log.error("cannot write name picture: %s", type(error).__name__)

    def picture(self, reception: str) -> memoryview | None:
        stored = self._kept.get(reception)
        return None if stored is None else memoryview(stored.png)

    def close(self, reception: str) -> None:
        """Overwrite the picture after staff have read it or its time limit is reached."""
        stored = self._kept.pop(reception, None)
        if stored is not None:
            stored.timer.cancel()
            wipe_buffer(stored.png)
            self.unreadable[reception] = "closed"

    def close_all(self) -> None:
        for reception in list(self._kept):
            self.close(reception)

    def clean(self, waiting: Container[str]) -> None:
        """Delete picture files that are a day old or whose result file has been picked up. Blocks.

        `waiting` contains the stems of results that have not been handed over.
        """
        if self._folder is None or not self._folder.is_dir():
            return
        for file in self._folder.glob("OQSsiquc01res_face_*.png"):
            try:
                old = time.time() - file.stat().st_mtime > FILE_SECONDS
                if old or (file.stem not in waiting and not (self._results / f"{file.stem}.xml").exists()):
                    file.unlink()
            except OSError as error:
                log.error("cannot delete name picture: %s", error.strerror)


def _one_bit(image: bytearray) -> bytearray:
    """Re-encode the card's PNG with one bit per pixel. Return an empty buffer if it cannot be read."""
    from PIL import Image

    written = io.BytesIO()
    try:
        with Image.open(io.BytesIO(image), formats=["PNG"]) as read:
            if read.width * read.height > _MAX_PIXELS:
                return bytearray()
            read.convert("L").point(lambda value: 255 if value > 127 else 0).convert("1").save(written, "PNG")
    except (OSError, ValueError, SyntaxError):
        log.warning("cannot read name picture")
        return bytearray()
    png = bytearray(written.getbuffer())
    with written.getbuffer() as buffer:
        buffer[:] = bytes(len(buffer))
    return png
