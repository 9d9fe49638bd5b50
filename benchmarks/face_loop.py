"""Measure the face check: displayed frames, gaps, time to a verdict, start and memory, compared with a naive loop.

    python -m benchmarks.face_loop --json loop.json

The camera is a temporary video of a synthetic patient: 640x480, 30 frames per second, MJPG like a webcam.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from config.settings import AntiPhoto, VisionSettings
from vision.camera import Camera
from vision.check import check_face
from vision.decision import Calibration
from vision.engines.engine import FaceEngine
from vision.engines.open import BUILT_IN_ENGINES, DEFAULT, open_engine
from vision.face import Encoding, Face
from vision.frame import Frame, Image
from vision.reference import Reference, make_reference
from vision.sources.opencv import OpenCvSource
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import FaceMatch

PERSON = "hana"
SECONDS = 8.0
IDLE_SECONDS = 5.0


def write_video(path: Path, frames: int = 300) -> None:
    source = SyntheticSource(PERSON, fps=30, realtime=False)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 480))
    for _ in range(frames):
        frame = source.read()
        assert isinstance(frame, Frame)
        video.write(frame.rgb[:, :, ::-1])
    video.release()


class RecordingEngine:
    """Face engine wrapper that records when encoded frames were detected."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._detected_at = 0.0
        self.good_frames: list[float] = []

    @property
    def calibration(self) -> Calibration:
        return self._engine.synthetic_calibration or self._engine.calibration

    synthetic_calibration = None

    def faces(self, grey: Image, *, thorough: bool = False) -> list[Face]:
        self._detected_at = time.monotonic()
        return self._engine.faces(grey, thorough=thorough)

    def encode(self, grey: Image, face: Face) -> Encoding:
        self.good_frames.append(self._detected_at)
        return self._engine.encode(grey, face)

    def encode_photo(self, grey: Image, face: Face) -> Encoding:
        return self._engine.encode_photo(grey, face)


class Display:
    """Stand-in for the screen: a thread that fetches every new frame."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.times: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set():
            frame = self._camera.after(number, 0.5)
            if isinstance(frame, Frame):
                number = frame.number
                self.times.append(time.monotonic())

    def stop(self) -> dict[str, float]:
        self._ended.set()
        self._thread.join()
        gaps = [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]
        fps = (len(self.times) - 1) / (self.times[-1] - self.times[0])
        return {"loop_fps": round(fps, 1), "worst_gap_ms": round(1000 * max(gaps), 1)}


def loop(video: Path, engine: FaceEngine) -> dict[str, float]:
    """Detect and encode as many frames as possible while the display runs."""
    camera = Camera(OpenCvSource(str(video), loop=True))
    camera.start()
    with camera.held_open():
        camera.after(0, 5)
        display = Display(camera)
        number = encodings = 0
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            frame = camera.after(number, 1)
            if not isinstance(frame, Frame):
                continue
            number = frame.number
            for face in engine.faces(frame.grey)[:1]:
                engine.encode(frame.grey, face)
                encodings += 1
        figures = display.stop()
    camera.stop()
    return {**figures, "checked_frames_per_s": round(encodings / SECONDS, 1)}


def verdict(video: Path, engine: FaceEngine) -> dict[str, float]:
    """Measure a check without head turns whose camera is closed at the start.

    `verdict_ms`: from the fifth good frame to the verdict. `check_ms`: from the first good frame to the verdict, with
    the default frame spacing. `check_unspaced_ms`: the same without spacing. `_from_beginning`: from the start of the
    check.
    """
    reference = make_reference(engine, card_portrait(PERSON))
    assert isinstance(reference, Reference)
    figures = {}
    for name, spacing in (("check_unspaced_ms", 0), ("check_ms", VisionSettings().frame_spacing_ms)):
        camera = Camera(OpenCvSource(str(video), loop=True))
        camera.start()
        settings, recorder = VisionSettings(frame_spacing_ms=spacing, anti_photo=AntiPhoto.OFF), RecordingEngine(engine)
        began = time.monotonic()
        with camera.held_open():
            outcome = check_face(camera, reference, recorder, settings, lambda _: None, threading.Event())
        ended = time.monotonic()
        camera.stop()
        assert isinstance(outcome, FaceMatch), outcome
        figures["verdict_ms"] = round(1000 * (ended - recorder.good_frames[-1]), 1)
        figures[name] = round(1000 * (ended - recorder.good_frames[0]), 1)
        figures[f"{name}_from_beginning"] = round(1000 * (ended - began), 1)
    return figures


def check_with_turns(engine: FaceEngine, policy: AntiPhoto, times: int = 5) -> float:
    """Return the median time from the first good frame to the verdict, in ms, for a synthetic patient who turns."""
    reference = make_reference(engine, card_portrait(PERSON))
    assert isinstance(reference, Reference)
    figures = []
    for seed in range(times):
        camera = Camera(SyntheticSource(PERSON, fps=30, seed=seed))
        camera.start()
        recorder = RecordingEngine(engine)
        with camera.held_open():
            outcome = check_face(
                camera, reference, recorder, VisionSettings(anti_photo=policy), lambda _: None, threading.Event()
            )
        ended = time.monotonic()
        camera.stop()
        if isinstance(outcome, FaceMatch):
            figures.append(1000 * (ended - recorder.good_frames[0]))
    return round(statistics.median(figures))


def idle(video: Path, *, keep_open: bool) -> float:
    """Return the CPU use for monitoring an unused camera, in percent of a core."""
    camera = Camera(OpenCvSource(str(video), loop=True), keep_open=keep_open)
    camera.start()
    time.sleep(0.5)
    before, began = time.process_time(), time.monotonic()
    while time.monotonic() - began < IDLE_SECONDS:
        assert camera.lost() is None
        time.sleep(0.2)
    share = 100 * (time.process_time() - before) / (time.monotonic() - began)
    camera.stop()
    return round(share, 1)


TERMINAL = """
import pathlib, resource, sys, threading, time
began = time.monotonic()
from vision.engines.open import open_engine
from vision.camera import Camera
from vision.open_frame_source import open_source
camera = Camera(open_source(sys.argv[1], loop=True), keep_open=True)
camera.start()
engine = open_engine(pathlib.Path(sys.argv[2]))
engine.calibration
with camera.held_open():
    assert camera.after(-1, 5) is not None
    ready = time.monotonic() - began
    from config.settings import AntiPhoto, VisionSettings
    from vision.check import check_face
    from vision.reference import make_reference
    reference = make_reference(engine, pathlib.Path(sys.argv[3]).read_bytes())
    settings = VisionSettings(anti_photo=AntiPhoto.OFF)
    verdict = check_face(camera, reference, engine, settings, lambda _: None, threading.Event())
