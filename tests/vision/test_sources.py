"""Real files through the class that opens webcams too; a camera that is lost is noticed and opened again."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.camera import Camera
from vision.frame import Frame
from vision.sources.open import open_source
from vision.sources.opencv import OpenCvSource, _why_not
from vision.synthetic.source import SyntheticSource
from vision.verdict import CameraLost


def pictures(count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [
        cv2.resize(generator.integers(0, 256, (12, 16, 3), np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
        for _ in range(count)
    ]


def write_clip(path: Path, fourcc: str, count: int = 8, rate: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), rate, (320, 240))
    assert writer.isOpened()
    for picture in pictures(count):
        writer.write(picture)
    writer.release()
    return path


def read_all(source: OpenCvSource) -> tuple[list[Frame], CameraLost]:
    frames: list[Frame] = []
    while isinstance(frame := source.read(), Frame):
        frames.append(frame)
    return frames, frame


@pytest.mark.parametrize(("name", "fourcc"), [("clip.avi", "MJPG"), ("clip.mp4", "mp4v"), ("clip.avi", "FFV1")])
def test_a_video_file_is_read_to_its_end(tmp_path: Path, name: str, fourcc: str) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / name, fourcc)), realtime=False)
    assert source.open() is None
    frames, lost = read_all(source)
    source.close()
    assert [frame.number for frame in frames] == list(range(1, 9))
    assert frames[0].rgb.shape == (240, 320, 3)
    assert frames[1].taken_at - frames[0].taken_at == pytest.approx(0.04)
    assert "the end was reached" in lost.source


def test_lossless_frames_keep_colours_and_order(tmp_path: Path) -> None:
    for number, picture in enumerate(pictures(3)):
        cv2.imwrite(str(tmp_path / f"f{number:03}.png"), picture)
    source = OpenCvSource(str(tmp_path / "f%03d.png"), realtime=False)
    assert source.open() is None
    frames, _ = read_all(source)
    source.close()
    assert len(frames) == 3
    for frame, picture in zip(frames, pictures(3), strict=True):
        np.testing.assert_array_equal(frame.rgb, picture[:, :, ::-1])


def test_a_file_plays_at_its_own_pace(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", count=6, rate=20)))
    assert source.open() is None
    began = time.monotonic()
    frames, _ = read_all(source)
    source.close()
    assert time.monotonic() - began >= (len(frames) - 1) / 20


def test_a_looping_clip_begins_again(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", count=3)), loop=True, realtime=False)
    assert source.open() is None
    frames = [source.read() for _ in range(8)]
    source.close()
    assert all(isinstance(frame, Frame) for frame in frames)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("no-such-clip.mp4", "no such file"),
        ("99", "camera 99: not there (/dev/video99 does not exist)"),
        ("/dev/video-none", "camera /dev/video-none: not there"),
    ],
)
def test_what_cannot_be_opened_is_named(spec: str, told: str) -> None:
    lost = open_source(spec).open()
    assert isinstance(lost, CameraLost)
    assert told in lost.source


def test_a_device_that_is_there_but_does_not_open_is_in_use(tmp_path: Path) -> None:
    device = tmp_path / "video7"
    device.touch()
    assert "in use by another program" in _why_not(str(device))
    device.chmod(0o000)
    if not os.access(device, os.R_OK):  # root may read everything
        assert "no permission" in _why_not(str(device))


def test_what_was_granted_is_told(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", rate=25)), realtime=False)
    assert source.granted() == ""
    assert source.open() is None
    assert source.granted() == "320x240, MJPG, 25 frames a second"
    source.close()


def test_the_camera_describes_itself_or_says_why_not(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", rate=25)
    camera = Camera(OpenCvSource(str(path), loop=True))
    assert camera.describe() == f"{path}: not open yet"
    camera.start()
    wait_for(lambda: isinstance(camera.latest(), Frame))
    assert camera.describe() == f"{path}: 320x240, MJPG, 25 frames a second"
    camera.stop()
    missing = Camera(OpenCvSource(str(tmp_path / "none.avi")))
    missing.start()
    wait_for(lambda: isinstance(missing.latest(), CameraLost))
    assert missing.describe().endswith("no such file")
    missing.stop()


def test_a_hanging_camera_is_noticed_within_a_second() -> None:
    source = Scripted()
    camera = Camera(source)
    camera.start()
    assert isinstance(camera.after(0, 5), Frame)
    source.hangs.set()
    began = time.monotonic()
    wait_for(lambda: isinstance(camera.latest(), CameraLost))
    noticed = time.monotonic() - began
    source.hangs.clear()
    camera.stop()
    assert noticed < 1.0


def test_opencv_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The screen is painted there."""
    (tmp_path / "clip.mp4").write_text("not a video")
    for spec in ("99", "/dev/video-none", str(tmp_path / "clip.mp4")):
        assert isinstance(open_source(spec).open(), CameraLost)
    assert capfd.readouterr().err == ""


def test_a_text_file_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("not a video")
    lost = OpenCvSource(str(path)).open()
    assert isinstance(lost, CameraLost)
    assert "not a video" in lost.source


def test_a_truncated_clip_ends_instead_of_failing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", count=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = OpenCvSource(str(path), realtime=False)
    if source.open() is None:
        frames, _ = read_all(source)
        assert len(frames) < 20
    source.close()


# --- the camera everybody looks through ---------------------------------------------------------------------


