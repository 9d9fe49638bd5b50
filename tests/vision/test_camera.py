"""The shared camera: open only while in use, and reporting failures."""

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


class Scripted:
    """A source controlled by the test that counts its calls."""

    def __init__(self) -> None:
        self.name = "camera 7"
        self.opened = self.closed = self.decoded = self.passed = 0
        self.broken = False
        self.hangs = threading.Event()
        self.taken_at = 0.0
        self._number = 0

    def absent(self) -> CameraLost | None:
        return CameraLost(f"{self.name}: gone") if self.broken else None

    kind = SourceKind.CAMERA

    def open(self) -> CameraLost | None:
        self.opened += 1
        return self.absent()

    def _next(self) -> CameraLost | None:
        while self.hangs.is_set():
            time.sleep(0.01)
        time.sleep(0.01)
        self._number += 1
        return self.absent()

    def read(self) -> Frame | CameraLost:
        self.decoded += 1
        picture = np.zeros((96, 128, 3), np.uint8)
        self.taken_at = time.monotonic()
        frame = Frame(picture, picture[:, :, 0].copy(), self._number, self.taken_at)
        return self._next() or frame

    def skip(self) -> CameraLost | None:
        self.passed += 1
        return self._next()

    def close(self) -> None:
        self.closed += 1


@contextmanager
def started(source: Scripted | SyntheticSource | OpenCvSource, **how: float) -> Iterator[Camera]:
    camera = Camera(source, **how)  # type: ignore[arg-type]
    camera.start()
    try:
        yield camera
    finally:
        if isinstance(source, Scripted):
            source.hangs.clear()
        camera.stop()


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "timed out"
        time.sleep(0.01)


def test_the_camera_is_open_only_while_in_use() -> None:
    source = Scripted()
    with started(source) as camera:
        time.sleep(0.1)
        assert (source.opened, source.decoded, camera.is_open) == (0, 0, False)
        assert camera.after(-1, 0.05) is None
        with camera.look():
            assert isinstance(camera.after(-1, 60), Frame)
            assert camera.is_open
            assert camera.opening_seconds is not None
        wait_for(lambda: not camera.is_open)
        assert (source.opened, source.closed) == (1, 1)
        decoded = source.decoded
        time.sleep(0.1)
        assert source.decoded == decoded
        assert camera.latest() is None


def test_two_users_share_the_device_and_the_last_one_closes_it() -> None:
    source = Scripted()
    with started(source) as camera:
        with camera.look():
            with camera.look():
                assert isinstance(camera.after(-1, 60), Frame)
            frame = camera.after(-1, 60)
            assert isinstance(frame, Frame)
            later = camera.after(frame.number + 5, 60)
            assert isinstance(later, Frame)
            assert later.number == frame.number + 6
        wait_for(lambda: not camera.is_open)
    assert source.opened == 1
    assert "camera" not in {thread.name for thread in threading.enumerate()}


def test_a_camera_kept_open_discards_frames_undecoded_while_unused() -> None:
    source = Scripted()
    with started(source, keep_open=True) as camera:
        wait_for(lambda: source.passed > 5)
        assert (source.decoded, camera.latest(), camera.is_open) == (0, None, True)
        looked = time.monotonic()
        with camera.look():
            frame = camera.after(-1, 60)
            assert isinstance(frame, Frame)
            assert frame.taken_at >= looked
        wait_for(lambda: camera.latest() is None)
        wait_for(lambda: source.passed > 20)
        assert source.opened == 1


def test_a_listener_receives_every_frame_and_the_end() -> None:
    received: list[Frame | None] = []
    with started(SyntheticSource("hana")) as camera:
        stop = camera.listen(received.append)
        with camera.look():
            wait_for(lambda: len(received) > 3)
        wait_for(lambda: received[-1] is None)
        stop()
        with camera.look():
            assert isinstance(camera.after(-1, 60), Frame)
    assert received.count(None) == 1
    first = received[0]
    assert isinstance(first, Frame)
    shown = cv2.imdecode(np.frombuffer(preview_jpeg(first), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert float(np.abs(shown[:, :, ::-1].astype(int) - first.rgb).mean()) < 5


def test_unplugging_is_noticed_while_the_camera_is_closed() -> None:
    source = Scripted()
    with started(source) as camera:
        source.broken = True
        wait_for(lambda: camera.lost() is not None)
        source.broken = False
        wait_for(lambda: camera.lost() is None)
        assert source.opened == 0


@pytest.mark.parametrize("keep_open", [False, True])
def test_unplugging_in_use_is_reported_at_the_next_frame(keep_open: bool) -> None:
    source = Scripted()
    with started(source, keep_open=keep_open) as camera, camera.look():
        assert isinstance(camera.after(-1, 60), Frame)
        source.broken = True
        read = source.decoded
        wait_for(lambda: isinstance(camera.latest(), CameraLost))
        assert source.decoded <= read + 2, "loss was not reported at the next frame"
        source.broken = False
        wait_for(lambda: isinstance(camera.latest(), Frame))
        assert source.opened >= 2


def test_a_hanging_camera_is_reported_lost_after_a_time() -> None:
    source = Scripted()
    with started(source) as camera, camera.look():
        assert isinstance(camera.after(-1, 60), Frame)
        source.hangs.set()
        wait_for(lambda: isinstance(camera.latest(), CameraLost))
        assert time.monotonic() - source.taken_at > 0.8
        assert camera.is_open
        source.hangs.clear()
        wait_for(lambda: isinstance(camera.latest(), Frame))


def test_describing_the_camera(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", rate=25)
    with started(OpenCvSource(str(path), loop=True)) as camera:
        assert camera.describe() == f"{path}: not open"
        with camera.look():
            wait_for(lambda: isinstance(camera.latest(), Frame))
            assert camera.describe() == f"{path}: 320x240, MJPG, 25 frames per second"
    with started(OpenCvSource(str(tmp_path / "none.avi"))) as missing:
        wait_for(lambda: missing.lost() is not None)
        assert missing.describe().endswith("no such file")
