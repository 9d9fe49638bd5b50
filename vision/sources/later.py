"""Frame source that is created on first use, so that its imports do not delay the start of the terminal."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from vision.sources.protocol import FrameSource, Locatable, Prompted, Skipping, SourceKind
from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame


SourceT = TypeVar("SourceT", bound=FrameSource)


class LaterSource(Generic[SourceT]):
    """Drawn `FrameSource` created by `make` on first use. `make` must not raise.

    It is first used by the camera thread, so that imports delay neither the caller nor the first screen.
    """

    kind = SourceKind.DRAWN

    def __init__(self, name: str, make: Callable[[], SourceT]) -> None:
        """`name`: name of the source."""
        self.name = name
        self._make = make
        self._making = Lock()
        self._made: SourceT | None = None

    @property
    def source(self) -> SourceT:
        """The source, created if necessary."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def absent(self) -> CameraLost | None:
        source: FrameSource = self.source
        return source.absent() if isinstance(source, Locatable) else None

    def open(self) -> CameraLost | None:
        return self.source.open()

    def read(self) -> "Frame | CameraLost":
        return self.source.read()

    def skip(self) -> CameraLost | None:
        source: FrameSource = self.source
        passed = source.skip() if isinstance(source, Skipping) else source.read()
        return passed if isinstance(passed, CameraLost) else None

    def prompt(self, guidance: Guidance) -> None:
        source: FrameSource = self.source
        if isinstance(source, Prompted):
            source.prompt(guidance)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