class Scripted:
    """A source whose every answer the test decides."""

    def __init__(self) -> None:
        self.name = "camera 7"
        self.opened = 0
        self.broken = False
        self.hangs = threading.Event()
        self._number = 0

    def open(self) -> CameraLost | None:
        self.opened += 1
        return CameraLost(f"{self.name}: gone") if self.broken else None

    def read(self) -> Frame | CameraLost:
        while self.hangs.is_set():
            time.sleep(0.01)
        if self.broken:
            return CameraLost(f"{self.name}: gone")
        time.sleep(0.01)
        self._number += 1
        picture = np.zeros((96, 128, 3), np.uint8)
        return Frame(picture, picture[:, :, 0].copy(), self._number, time.monotonic())

    def close(self) -> None:
        pass


def wait_for(condition: object, seconds: float = 5.0) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def test_the_latest_frame_wins_and_the_thread_ends() -> None:
    source = Scripted()
    camera = Camera(source)
    camera.start()
    first = camera.after(0, 5)
    assert isinstance(first, Frame)
    later = camera.after(first.number + 5, 5)
    assert isinstance(later, Frame)
    assert later.number == first.number + 6
    camera.stop()
    assert "camera" not in {thread.name for thread in threading.enumerate()}
    assert camera.latest() is None


class Resting(Scripted):
    """Counts what it decodes and what it lets pass."""

    def __init__(self) -> None:
        super().__init__()
        self.decoded = self.passed = 0

    def read(self) -> Frame | CameraLost:
        self.decoded += 1
        return super().read()

    def skip(self) -> CameraLost | None:
        self.passed += 1
        passed = super().read()
        return passed if isinstance(passed, CameraLost) else None


@pytest.fixture
def resting() -> Iterator[tuple[Resting, Camera]]:
    """A camera nobody has looked through for a moment."""
    source = Resting()
    camera = Camera(source, rest_after=0.05)
    camera.start()
    assert isinstance(camera.after(0, 5), Frame)
    wait_for(lambda: source.passed)
    yield source, camera
    source.hangs.clear()
    camera.stop()


def test_a_camera_nobody_looks_through_decodes_nothing_and_keeps_no_frame(resting: tuple[Resting, Camera]) -> None:
    source, camera = resting
    decoded, passed = source.decoded, source.passed
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        assert camera.lost() is None
        time.sleep(0.02)
    assert source.decoded == decoded
    assert source.passed > passed + 5
    assert camera.latest() is None


def test_the_first_frame_after_a_rest_is_new_and_comes_at_once(resting: tuple[Resting, Camera]) -> None:
    _, camera = resting
    looked = time.monotonic()
    frame = camera.after(-1, 5)
    assert isinstance(frame, Frame)
    assert frame.taken_at >= looked
    assert time.monotonic() - looked < 0.5
    assert isinstance(camera.latest(), Frame)


def test_who_waits_for_a_frame_keeps_the_camera_awake(resting: tuple[Resting, Camera]) -> None:
    source, camera = resting
    source.hangs.set()
    threading.Timer(0.3, source.hangs.clear).start()
    number = 0
    for _ in range(20):
        frame = camera.after(number, 5)
        if isinstance(frame, Frame):
            number = frame.number
    passed = source.passed
    assert isinstance(camera.after(number + 10, 5), Frame)
    assert source.passed == passed


def test_a_loss_is_noticed_within_a_second_of_rest(resting: tuple[Resting, Camera]) -> None:
    source, camera = resting
    for happen in (source.hangs.set, lambda: setattr(source, "broken", True)):
        happen()
        began = time.monotonic()
        wait_for(lambda: camera.lost() is not None)
        assert time.monotonic() - began < 1.0
        source.hangs.clear()
        if not source.broken:
            wait_for(lambda: camera.lost() is None)


def test_frames_let_pass_are_counted_and_end_where_the_clip_ends(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG")), realtime=False)
    assert source.open() is None
    assert [source.skip() for _ in range(5)] == [None] * 5
    frame = source.read()
    assert isinstance(frame, Frame)
    assert (frame.number, frame.taken_at - source._began) == (6, pytest.approx(6 * 0.04))
    left = [source.skip() for _ in range(3)]
    source.close()
    assert left[:2] == [None, None]
    assert isinstance(left[2], CameraLost)
    assert isinstance(source.skip(), CameraLost)


def test_a_synthetic_patient_moves_on_while_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (SyntheticSource("hana", realtime=False) for _ in range(2))
    for _ in range(4):
        other.read()
    with monkeypatch.context() as patched:
        patched.delattr("vision.synthetic.source.frame_of")
        assert [one.skip() for _ in range(4)] == [None] * 4
    seen, expected = one.read(), other.read()
    assert isinstance(seen, Frame)
    assert isinstance(expected, Frame)
    np.testing.assert_array_equal(seen.rgb, expected.rgb)
    one.fail()
    assert isinstance(one.skip(), CameraLost)


def test_an_unplugged_camera_is_lost_and_comes_back() -> None:
    source = Scripted()
    camera = Camera(source)
    camera.start()
    assert isinstance(camera.after(0, 5), Frame)
    source.broken = True
    wait_for(lambda: isinstance(camera.latest(), CameraLost))
    source.broken = False
    wait_for(lambda: isinstance(camera.latest(), Frame))
    assert source.opened >= 2
    camera.stop()


def test_a_hanging_camera_is_lost_by_the_age_of_its_last_frame() -> None:
    source = Scripted()
    camera = Camera(source, lost_after=0.1)
    camera.start()
    assert isinstance(camera.after(0, 5), Frame)
    source.hangs.set()
    wait_for(lambda: isinstance(camera.latest(), CameraLost))
    source.hangs.clear()
    wait_for(lambda: isinstance(camera.latest(), Frame))
    camera.stop()
