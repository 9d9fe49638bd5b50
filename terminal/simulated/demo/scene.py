"""The people in front of the demo's camera: synthetic patients, or a person in front of a real camera."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from terminal.simulated.demo.stage import Stage

if TYPE_CHECKING:
    from vision.camera import Camera
    from vision.frame import Frame
    from vision.verdict import CameraLost


class DemoScene:
    """The current stage and its camera. Front ends can read from the camera even while the stage changes."""

    def __init__(self, stage: Stage, sit_down: Callable[[], Stage] | None = None) -> None:
        """`sit_down` takes a person's portrait and returns their stage. It blocks and may raise `NotReady`."""
        self.stage = stage
        self._drawn_stage, self._sit_down = stage, sit_down

    @property
    def can_change(self) -> bool:
        return self._sit_down is not None

    @property
    def is_synthetic(self) -> bool:
        return self.stage is self._drawn_stage

    def sit_down(self) -> None:
        assert self._sit_down is not None
        self.stage = self._sit_down()

    def stand_up(self) -> None:
        """Return to the synthetic patients and delete the portrait."""
        self.stage = self._drawn_stage

    # --- camera ---------------------------------------------------------------------------------------------

    @property
    def _camera(self) -> "Camera":
        return self.stage.camera

    def held_open(self) -> AbstractContextManager["Camera"]:
        return self._camera.held_open()

    def latest(self) -> "Frame | CameraLost | None":
        return self._camera.latest()

    def after(self, number: int, timeout: float) -> "Frame | CameraLost | None":
        return self._camera.after(number, timeout)

    def lost(self) -> "CameraLost | None":
        return self._camera.lost()

    @property
    def name(self) -> str:
        return self._camera.name
