"""Tests for video sources: files read by the webcam class, and failing cameras."""

import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.frame import Frame
from vision.open_frame_source import open_source
from vision.sources.opencv import OpenCvSource, _open_failure
from vision.synthetic.source import SyntheticSource
from vision.verdict import CameraLost


def images(count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [
        cv2.resize(generator.integers(0, 256, (12, 16, 3), np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
        for _ in range(count)
    ]


def write_clip(path: Path, fourcc: str, count: int = 8, rate: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), rate, (320, 240))
    assert writer.isOpened()
    for image in images(count):
        writer.write(image)
    writer.release()
    return path


def read_all(source: OpenCvSource) -> tuple[list[Frame], CameraLost]:
    frames: list[Frame] = []
    while isinstance(frame := source.read(), Frame):
        frames.append(frame)
    return frames, frame


@pytest.mark.parametrize(("name", "fourcc"), [("clip.avi", "MJPG"), ("clip.mp4", "mp4v"), ("clip.avi", "FFV1")])
def test_video_file_is_read_to_its_end(tmp_path: Path, name: str, fourcc: str) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / name, fourcc)), realtime=False)
    assert source.open() is None
    frames, lost = read_all(source)
    source.close()
    assert [frame.number for frame in frames] == list(range(1, 9))
    assert frames[0].rgb.shape == (240, 320, 3)
    assert frames[1].taken_at - frames[0].taken_at == pytest.approx(0.04)
    assert "end of the file" in lost.source


def test_lossless_frames_keep_colours_and_order(tmp_path: Path) -> None:
    for number, image in enumerate(images(3)):
        cv2.imwrite(str(tmp_path / f"f{number:03}.png"), image)
    source = OpenCvSource(str(tmp_path / "f%03d.png"), realtime=False)
    assert source.open() is None
    frames, _ = read_all(source)
    source.close()
    assert len(frames) == 3
    for frame, image in zip(frames, images(3), strict=True):
        np.testing.assert_array_equal(frame.rgb, image[:, :, ::-1])


def test_file_is_played_at_its_frame_rate(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", count=6, rate=20)))
    assert source.open() is None
    started = time.monotonic()
    frames, _ = read_all(source)
    source.close()
    assert time.monotonic() - started >= (len(frames) - 1) / 20


def test_looping_clip_restarts(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", count=3)), loop=True, realtime=False)
    assert source.open() is None
    frames = [source.read() for _ in range(8)]
    source.close()
    assert all(isinstance(frame, Frame) for frame in frames)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no-such-clip.mp4", "no such file"),
        ("99", "camera 99: /dev/video99 does not exist"),
        ("/dev/video-none", "camera /dev/video-none: /dev/video-none does not exist"),
    ],
)
def test_error_names_missing_source(spec: str, message: str) -> None:
    lost = open_source(spec).open()
    assert isinstance(lost, CameraLost)
    assert message in lost.source


def test_existing_device_that_does_not_open_is_reported_as_in_use(tmp_path: Path) -> None:
    device = tmp_path / "video7"
    device.touch()
    assert "in use by another program" in _open_failure(str(device))
    device.chmod(0o000)
    if not os.access(device, os.R_OK):  # root can read all files
        assert "no permission" in _open_failure(str(device))


def test_format_of_open_source_is_reported(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG", rate=25)), realtime=False)
    assert source.actual_format() == ""
    assert source.open() is None
    assert source.actual_format() == "320x240, MJPG, 25 frames per second"
    source.close()


def test_opencv_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The terminal screen is drawn on standard error."""
    (tmp_path / "clip.mp4").write_text("not a video")
    for spec in ("99", "/dev/video-none", str(tmp_path / "clip.mp4")):
        assert isinstance(open_source(spec).open(), CameraLost)
    assert capfd.readouterr().err == ""


def test_text_file_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("not a video")
    lost = OpenCvSource(str(path)).open()
    assert isinstance(lost, CameraLost)
    assert "not a video" in lost.source


def test_truncated_clip_ends_instead_of_failing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", "MJPG", count=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = OpenCvSource(str(path), realtime=False)
    if source.open() is None:
        frames, _ = read_all(source)
        assert len(frames) < 20
    source.close()


def test_skipped_frames_are_counted_and_end_with_clip(tmp_path: Path) -> None:
    source = OpenCvSource(str(write_clip(tmp_path / "clip.avi", "MJPG")), realtime=False)
    assert source.open() is None
    assert [source.skip() for _ in range(5)] == [None] * 5
    frame = source.read()
    assert isinstance(frame, Frame)
    assert (frame.number, frame.taken_at - source._began) == (6, pytest.approx(6 * 0.04))
    results = [source.skip() for _ in range(3)]
    source.close()
    assert results[:2] == [None, None]
    assert isinstance(results[2], CameraLost)
    assert isinstance(source.skip(), CameraLost)


def test_synthetic_person_moves_during_skipped_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    source, reference = (SyntheticSource("hana", realtime=False) for _ in range(2))
    for _ in range(4):
        reference.read()
    with monkeypatch.context() as context:
        context.delattr("vision.synthetic.source.to_frame")
        assert [source.skip() for _ in range(4)] == [None] * 4
    frame, expected = source.read(), reference.read()
    assert isinstance(frame, Frame)
    assert isinstance(expected, Frame)
    np.testing.assert_array_equal(frame.rgb, expected.rgb)
    source.fail()
    assert isinstance(source.skip(), CameraLost)
