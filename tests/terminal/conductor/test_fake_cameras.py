"""Virtual cameras, video files and drawn people: refusal and face thresholds."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from config.platform.current import system
from config.settings import VisionSettings
from terminal.cli.main import app
from terminal.conductor import camera_desk
from terminal.conductor.camera_desk import CameraDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.problems import ProblemCode
from terminal.qualification.keys import Enrolment, enrolment_path
from terminal.session import effects as fx
from terminal.session import events as ev
from tests.terminal.conductor.counter_fixture import EmptyRoom, no_engine
from vision.camera import Camera
from vision.reference import Reference
from vision.sources.opencv import OpenCvSource
from vision.sources.protocol import SourceKind
from vision.verdict import FaceCheckStopped


class FakeCamera(EmptyRoom):
    """An empty room seen by a source of the given kind."""

    def __init__(self, kind: SourceKind) -> None:
        super().__init__()
        self.kind = kind


def run(state: Path, **settings: str) -> tuple[int, str]:
    environment = {"UKETSUKE_STATE_DIR": str(state)} | {
        f"UKETSUKE_VISION__{name}": value for name, value in settings.items()
    }
    result = CliRunner().invoke(app, ["run", "--headless"], env=environment)
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", [SourceKind.VIRTUAL, SourceKind.FILE, SourceKind.SYNTHETIC])
def test_face_check_refuses_fake_cameras(kind: SourceKind) -> None:
    difficulties: list[str] = []
    desk = CameraDesk(Camera(FakeCamera(kind)), no_engine, VisionSettings())
    desk.on_problem = difficulties.append
    event = asyncio.run(desk.check(fx.CheckFace("r1", 3, 1), Patient("r1"), lambda _: None))
    assert event == ev.CameraFailed("r1", 3)
    assert difficulties == [ProblemCode.VIRTUAL_CAMERA.code]


def test_virtual_camera_is_detected_by_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = {"/dev/video0": "uvcvideo", "/dev/video1": "v4l2 loopback", "/dev/video2": None}
    monkeypatch.setattr(system, "camera_driver", drivers.get)
    kinds = [OpenCvSource(name).kind for name in drivers]
    assert kinds == [SourceKind.CAMERA, SourceKind.VIRTUAL, SourceKind.CAMERA]
    assert OpenCvSource("video.avi").kind is SourceKind.FILE


def test_run_refuses_fake_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "camera_driver", lambda name: "v4l2 loopback")
    for camera, kind in (
        ("7", "a virtual camera"),
        ("video.avi", "a video file"),
        ("synthetic:hana", "synthetic people"),
    ):
        code, output = run(tmp_path, CAMERA=camera)
        assert code == 1
        assert f"is {kind}, which can be fed" in " ".join(output.split())
        assert ProblemCode.VIRTUAL_CAMERA.code in output


@pytest.mark.parametrize("enrolled", [False, True])
def test_run_refuses_simulated_cameras_with_real_service(tmp_path: Path, enrolled: bool) -> None:
    """Simulated cameras use the thresholds for drawn people, which a stranger's real face would pass."""
    if enrolled:
        path = enrolment_path(tmp_path)
        path.parent.mkdir(parents=True)
        Enrolment(terminal_id="T1", service_public_key="key", simulated=False).save(path)
    code, output = run(tmp_path, CAMERA="synthetic:hana", SIMULATED_CAMERA="true")
    assert code == 1
    assert "not enrolled with the service stub" in " ".join(output.split())


@pytest.mark.parametrize("test_card", [True, False])
@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("kind", SourceKind)
def test_drawn_thresholds_require_drawn_source_permission_and_test_card(
    monkeypatch: pytest.MonkeyPatch, kind: SourceKind, allowed: bool, test_card: bool
) -> None:
    engine: Any = SimpleNamespace(calibration="real", synthetic_calibration="drawn")
    monkeypatch.setattr(camera_desk, "is_from_test_authority", lambda certificate: test_card)
    desk = CameraDesk(Camera(FakeCamera(kind)), lambda: engine, VisionSettings(simulated_camera=allowed))
    patient = Patient("r1")
    patient.cv_certificate = b"certificate"
    calibration = str(desk._calibration(patient))
    assert (calibration == "drawn") is (kind is SourceKind.SYNTHETIC and allowed and test_card)


@pytest.mark.parametrize("kind", [SourceKind.CAMERA, SourceKind.FILE, SourceKind.SYNTHETIC])
def test_anti_spoofing_networks_are_not_used_on_synthetic_people(
    monkeypatch: pytest.MonkeyPatch, kind: SourceKind
) -> None:
    """The networks were trained on prints and real faces."""
    networks_used: list[Any] = []

    def record_networks(*_: object, anti_spoofing: object, **__: object) -> FaceCheckStopped:
        networks_used.append(anti_spoofing)
        return FaceCheckStopped()

    monkeypatch.setattr("vision.check.check_face", record_networks)
    engine: Any = SimpleNamespace(calibration="real", synthetic_calibration=None)
    networks: Any = SimpleNamespace()
    settings = VisionSettings(simulated_camera=True)
    desk = CameraDesk(Camera(FakeCamera(kind)), lambda: engine, settings, anti_spoofing=lambda: networks)
    patient = Patient("r1")
    patient.put_reference(Reference(np.zeros(128)))
    asyncio.run(desk.check(fx.CheckFace("r1", 3, 1), patient, lambda _: None))
    assert networks_used == [None if kind is SourceKind.SYNTHETIC else networks]
