"""Frame sources opened with OpenCV: webcams by number or device path, video files, image sequences."""

import os
import time
from pathlib import Path

import cv2

from config.platform.current import system
from vision.frame import Frame, FrameProblem, to_frame
from vision.opencv_log import silence
from vision.sources.protocol import SourceKind
from vision.verdict import CameraLost

silence()  # errors are reported as `CameraLost`
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

VIRTUAL_DRIVERS = frozenset({"v4l2 loopback", "v4l2loopback", "akvcam", "vivid", "vimc"})
WIDTH, HEIGHT = 640, 480
"""Requested frame size. The device may choose a different size."""


class OpenCvSource:
    def __init__(self, spec: str, *, warm_up_frames: int = 0, loop: bool = False, realtime: bool = True) -> None:
        """`realtime`: play files at their frame rate instead of as fast as possible."""
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
        """Kind of source. Virtual cameras are identified by their driver, if the system reports it."""
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
            reason = _open_failure(self._spec) if self._is_device else "not a video that OpenCV can read"
            return CameraLost(f"{self.name}: {reason}")
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
        """Return CameraLost if the device or file path does not exist."""
        if self._is_device:
            reason = _unplugged(self._spec)
            return CameraLost(f"{self.name}: {reason}") if reason else None
        if "%" not in self._spec and not Path(self._spec).is_file():
            return CameraLost(f"{self.name}: no such file")
        return None

    def read(self) -> Frame | CameraLost:
        grabbed = self._grab()
        if isinstance(grabbed, CameraLost):
            return grabbed
        retrieved, image = grabbed.retrieve()
        if not retrieved:
            return CameraLost(f"{self.name}: unusable frame (cannot be decoded)")
        frame = to_frame(image, number=self._number, taken_at=self._taken_at(), order="BGR")
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
        grabbed = self._capture.grab()
        if not grabbed and self._loop and self._read_since_open:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            grabbed = self._capture.grab()
            if not grabbed:  # image sequences and some containers cannot be rewound
                lost = self.open()
                if lost is not None:
                    return lost
                grabbed = self._capture.grab()
        if not grabbed:
            reason = "end of the file"
            if self._is_device:
                # a device in use by another program can be opened, but sends no frames
                reason = (
                    "stopped sending frames"
                    if self._read_since_open
                    else "no frames. Another program may be using the camera"
                )
            return CameraLost(f"{self.name}: {reason}")
        self._number += 1
        self._read_since_open += 1
        return self._capture

    def _taken_at(self) -> float:
        """Return the time of the frame: the current time for a device, calculated from the frame rate for a file."""
        if self._is_device:
            return time.monotonic()
        due = self._began + self._read_since_open * self._period
        if self._realtime:
            time.sleep(max(0.0, due - time.monotonic()))
        return due

    def actual_format(self) -> str:
        """Return the size, format and frame rate of the open source, or an empty string if it is closed."""
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
    return None if path is None or path.exists() else f"{path} does not exist. Check that the camera is plugged in"


def _open_failure(spec: str) -> str:
    """Return the probable reason why an existing device cannot be opened."""
    path = system.camera_path(spec)
    if path is not None and not os.access(path, os.R_OK | os.W_OK):
        return f"permission denied for {path}. Add the user to the `video` group"
    return "in use by another program, or not a camera. Close other programs that use it"
