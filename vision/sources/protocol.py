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
    SYNTHETIC = "synthetic people"


class FrameSource(Protocol):
    """Camera driver, file or simulator. Used from one thread."""

    @property
    def name(self) -> str:
        """Name for messages."""

    @property
    def kind(self) -> SourceKind: ...

    def open(self) -> CameraLost | None: ...

    def read(self) -> "Frame | CameraLost":
        """Block until the next frame and return it. After `CameraLost`, reopen the source."""

    def close(self) -> None:
        """Close the source. Idempotent; does not raise."""


@runtime_checkable
class Skippable(Protocol):
    """Source that can skip frames without decoding them."""

    def skip(self) -> CameraLost | None:
        """Drop the next frame. Blocks like `read`, so that the frame after it is current."""


@runtime_checkable
class Locatable(Protocol):
    """Source that can be checked for presence without opening it."""

    def absent(self) -> CameraLost | None:
        """Return the loss if the source is known to be missing."""


@runtime_checkable
class FormatReporting(Protocol):
    """Source whose frame size and format may differ from the request."""

    def actual_format(self) -> str:
        """Return a description such as `640x480, MJPG, 30 frames per second`; empty if closed."""


@runtime_checkable
class Promptable(Protocol):
    """Source that simulates a person who may follow the instructions on the screen."""

    def prompt(self, guidance: Guidance) -> None:
        """Show an instruction to the person. Thread-safe."""
