"""What is in front of the demo's camera (a synthetic patient or a video file), and the portraits for the cards."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from config.platform.chosen import system
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
"""Longer than on a terminal in service: a demo shares its computer, and may be slow to draw its patient."""


class Stage(Protocol):
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
    """A drawn patient in front of a synthetic camera."""

    def __init__(self, engine: "MakeEngine | None" = None) -> None:
        from vision.camera import Camera
        from vision.sources.later import LaterSource

        self._make_engine = engine or make_engine
        self._loaded: FaceEngine | None = None
        self._source: LaterSource[SyntheticSource] = LaterSource("synthetic camera", _drawn_person)
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
        self.source.show(persona.before_camera)


class CameraStage:
    """A real camera, or a video file instead, and the person in front of it.

    That person's portrait is taken once and put on the cards, except where a persona must meet someone else. This is a
    demonstration, not a measure of accuracy: portrait and live picture are minutes apart.
    """

    def __init__(self, spec: str, engine: "MakeEngine | None" = None, source: "FrameSource | None" = None) -> None:
        """`source`: used instead of the one `spec` names."""
        from vision.camera import Camera
        from vision.sources.opencv import OpenCvSource

        self._make_engine = engine or make_engine
        self._loaded: FaceEngine | None = None
        self._own: bytes | None = None
        self.camera: Camera = Camera(source or OpenCvSource(spec, loop=True), lost_after=_LOST_AFTER)

    def engine(self) -> "FaceEngine":
        self._loaded = self._loaded or self._make_engine()
        return self._loaded

    def prepare(self) -> None:
        """Take the portrait. Raises `NotReady` if there is no camera or nobody in front of it."""
        from vision.verdict import CameraLost

        if self._own is None:
            self.camera.start()
            try:
                # check the camera before loading the engine: users without one should not wait for that
                with self.camera.look():
                    frame = self.camera.after(-1, _FIRST_FRAME_SECONDS)
                    if isinstance(frame, CameraLost):
                        raise _not_there(frame)
                    self._own = portrait_before(self.camera, self.engine())
            finally:
                self.camera.stop()

    def portrait(self, persona: "Persona") -> bytes:
        if persona.live_face:
            from vision.synthetic.portrait import card_portrait

            return card_portrait(persona.face)
        self.prepare()
        assert self._own is not None
        return self._own

    def show(self, persona: "Persona") -> None:
        """No-op: a real camera shows the person in front of it."""


def is_live(camera: str | None) -> bool:
    """Return whether a person is in front of that camera, who must be asked first."""
    return camera is not None and (camera == BROWSER or system.is_camera(camera))


def for_stage(settings: Settings, camera: str | None) -> Settings:
    """Disable the anti-photo check for a video file: the person in it cannot turn their head when asked."""
    if camera is None or is_live(camera):
        return settings
    return settings.model_copy(update={"vision": settings.vision.model_copy(update={"anti_photo": AntiPhoto.OFF})})


def open_stage(
    camera: str | None, engine: "MakeEngine | None" = None, source: "FrameSource | None" = None
) -> "SyntheticStage | CameraStage":
    """`engine`: by default the built-in one, with the user's cache folder. `source`: replaces the camera's."""
    if camera is None:
        return SyntheticStage(engine)
    stage = CameraStage(camera, engine, source)
    stage.prepare()
    return stage


def make_engine() -> "FaceEngine":
    from vision.engines.open import open_engine, user_cache

    return open_engine(user_cache())


def portrait_before(camera: "Camera", engine: "FaceEngine", seconds: float = 20) -> bytes:
    """Cut a card photo from the first live frame that shows one face well. Raises `NotReady` if none does."""
    from vision.guidance import guide
    from vision.portrait import card_photo_from
    from vision.verdict import CameraLost

    until = time.monotonic() + seconds
    number = -1
    while time.monotonic() < until:
        frame = camera.after(number, 1.0)
        if isinstance(frame, CameraLost):
            raise _not_there(frame)
        if frame is None:
            continue
        number = frame.number
        faces = engine.faces(frame.grey)
        if guide(frame.grey, faces) is None:
            return card_photo_from(frame, faces[0].box)
    raise NotReady(
        f"{camera.name}: no picture in {seconds:g} seconds showed exactly one face, near enough and in the middle. "
        "Sit in front of the camera in good light, or choose another with --camera."
    )


def _not_there(lost: "CameraLost") -> NotReady:
    return NotReady(f"{lost.source}. Choose another with --camera (a number, a device path or a video file).")
