"""Read a source frame by frame, without dropping frames or waiting, for reproducible results."""

from vision.frame import Frame
from vision.sources.protocol import FrameSource, Promptable
from vision.verdict import CameraLost, Guidance


class FrameByFrame:
    """Replacement for `vision.camera.Camera`. The source must not run in real time."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._taken_at = 0.0

    @property
    def name(self) -> str:
        return self._source.name

    def clock(self) -> float:
        """Return the time of the last frame in seconds. Use it as the clock of `check_face`."""
        return self._taken_at

    def after(self, number: int, timeout: float) -> Frame | CameraLost | None:
        frame = self._source.read()
        if isinstance(frame, Frame):
            self._taken_at = frame.taken_at
        return frame

    def prompt(self, guidance: Guidance) -> None:
        if isinstance(self._source, Promptable):
            self._source.prompt(guidance)
