"""Frame source created on first use, so that its imports do not delay the start of the terminal."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from vision.sources.protocol import FrameSource, Locatable, Promptable, Skippable, SourceKind
from vision.verdict import CameraLost, Guidance

if TYPE_CHECKING:
    from vision.frame import Frame


SourceT = TypeVar("SourceT", bound=FrameSource)


class LazySource(Generic[SourceT]):
    """Synthetic `FrameSource`, created by `make` on first use, on the camera thread."""

    kind = SourceKind.SYNTHETIC

    def __init__(self, name: str, make: Callable[[], SourceT]) -> None:
        """`make`: creates the source. Must not raise."""
        self.name = name
        self._make = make
        self._lock = Lock()
        self._source: SourceT | None = None

    @property
    def source(self) -> SourceT:
        """The source, created if needed."""
        with self._lock:
            if self._source is None:
                self._source = self._make()
            return self._source

    def absent(self) -> CameraLost | None:
        source: FrameSource = self.source
        return source.absent() if isinstance(source, Locatable) else None

    def open(self) -> CameraLost | None:
        return self.source.open()

    def read(self) -> "Frame | CameraLost":
        return self.source.read()

    def skip(self) -> CameraLost | None:
        source: FrameSource = self.source
        result = source.skip() if isinstance(source, Skippable) else source.read()
        return result if isinstance(result, CameraLost) else None

    def prompt(self, guidance: Guidance) -> None:
        source: FrameSource = self.source
        if isinstance(source, Promptable):
            source.prompt(guidance)

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
