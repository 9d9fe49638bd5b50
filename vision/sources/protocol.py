"""Interfaces of frame sources: webcams, video files, image sequences and synthetic patients."""

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame


class SourceKind(StrEnum):
    """Origin of the frames. All except a real camera can show arbitrary images."""

    CAMERA = "a camera"
    VIRTUAL = "a virtual camera"
    FILE = "a video file"
    DRAWN = "drawn people"


class FrameSource(Protocol):
    """Frame source, a driver or a simulator. Used from one thread."""

    @property
    def name(self) -> str:
        """Name used in messages, as specified by the user."""

    @property
    def kind(self) -> SourceKind: ...

    def open(self) -> CameraLost | None: ...

    def read(self) -> "Frame | CameraLost":
        """Return the next frame, blocking until there is one. After `CameraLost`, the source must be reopened."""

    def close(self) -> None:
        """Close the source. May be called twice and never raises."""


@runtime_checkable
class Skipping(Protocol):
    """Source that can skip frames without decoding or drawing them."""

    def skip(self) -> CameraLost | None:
        """Drop the next frame. Blocks like `read`, so that the following frame is current."""


@runtime_checkable
class Locatable(Protocol):
    """Source whose presence can be checked without opening it."""

    def absent(self) -> CameraLost | None:
        """Return None if it is present, as far as known."""


@runtime_checkable
class Granting(Protocol):
    """Source that may use another size and format than requested."""

    def granted(self) -> str:
        """Return a description such as `640x480, MJPG, 30 frames per second`; empty if closed."""


@runtime_checkable
class Prompted(Protocol):
    """Source that simulates a person who may follow the instructions on the screen."""

    def prompt(self, guidance: Guidance) -> None:
        """Show an instruction to the person. May be called from any thread."""
