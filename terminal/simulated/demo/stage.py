"""The demo's stages: a camera, the patient in front of it, and the portraits for the cards."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from config.platform.current import system
from config.settings import AntiPhoto, Settings
from terminal.readiness import NotReady
from terminal.simulated.demo.browser_camera import BROWSER

if TYPE_CHECKING:
    from terminal.simulated.personas.persona import Persona
    from vision.camera import Camera
    from vision.engines.engine import FaceEngine
    from vision.sources.protocol import FrameSource
    from vision.synthetic.source import SyntheticSource
    from vision.verdict import CameraLost

    MakeEngine = Callable[[], FaceEngine]

_FIRST_FRAME_SECONDS = 10.0
_LOST_AFTER = 4.0
"""Seconds without a frame before the camera counts as lost. Busy computers draw the patient slowly."""


class Stage(Protocol):
    """A camera and the patients in front of it."""

    @property
    def camera(self) -> "Camera": ...

    def engine(self) -> "FaceEngine": ...

    def portrait(self, persona: "Persona") -> bytes:
        """Return the JPEG 2000 photo for the persona's card."""

    def show(self, persona: "Persona") -> None:
        """Put the persona in front of the camera."""


def _drawn_person() -> "SyntheticSource":
    from vision.synthetic.source import SyntheticSource

    return SyntheticSource("hana")


class SyntheticStage:
    """A synthetic patient in front of a synthetic camera."""

    def __init__(self, engine: "MakeEngine | None" = None) -> None:
        from vision.camera import Camera
        from vision.sources.lazy import LazySource

        self._make_engine = engine or make_engine
        self._loaded: FaceEngine | None = None
        self._source: LazySource[SyntheticSource] = LazySource("synthetic camera", _drawn_person)
        self.camera: Camera = Camera(self._source, lost_after=_LOST_AFTER)

    @property
    def source(self) -> "SyntheticSource":
        return self._source.source

    def engine(self) -> "FaceEngine":
        """Return the engine shared by successive terminals."""
        self._loaded = self._loaded or self._make_engine()
        return self._loaded

    def portrait(self, persona: "Persona") -> bytes:
        from vision.synthetic.portrait import card_portrait

        return card_portrait(persona.face)

    def show(self, persona: "Persona") -> None:
        self.source.show(persona.face_at_camera)


class CameraStage:
    """A real camera or a video file, with the person in front of it.

    Takes that person's portrait once and puts it on the cards, except for personas with someone else in front of the
    camera. This does not measure accuracy, because portrait and live picture are only minutes apart.
    """

    def __init__(self, spec: str, engine: "MakeEngine | None" = None, source: "FrameSource | None" = None) -> None:
        """`spec`: a camera or a video file. `source`: replaces the source named by `spec`."""
        from vision.camera import Camera
        from vision.sources.opencv import OpenCvSource

        self._make_engine = engine or make_engine
        self._loaded: FaceEngine | None = None
        self._own_portrait: bytes | None = None
        self.camera: Camera = Camera(source or OpenCvSource(spec, loop=True), lost_after=_LOST_AFTER)

    def engine(self) -> "FaceEngine":
        self._loaded = self._loaded or self._make_engine()
        return self._loaded

    def prepare(self) -> None:
        """Take the portrait. Raises `NotReady` if there is no camera or no person in front of it."""
        from vision.verdict import CameraLost

        if self._own_portrait is None:
            self.camera.start()
            try:
                # loading the engine is slow: check the camera first
                with self.camera.held_open():
                    frame = self.camera.after(-1, _FIRST_FRAME_SECONDS)
                    if isinstance(frame, CameraLost):
                        raise _camera_missing(frame)
                    self._own_portrait = take_portrait(self.camera, self.engine())
            finally:
                self.camera.stop()

    def portrait(self, persona: "Persona") -> bytes:
        if persona.live_face:
            from vision.synthetic.portrait import card_portrait

            return card_portrait(persona.face)
        self.prepare()
        assert self._own_portrait is not None
        return self._own_portrait

    def show(self, persona: "Persona") -> None:
        """Do nothing: a real camera shows the person in front of it."""


def is_live(camera: str | None) -> bool:
    """Return whether the camera shows a real person, whose permission is required."""
    return camera is not None and (camera == BROWSER or system.is_camera(camera))


def for_stage(settings: Settings, camera: str | None) -> Settings:
    """Disable the anti-photo check for a video file, because the person in it cannot turn their head on request."""
    if camera is None or is_live(camera):
        return settings
    return settings.model_copy(update={"vision": settings.vision.model_copy(update={"anti_photo": AntiPhoto.OFF})})


def open_stage(
    camera: str | None, engine: "MakeEngine | None" = None, source: "FrameSource | None" = None
) -> "SyntheticStage | CameraStage":
    """Return a synthetic stage, or a stage for `camera` after taking a portrait. Raises `NotReady`.

    `engine`: defaults to the built-in engine with the user's cache folder. `source`: replaces the camera's source.
    """
    if camera is None:
        return SyntheticStage(engine)
    stage = CameraStage(camera, engine, source)
    stage.prepare()
    return stage


def make_engine() -> "FaceEngine":
    from vision.engines.open import open_engine, user_cache

    return open_engine(user_cache())


def take_portrait(camera: "Camera", engine: "FaceEngine", seconds: float = 20) -> bytes:
    """Crop a card photo from the first frame that clearly shows a single face. Raises `NotReady` after `seconds`."""
    from vision.guidance import guide
    from vision.portrait import card_photo_from
    from vision.verdict import CameraLost

    until = time.monotonic() + seconds
    number = -1
    while time.monotonic() < until:
        frame = camera.after(number, 1.0)
        if isinstance(frame, CameraLost):
            raise _camera_missing(frame)
        if frame is None:
            continue
        number = frame.number
        faces = engine.faces(frame.grey)
        if guide(frame.grey, faces) is None:
            return card_photo_from(frame, faces[0].box)
    raise NotReady(
        f"{camera.name}: no picture within {seconds:g} seconds showed exactly one face, centred and close enough. "
        "Sit in front of the camera in good light, or choose another camera with --camera."
    )


def _camera_missing(lost: "CameraLost") -> NotReady:
    return NotReady(f"{lost.source}. Choose another camera with --camera (a number, a device path or a video file).")
