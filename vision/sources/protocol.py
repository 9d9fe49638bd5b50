"""Sources of frames, each selected by a name: a webcam, a video file, a sequence of pictures, a synthetic patient."""

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame


class SourceKind(StrEnum):
    """What stands behind the frames. Anything but a camera can show whatever someone puts there."""

    CAMERA = "a camera"
    VIRTUAL = "a virtual camera"
    FILE = "a video file"
    DRAWN = "drawn persons"


class FrameSource(Protocol):
    """Drivers and simulators alike. Used from one thread."""

    @property
    def name(self) -> str:
        """What the user called it; named in every message."""

    @property
    def kind(self) -> SourceKind: ...

    def open(self) -> CameraLost | None: ...

    def read(self) -> "Frame | CameraLost":
        """The next frame; blocks until there is one. Lost means: open again."""

    def close(self) -> None:
        """May be called twice; never raises."""


@runtime_checkable
class Skipping(Protocol):
    """A source that can let frames pass without the cost of decoding or drawing them."""

    def skip(self) -> CameraLost | None:
        """Take the next frame and drop it; blocks as `read` does, so that the one after it is fresh."""


@runtime_checkable
class Locatable(Protocol):
    """A source that knows whether it is there without opening it."""

    def absent(self) -> CameraLost | None:
        """Return None if it is there, as far as that is known."""


@runtime_checkable
class Granting(Protocol):
    """A source that was asked for a size and format and may have granted another."""

    def granted(self) -> str:
        """Such as `640x480, MJPG, 30 frames a second`; empty while it is closed."""


@runtime_checkable
class Prompted(Protocol):
    """A source that shows a person who reads the screen and may do what it says."""

    def prompt(self, guidance: Guidance) -> None:
        """From any thread."""
