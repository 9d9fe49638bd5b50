"""What stands before the demo's camera: a synthetic patient, or a video file - and the portraits for the cards."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from terminal.assembly import NotReady
from terminal.personas.persona import Persona

if TYPE_CHECKING:
    from vision.engine import FaceEngine
    from vision.latest import Camera


class Stage(Protocol):
    @property
    def camera(self) -> "Camera": ...

    def engine(self) -> "FaceEngine": ...

    def portrait(self, persona: Persona) -> bytes:
        """The JPEG 2000 photo for that persona's card."""

    def show(self, persona: Persona) -> None:
        """Put whoever that persona meets before the camera."""


class SyntheticStage:
    """A drawn patient before a synthetic camera."""

    def __init__(self, cache: Path | None = None) -> None:
        from vision.latest import Camera
        from vision.synthetic.source import SyntheticSource

        self._cache = cache

        self.source: SyntheticSource = SyntheticSource("hana")
        self.camera: Camera = Camera(self.source)

    def engine(self) -> "FaceEngine":
        return make_engine(self._cache)

    def portrait(self, persona: Persona) -> bytes:
        from vision.synthetic.portrait import card_portrait

        return card_portrait(persona.face)

    def show(self, persona: Persona) -> None:
        self.source.show(persona.before_camera)


class ClipStage:
    """A video file instead. Its person is on the cards, except where somebody else must be before the camera."""

    def __init__(self, clip: str, cache: Path | None = None) -> None:
        from vision.latest import Camera
        from vision.opencv_source import OpenCvSource

        self._clip, self._cache = clip, cache
        self._loaded: FaceEngine | None = None
        self._own: bytes | None = None
        self.camera: Camera = Camera(OpenCvSource(clip, loop=True))

    def engine(self) -> "FaceEngine":
        self._loaded = self._loaded or make_engine(self._cache)
        return self._loaded

    def portrait(self, persona: Persona) -> bytes:
        if persona.live_face:
            from vision.synthetic.portrait import card_portrait

            return card_portrait(persona.face)
        if self._own is None:
            self._own = portrait_from_clip(self._clip, self.engine())
        return self._own

    def show(self, persona: Persona) -> None:
        """The clip shows whom it shows."""


def open_stage(clip: str | None, cache: Path | None = None) -> Stage:
    """`cache`: where the face engine keeps what it builds; by default the user's own cache folder."""
    return SyntheticStage(cache) if clip is None else ClipStage(clip, cache)


def make_engine(cache: Path | None = None) -> "FaceEngine":
    from vision.engines import open_engine, user_cache

    return open_engine(cache or user_cache())


def portrait_from_clip(clip: str, engine: "FaceEngine") -> bytes:
    """A card photo cut from the first frame that shows one face well. Raises `NotReady` where none does."""
    from vision.guidance import guide
    from vision.opencv_source import OpenCvSource
    from vision.portrait import card_photo_from
    from vision.verdict import CameraLost

    source = OpenCvSource(clip, realtime=False)
    lost = source.open()
    if lost is not None:
        raise NotReady(f"{lost.source}. Name a video file with --camera.")
    try:
        while not isinstance(frame := source.read(), CameraLost):
            boxes = engine.faces(frame.grey)
            if guide(frame.grey, boxes) is None:
                return card_photo_from(frame, boxes[0])
    finally:
        source.close()
    raise NotReady(f"{clip}: no frame shows one face, near enough and in the middle. Use another clip.")
