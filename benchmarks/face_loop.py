"""Figures of the running camera: frames shown, gaps, time to a verdict, start, memory; and the naive loop beside them.

    python -m benchmarks.face_loop --json loop.json

The camera is a film of a synthetic patient, written for the run; 640x480, 30 frames a second, MJPG as
a webcam sends it.
"""

import argparse
import json
import resource
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import cv2

from config.settings import VisionSettings
from vision.check import check_face
from vision.engine import FaceEngine, flip_averaged
from vision.engines import open_engine
from vision.frame import Frame
from vision.latest import Camera
from vision.opencv_source import OpenCvSource
from vision.reference import Reference, make_reference
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import FaceMatched

PERSON = "hana"
SECONDS = 8.0


def write_film(path: Path, frames: int = 300) -> None:
    source = SyntheticSource(PERSON, fps=30, realtime=False)
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 480))
    for _ in range(frames):
        frame = source.read()
        assert isinstance(frame, Frame)
        film.write(frame.rgb[:, :, ::-1])
    film.release()


class Display:
    """Whoever draws the picture: a thread that takes every new frame."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.seen: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set():
            frame = self._camera.after(number, 0.5)
            if isinstance(frame, Frame):
                number = frame.number
                self.seen.append(time.monotonic())

    def stop(self) -> dict[str, float]:
        self._ended.set()
        self._thread.join()
        gaps = [later - earlier for earlier, later in zip(self.seen, self.seen[1:], strict=False)]
        fps = (len(self.seen) - 1) / (self.seen[-1] - self.seen[0])
        return {"loop_fps": round(fps, 1), "worst_gap_ms": round(1000 * max(gaps), 1)}


def loop(film: Path, engine: FaceEngine, mirror: bool) -> dict[str, float]:
    """Detection and encoding of every frame that can be had, beside the display."""
    camera = Camera(OpenCvSource(str(film), loop=True))
    camera.start()
    camera.after(0, 5)
    display = Display(camera)
    number = encodings = 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        frame = camera.after(number, 1)
        if not isinstance(frame, Frame):
            continue
        number = frame.number
        for box in engine.faces(frame.grey)[:1]:
            flip_averaged(engine, frame.grey, box) if mirror else engine.encode(frame.grey, box)
            encodings += 1
    figures = display.stop()
    camera.stop()
    return {**figures, "checked_frames_per_s": round(encodings / SECONDS, 1)}


def verdict(film: Path, engine: FaceEngine) -> dict[str, float]:
    """From the first frame to the verdict, with the frames as far apart as delivered and as close as they come."""
    reference = make_reference(engine, card_portrait(PERSON))
    assert isinstance(reference, Reference)
    found = {}
    for name, spacing in (("verdict_ms", VisionSettings().frame_spacing_ms), ("verdict_unspaced_ms", 0)):
        camera = Camera(OpenCvSource(str(film), loop=True))
        camera.start()
        camera.after(0, 5)
        settings = VisionSettings(frame_spacing_ms=spacing)
        given = check_face(camera, reference, engine, settings, lambda _: None, threading.Event())
        camera.stop()
        assert isinstance(given, FaceMatched), given
        found[name] = float(given.milliseconds)
    return found


def idle(film: Path) -> float:
    """Percent of a core for a camera that is open and looked at by nobody."""
    camera = Camera(OpenCvSource(str(film), loop=True))
    camera.start()
    camera.after(0, 5)
    before, began = time.process_time(), time.monotonic()
    time.sleep(5)
    share = 100 * (time.process_time() - before) / (time.monotonic() - began)
    camera.stop()
    return round(share, 1)


def measure(cache: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.avi"
        write_film(film)
        open_engine(cache)
        began = time.monotonic()
        engine = open_engine(cache)
        figures: dict[str, Any] = {"engine_ready_s": round(time.monotonic() - began, 2)}
        figures |= loop(film, engine, mirror=True) | verdict(film, engine)
        figures["idle_cpu_percent"] = idle(film)
        figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        from vision.dlib_engine import DlibEngine

        began = time.monotonic()
        naive = DlibEngine()
        figures["naive"] = {"engine_ready_s": round(time.monotonic() - began, 2), **loop(film, naive, mirror=False)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    with tempfile.TemporaryDirectory() as own:
        parser.add_argument("--cache", type=Path, default=Path(own))
        given = parser.parse_args()
        figures = measure(given.cache)
    print(json.dumps(figures, indent=1))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
