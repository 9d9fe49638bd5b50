"""Frame sources opened by OpenCV: webcam by number or device path, video file, image sequence."""

import os
import time
from pathlib import Path

import cv2

from config.platform.chosen import system
from vision.frame import Frame, FrameProblem, frame_of
from vision.opencv_log import silence
from vision.sources.protocol import SourceKind
from vision.verdict import CameraLost

silence()  # errors are reported as `CameraLost`
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

VIRTUAL_DRIVERS = frozenset({"v4l2 loopback", "v4l2loopback", "akvcam", "vivid", "vimc"})
WIDTH, HEIGHT = 640, 480
"""Requested frame size. A device may provide another."""


class OpenCvSource:
    def __init__(self, spec: str, *, warm_up_frames: int = 0, loop: bool = False, realtime: bool = True) -> None:
        """`realtime`: play files at their frame rate, like a camera, instead of as fast as possible."""
        self._spec = spec
        self._is_device = system.is_camera(spec)
        self._warm_up_frames = warm_up_frames
        self._loop = loop
        self._realtime = realtime and not self._is_device
        self._capture: cv2.VideoCapture | None = None
        self._number = 0
        self._period = 1 / 30
        self._began = 0.0
        self._read_since_open = 0

    @property
    def name(self) -> str:
        return f"camera {self._spec}" if self._is_device else self._spec

    @property
    def kind(self) -> SourceKind:
        """Kind of the source. Virtual cameras are recognised by their driver, if the system reports it."""
        if not self._is_device:
            return SourceKind.FILE
        return SourceKind.VIRTUAL if system.camera_driver(self._spec) in VIRTUAL_DRIVERS else SourceKind.CAMERA

    def open(self) -> CameraLost | None:
        self.close()
        absent = self.absent()
        if absent is not None:
            return absent
        capture = cv2.VideoCapture(int(self._spec)) if self._spec.isdecimal() else cv2.VideoCapture(self._spec)
        if not capture.isOpened():
            capture.release()
            hint = _why_not(self._spec) if self._is_device else "not a video OpenCV can read"
            return CameraLost(f"{self.name}: {hint}")
        self._capture = capture
        if self._is_device:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            for _ in range(self._warm_up_frames):
                capture.read()
        rate = capture.get(cv2.CAP_PROP_FPS)
        self._period = 1 / rate if 1 <= rate <= 240 else 1 / 30
        self._began = time.monotonic()
        self._read_since_open = 0
        return None

    def absent(self) -> CameraLost | None:
        """Return whether the device or file is missing, judging by its path."""
        if self._is_device:
            missing = _unplugged(self._spec)
            return CameraLost(f"{self.name}: {missing}") if missing else None
        if "%" not in self._spec and not Path(self._spec).is_file():
            return CameraLost(f"{self.name}: no such file")
        return None

    def read(self) -> Frame | CameraLost:
        grabbed = self._grab()
        if isinstance(grabbed, CameraLost):
            return grabbed
        got, picture = grabbed.retrieve()
        if not got:
            return CameraLost(f"{self.name}: unusable frame (it cannot be decoded)")
        frame = frame_of(picture, number=self._number, taken_at=self._taken_at(), order="BGR")
        if isinstance(frame, FrameProblem):
            return CameraLost(f"{self.name}: unusable frame ({frame})")
        return frame

    def skip(self) -> CameraLost | None:
        """Skip a frame without decoding it."""
        grabbed = self._grab()
        if isinstance(grabbed, CameraLost):
            return grabbed
        self._taken_at()
        return None

    def _grab(self) -> cv2.VideoCapture | CameraLost:
        """Grab the next frame without decoding it, and return the capture."""
        if self._capture is None:
            return CameraLost(f"{self.name}: not open")
        got = self._capture.grab()
        if not got and self._loop and self._read_since_open:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            got = self._capture.grab()
            if not got:  # image sequences and some containers cannot be rewound
                lost = self.open()
                if lost is not None:
                    return lost
                got = self._capture.grab()
        if not got:
            what = "the end was reached"
            if self._is_device:
                # a device used by another program can be opened, but sends no frames
                what = (
                    "it stopped sending frames"
                    if self._read_since_open
                    else "no frames; another program may be using it"
                )
            return CameraLost(f"{self.name}: {what}")
        self._number += 1
        self._read_since_open += 1
        return self._capture

    def _taken_at(self) -> float:
        """Return the time of the frame: now for a device, and according to the frame rate for a file."""
        if self._is_device:
            return time.monotonic()
        due = self._began + self._read_since_open * self._period
        if self._realtime:
            time.sleep(max(0.0, due - time.monotonic()))
        return due

    def granted(self) -> str:
        """Return size, format and rate of the open source; empty if it is closed."""
        capture = self._capture
        if capture is None:
            return ""
        width, height = (round(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        code = round(capture.get(cv2.CAP_PROP_FOURCC))
        letters = bytes(code >> shift & 0xFF for shift in (0, 8, 16, 24)) if code > 0 else b""
        form = letters.decode("ascii", "replace").strip("\0 ") or "unknown format"
        return f"{width}x{height}, {form}, {1 / self._period:.0f} frames per second"

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def _unplugged(spec: str) -> str | None:
    path = system.camera_path(spec)
    return None if path is None or path.exists() else f"not there ({path} does not exist); is it plugged in?"


def _why_not(spec: str) -> str:
    """Return why an existing device cannot be opened, as far as known."""
    path = system.camera_path(spec)
    if path is not None and not os.access(path, os.R_OK | os.W_OK):
        return f"no permission for {path}; the user must be in the group `video`"
    return "in use by another program, or not a camera; close other programs that use it"
