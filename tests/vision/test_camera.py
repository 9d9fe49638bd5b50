"""Tests for the shared camera."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vision.test_sources import write_clip
from vision.camera import Camera
from vision.frame import Frame
from vision.preview import preview_jpeg
from vision.sources.opencv import OpenCvSource
from vision.sources.protocol import SourceKind
from vision.synthetic.source import SyntheticSource
from vision.verdict import CameraLost


class ScriptedSource:
    """A source that the test controls and that counts its calls."""

    def __init__(self) -> None:
        self.name = "camera 7"
        self.open_count = self.close_count = self.decoded = self.skipped = 0
        self.unplugged = False
        self.hangs = threading.Event()
        self._number = 0

    def absent(self) -> CameraLost | None:
        return CameraLost(f"{self.name}: gone") if self.unplugged else None

    kind = SourceKind.CAMERA

    def open(self) -> CameraLost | None:
        self.open_count += 1
        return self.absent()

    def _next(self) -> CameraLost | None:
        while self.hangs.is_set():
            time.sleep(0.01)
        time.sleep(0.01)
        self._number += 1
        return self.absent()

    def read(self) -> Frame | CameraLost:
        self.decoded += 1
        image = np.zeros((96, 128, 3), np.uint8)
        frame = Frame(image, image[:, :, 0].copy(), self._number, time.monotonic())
        return self._next() or frame

    def skip(self) -> CameraLost | None:
        self.skipped += 1
        return self._next()

    def close(self) -> None:
        self.close_count += 1


@contextmanager
def running_camera(source: ScriptedSource | SyntheticSource | OpenCvSource, **kwargs: float) -> Iterator[Camera]:
    camera = Camera(source, **{"lost_after": 60.0, **kwargs})  # type: ignore[arg-type]
    camera.start()
    try:
        yield camera
    finally:
        if isinstance(source, ScriptedSource):
            source.hangs.clear()
        camera.stop()


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)


def test_camera_is_open_only_while_in_use() -> None:
    source = ScriptedSource()
    with running_camera(source) as camera:
        time.sleep(0.1)
        assert (source.open_count, source.decoded, camera.is_open) == (0, 0, False)
        assert camera.after(-1, 0.05) is None
        with camera.held_open():
            assert isinstance(camera.after(-1, 60), Frame)
            assert camera.is_open
            assert camera.opening_seconds is not None
        wait_for(lambda: not camera.is_open)
        assert (source.open_count, source.close_count) == (1, 1)
        decoded = source.decoded
        time.sleep(0.1)
        assert source.decoded == decoded
        assert camera.latest() is None


def test_users_share_device_until_last_one_stops() -> None:
    source = ScriptedSource()
    with running_camera(source) as camera:
        with camera.held_open():
            with camera.held_open():
                assert isinstance(camera.after(-1, 60), Frame)
            frame = camera.after(-1, 60)
            assert isinstance(frame, Frame)
            later = camera.after(frame.number + 5, 60)
            assert isinstance(later, Frame)
            assert later.number == frame.number + 6
        wait_for(lambda: not camera.is_open)
    assert source.open_count == 1
    assert "camera" not in {thread.name for thread in threading.enumerate()}


def test_unused_camera_kept_open_discards_frames_undecoded() -> None:
    source = ScriptedSource()
    with running_camera(source, keep_open=True) as camera:
        wait_for(lambda: source.skipped > 5)
        assert (source.decoded, camera.latest(), camera.is_open) == (0, None, True)
        started = time.monotonic()
        with camera.held_open():
            frame = camera.after(-1, 60)
            assert isinstance(frame, Frame)
            assert frame.taken_at >= started
        wait_for(lambda: camera.latest() is None)
        wait_for(lambda: source.skipped > 20)
        assert source.open_count == 1


def test_listener_receives_frames_and_end() -> None:
    received: list[Frame | None] = []
    with running_camera(SyntheticSource("hana")) as camera:
        stop = camera.listen(received.append)
        with camera.held_open():
            wait_for(lambda: len(received) > 3)
        wait_for(lambda: received[-1] is None)
        stop()
        with camera.held_open():
            assert isinstance(camera.after(-1, 60), Frame)
    assert received.count(None) == 1
    first = received[0]
    assert isinstance(first, Frame)
    preview = cv2.imdecode(np.frombuffer(preview_jpeg(first), np.uint8), cv2.IMREAD_COLOR)
    assert preview is not None
    assert float(np.abs(preview[:, :, ::-1].astype(int) - first.rgb).mean()) < 5


def test_unplugging_is_detected_while_camera_is_closed() -> None:
    source = ScriptedSource()
    with running_camera(source) as camera:
        source.unplugged = True
        wait_for(lambda: camera.lost() is not None)
        source.unplugged = False
        wait_for(lambda: camera.lost() is None)
        assert source.open_count == 0


@pytest.mark.parametrize("keep_open", [False, True])
def test_unplugging_in_use_is_reported_at_next_frame(keep_open: bool) -> None:
    source = ScriptedSource()
    with running_camera(source, keep_open=keep_open) as camera, camera.held_open():
        assert isinstance(camera.after(-1, 60), Frame)
        source.unplugged = True
        decoded = source.decoded
        wait_for(lambda: isinstance(camera.latest(), CameraLost))
        assert source.decoded <= decoded + 2, "the loss was not reported at the next frame"
        source.unplugged = False
        wait_for(lambda: isinstance(camera.latest(), Frame))
        assert source.open_count >= 2


def test_hanging_camera_is_reported_as_lost_after_timeout() -> None:
    source = ScriptedSource()
    with running_camera(source, lost_after=0.8) as camera, camera.held_open():
        frame = camera.after(-1, 60)
        assert isinstance(frame, Frame)
        source.hangs.set()
        wait_for(lambda: isinstance(camera.latest(), CameraLost))
        assert time.monotonic() - frame.taken_at > 0.8
        assert camera.is_open
        source.hangs.clear()
        wait_for(lambda: isinstance(camera.latest(), Frame))


def test_description_contains_format_or_fault(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", rate=25)
    with running_camera(OpenCvSource(str(path), loop=True)) as camera:
        assert camera.describe() == f"{path}: not open"
        with camera.held_open():
            wait_for(lambda: isinstance(camera.latest(), Frame))
            assert camera.describe() == f"{path}: 320x240, MJPG, 25 frames per second"
    with running_camera(OpenCvSource(str(tmp_path / "none.avi"))) as missing:
        wait_for(lambda: missing.lost() is not None)
        assert missing.describe().endswith("no such file")