camera.stop()
print(ready, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, type(verdict).__name__)
"""


def new_process(video: Path, cache: Path) -> dict[str, float]:
    """Measure a new process.

    `ready_s`: from the first import until camera and engine are ready. `rss_mb`: peak memory use after a verdict.
    """
    photo = video.with_suffix(".jp2")
    photo.write_bytes(card_portrait(PERSON))
    run = [sys.executable, "-c", TERMINAL, str(video), str(cache), str(photo)]
    ready, rss, verdict = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert verdict == FaceMatch.__name__, verdict
    return {"ready_s": round(float(ready), 2), "rss_mb": round(float(rss))}


def single_calls(video: Path, cache: Path, times: int = 30) -> dict[str, Any]:
    """Return the median duration of the detector and of each engine's encoder, in milliseconds, with two threads."""
    cv2.setNumThreads(2)
    source = OpenCvSource(str(video), realtime=False)
    assert source.open() is None
    frame = source.read()
    assert isinstance(frame, Frame)
    figures: dict[str, Any] = {}
    for name in BUILT_IN_ENGINES:
        engine = open_engine(cache, name)
        (face,) = engine.faces(frame.grey)
        figures.setdefault("detect_ms", median_ms(lambda e=engine: e.faces(frame.grey), times))  # type: ignore[misc]
        figures[f"encode_{name}_ms"] = median_ms(lambda e=engine, f=face: e.encode(frame.grey, f), times)  # type: ignore[misc]
        if name == DEFAULT:
            figures["encode_photo_ms"] = median_ms(lambda e=engine, f=face: e.encode_photo(frame.grey, f), times)  # type: ignore[misc]
    figures["encode_ratio_to_dlib"] = round(figures["encode_sface_ms"] / figures["encode_dlib_ms"], 2)
    source.close()
    return figures


def median_ms(call: Callable[[], object], times: int) -> float:
    durations = []
    for _ in range(times + 2):
        began = time.perf_counter()
        call()
        durations.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(durations[2:]), 1)


def measure(cache: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "video.avi"
        write_video(video)
        open_engine(cache)
        figures: dict[str, Any] = dict(new_process(video, cache))
        began = time.monotonic()
        engine = open_engine(cache)
        figures["engine_ready_s"] = round(time.monotonic() - began, 2)
        figures |= loop(video, engine) | verdict(video, engine)
        figures["check_standard_ms"] = check_with_turns(engine, AntiPhoto.STANDARD)
        figures["check_strict_ms"] = check_with_turns(engine, AntiPhoto.STRICT)
        figures["idle_cpu_percent"] = idle(video, keep_open=False)
        figures["kept_open_cpu_percent"] = idle(video, keep_open=True)
        figures |= single_calls(video, cache)
        naive = open_engine(cache, "face_recognition")
        figures["naive"] = loop(video, naive)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    with tempfile.TemporaryDirectory() as temporary_folder:
        parser.add_argument("--cache", type=Path, default=Path(temporary_folder))
        options = parser.parse_args()
        figures = measure(options.cache)
    print(json.dumps(figures, indent=1))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
