"""Measure error rates of the anti-photo check: rejected people and accepted photographs (ISO/IEC 30107-3).

    python -m benchmarks.attacks DIR --json attacks.json [--part NAME ...]

DIR contains clips/ with videos of real people who received no instructions, and prints/ with camera recordings of real
prints and faces: prints/moving/PERSON/SERIES of a moving print, prints/print and prints/real. DIR may also be a prints
folder. Missing folders are skipped. Parts:

    prints        a turn to each side, starting at every frame of the moving prints (`benchmarks.recorded_turns`)
    faces         the same for the videos and the faces in prints/real
    networks      MiniFASNet, if added to the terminal, on the images in prints/
    printed       simulated prints of a frame of each video, turned in front of a camera as instructed
    bent          the same frames and synthetic people on randomly bent prints, which differ in bend, axis, turn and
                  change of the bend during the turn
    drawn         complete checks of synthetic people and attackers; does not use DIR
    drawn-strict  the same with two turns

Figures are printed after each part. No other files are written.
"""

import argparse
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from platformdirs import user_cache_path

from benchmarks.presentations import attack_rate, bona_fide_rate
from benchmarks.recorded_turns import (
    AHEAD,
    FPS,
    STANDARD,
    ByPerson,
    Series,
    attacks,
    bona_fide,
    detect_face,
    interpolated,
    nose_ahead,
    numbered,
    pairs,
    picture,
    trials,
    video,
)
from config.settings import AntiPhoto, Settings, VisionSettings
from vision.antispoofing.store import open_anti_spoofing
from vision.check import MIN_LIVENESS, check_face
from vision.engines.engine import FaceEngine
from vision.engines.open import open_engine
from vision.face import FaceAxes, Landmarks
from vision.frame import Frame, FrameProblem, Image, to_frame
from vision.guidance import turn
from vision.reference import Reference, make_reference
from vision.synthetic.attacks import Attack, Hand, on_paper
from vision.synthetic.attacks import printed as printed_person
from vision.synthetic.attention import Attention
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.held_sheet import HeldSheet, project_sheet
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.turn_challenge import Phase, TurnChallenge
from vision.verdict import FaceMatch, Guidance, PhotoSign, PhotoSuspected

PARTS = ("prints", "faces", "networks", "printed", "bent", "drawn", "drawn-strict")
EVERY = 6
"""Interval, in frames, between the starts of turns in videos and interpolated series."""
THIN = 6
"""Only every `THIN`th frame of a video is used before interpolation, for comparison with webcam series."""
BENDS = (1.0, 2.0, 3.0)
"""Curvatures of bent prints: 1 / radius, in print widths."""
HANDS = 1
"""Number of prints of each kind per video, each with a different movement."""
BENT = 2
"""Number of randomly bent prints per face."""
Figures = dict[str, Any]


def people_in(folder: Path, kind: str) -> list[Path]:
    """Return the folders in prints/KIND, or in KIND if DIR is a prints folder."""
    parent = next((path for path in (folder / "prints" / kind, folder / kind) if path.is_dir()), None)
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent else []


def moved_prints(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real prints moved by hand, as recorded and with interpolated frames."""
    replayed = _Replayed()
    for person in people_in(folder, "moving"):
        for series in sorted(person.iterdir()):
            replayed.add(person.name, numbered(list(series.iterdir()), engine), engine)
    return replayed.figures(attacks)


def faces(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real people without instructions: videos, videos with fewer frames, and series from a webcam."""
    videos: ByPerson = {}
    thinned: ByPerson = {}
    for path in sorted((folder / "clips").glob("*.mp4")):
        series = [detect_face(frame, engine) for frame in video(path)]
        videos[path.stem] = list(trials(series, EVERY))
        thinned[path.stem] = list(trials(interpolated(series[::THIN], engine), EVERY))
    webcam = _Replayed()
    for person in people_in(folder, "real"):
        sessions: dict[str, list[Path]] = {}
        for path in person.iterdir():
            sessions.setdefault(path.stem.rpartition("_")[0], []).append(path)
        for pictures in sessions.values():
            webcam.add(person.name, numbered(pictures, engine), engine)
    return {
        "videos": bona_fide(videos),
        f"videos, every {THIN}th frame, interpolated": bona_fide(thinned),
        "webcam": webcam.figures(bona_fide),
    }


class _Replayed:
    """Results for series with a frame every 0.2 s."""

    def __init__(self) -> None:
        self._recorded: ByPerson = {}
        self._interpolated: ByPerson = {}
        self._pairs: list[tuple[float, bool]] = []

    def add(self, person: str, series: Series, engine: FaceEngine) -> None:
        self._pairs += nose_ahead(series)
        self._recorded.setdefault(person, []).extend(trials(series, 1))
        self._interpolated.setdefault(person, []).extend(trials(interpolated(series, engine), EVERY))

    def figures(self, summarise: Callable[[ByPerson], Figures]) -> Figures:
        return {
            "as recorded": summarise(self._recorded),
            "interpolated": summarise(self._interpolated),
            "pairs of recorded frames": pairs(self._pairs),
        }


def networks(folder: Path, engine: FaceEngine, face_folder: Path) -> Figures:
    """Measure how many single frames and series of five frames MiniFASNet classifies as photographs."""
    anti_spoofing = open_anti_spoofing(face_folder)
    if anti_spoofing is None:
        return {"skipped": f"no MiniFASNet in {face_folder}. Run `uketsuke face add-antispoof` to add it."}
    figures: Figures = {}
    for kind in ("print", "moving", "real"):
        single, series, people = [], [], 0
        for person in people_in(folder, kind):
            scores = []
            for path in sorted(file for file in person.rglob("*") if file.is_file()):
                frame = picture(path)
                faces = engine.faces(frame.grey)
                if len(faces) == 1:
                    scores.append(anti_spoofing.liveness(frame.rgb, faces[0]))
            people += 1
            single += scores
            series += [float(np.mean(scores[at : at + 5])) for at in range(0, len(scores) - 4, 5)]
        figures[kind] = {"people": people}
        for name, votes in (("frames", single), ("series of five", series)):
            detected = sum(vote < MIN_LIVENESS for vote in votes)
            rate = (
                bona_fide_rate(detected, len(votes))
                if kind == "real"
                else attack_rate(len(votes) - detected, len(votes))
            )
            figures[kind][name] = rate
    return figures


def printed(folder: Path, engine: FaceEngine) -> Figures:
    """Measure simulated prints of a frame of each video, by kind of print."""
    outcomes: dict[str, Counter[str]] = {}
    for number, path in enumerate(sorted((folder / "clips").glob("*.mp4"))):
        face = most_frontal(path, engine)
        if face is not None:
            for kind, outcome in print_attacks(face, engine, 100 * number):
                outcomes.setdefault(kind, Counter())[outcome] += 1
    total = sum(outcomes.values(), Counter[str]())
    return {
        "outcomes": {kind: dict(counts) for kind, counts in outcomes.items()},
        "rate": attack_rate(total["passed"], total.total()),
    }


def most_frontal(path: Path, engine: FaceEngine) -> Image | None:
    """Crop head and shoulders from the frame with the most frontal face.

    Returns None if fewer than 20 frames show exactly one face.
    """
    best: tuple[float, Frame, Landmarks] | None = None
    count = 0
    for frame in video(path):
        landmarks = detect_face(frame, engine).landmarks
        if landmarks is None:
            continue
        count += 1
        if best is None or abs(turn(landmarks)) < best[0]:
            best = (abs(turn(landmarks)), frame, landmarks)
    if best is None or count < 20:
        return None
    _, frame, landmarks = best
    size = FaceAxes(landmarks).distance
    x, y = landmarks.mean(axis=0)
    crop = frame.rgb[max(int(y - 2.6 * size), 0) : int(y + 2.9 * size), max(int(x - 2.2 * size), 0) :][
        :, : int(4.4 * size)
    ]
    return np.ascontiguousarray(crop)


@dataclass(frozen=True, slots=True)
class Bending:
    """How a hand-held print is bent and turned."""

    bend: float = 0.0
    """See `HeldSheet.bend`."""
    turn_factor: float = 1.0
    """Turn of the print divided by that of a head."""
    slant: float = 0.0
    """See `HeldSheet.slant`."""
    swing: float = 0.0
    """Relative increase of the bend per radian of turn."""


def hand_held(sheet: Image, bending: Bending, seed: int) -> Callable[[float, float], Image]:
    """Return a function from `(seconds, turned)` to the camera frame of a hand-held print."""
    hand = Hand(seed)
    wall = np.full((480, 640, 3), (150, 146, 140), np.uint8)
    noise = np.random.default_rng(seed)

    def frame_at(seconds: float, turned: float) -> Image:
        bend = bending.bend * (1 + bending.swing * turned)
        held: HeldSheet = replace(
            hand.pose(seconds, bending.turn_factor * turned, bend, distance=1.7), slant=bending.slant
        )
        frame = project_sheet(sheet, held, wall).astype(np.int16) + noise.normal(0, 3, (480, 640, 1)).astype(np.int16)
        _, coded = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return frame_at


def challenge_outcome(camera: Callable[[float, float], Image], engine: FaceEngine, seed: int) -> str:
    """Return the outcome of a turn challenge if the holder of a print follows the instructions on the screen."""
    challenge = TurnChallenge(STANDARD, random.Random(seed))
    attention = Attention()
    number = 0
    while number < 15 * FPS:
        number += 1
        now = number / FPS
        frame = to_frame(camera(now, attention.turned(now)), number=number, taken_at=now)
        assert not isinstance(frame, FrameProblem)
        landmarks = detect_face(frame, engine).landmarks
        answer: Guidance | PhotoSign | None = Guidance.HOLD_STILL
        if challenge.phase is Phase.TURNING:
            answer = challenge.update(frame.grey, landmarks, now)
            if answer is None:
                challenge.complete()
        elif landmarks is not None and abs(turn(landmarks)) <= AHEAD and challenge.is_due(now):
            answer = challenge.begin(frame.grey, landmarks, now)
        if isinstance(answer, PhotoSign):
            return answer.value
        if challenge.passed:
            return "passed"
        attention.instruct(answer or Guidance.HOLD_STILL, now)
    return "no outcome"


def print_attacks(face: Image, engine: FaceEngine, seed: int) -> Iterator[tuple[str, str]]:
    """Yield the kind of print and the outcome of every attack with prints of a face."""
    sheet = on_paper(face)
    bendings = [("flat print, turned", Bending(turn_factor=turn_factor)) for turn_factor in (1.0, 1.4)]
    bendings += [("flat print, held still", Bending(turn_factor=0.0))]
    bendings += [(f"bent print {bend:g}, turned", Bending(bend, 1.4)) for bend in BENDS]
    for hand in range(HANDS):
        for kind, bending in bendings:
            yield kind, challenge_outcome(hand_held(sheet, bending, seed + hand), engine, hand)


def bent(folder: Path | None, engine: FaceEngine, seed: int) -> Figures:
    """Measure randomly bent prints of synthetic people and of the faces in videos."""
    outcomes: dict[str, Counter[str]] = {}
    for kind, name, sheet in _sheets(folder, engine):
        for number in range(BENT):
            rng = random.Random(f"{name} {number} {seed}")
            bending = Bending(
                bend=rng.uniform(0.7, 3.0),
                turn_factor=rng.uniform(1.0, 1.7),
                slant=rng.uniform(-np.pi / 2, np.pi / 2),
                swing=rng.uniform(-0.8, 0.8),
            )
            outcome = challenge_outcome(hand_held(sheet, bending, rng.randrange(1 << 30)), engine, number)
            outcomes.setdefault(kind, Counter())[outcome] += 1
    return {
        kind: {"outcomes": dict(counts), "rate": attack_rate(counts["passed"], counts.total())}
        for kind, counts in outcomes.items()
    }


def _sheets(folder: Path | None, engine: FaceEngine) -> Iterator[tuple[str, str, Image]]:
    for name, person in PEOPLE.items():
        yield "synthetic people", name, printed_person(person)
    for path in sorted((folder / "clips").glob("*.mp4")) if folder else ():
        face = most_frontal(path, engine)
        if face is not None:
            yield "faces in videos", path.stem, on_paper(face)


def drawn(engine: FaceEngine, policy: AntiPhoto, times: int) -> Figures:
    """Measure complete checks, as in the terminal, of people and attackers."""
    outcomes: dict[str, Counter[str]] = {}
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference)
        for kind in ("", *Attack):
            for seed in range(times):
                outcome = _complete_check(f"{name}+{kind}" if kind else name, seed, reference, engine, policy)
                outcomes.setdefault(kind or "bona fide", Counter())[outcome] += 1
    holders = outcomes["bona fide"]
    rates = {
        kind: attack_rate(counts["passed"], counts.total())
        for kind, counts in outcomes.items()
        if counts is not holders
    }
    rates["bona fide"] = bona_fide_rate(holders.total() - holders["passed"], holders.total())
    return {"outcomes": {kind: dict(counts) for kind, counts in outcomes.items()}, "rates": rates}


def _complete_check(subject: str, seed: int, reference: Reference, engine: FaceEngine, policy: AntiPhoto) -> str:
    view = FrameByFrame(SyntheticSource(subject, realtime=False, seed=seed))
    verdict = check_face(
        view,
        reference,
        engine,
        VisionSettings(anti_photo=policy),
        lambda _: None,
        threading.Event(),
        view.clock,
        random.Random(f"{subject} {seed}"),
        calibration=engine.synthetic_calibration,
    )
    if isinstance(verdict, PhotoSuspected):
        return verdict.sign.value
    return "passed" if isinstance(verdict, FaceMatch) else type(verdict).__name__


def measure(
    parts: list[str], folder: Path | None, engine: FaceEngine, face_folder: Path, times: int, seed: int
) -> Iterator[tuple[str, Figures]]:
    """Yield the name of each part and its figures, including its duration."""
    folder_parts: dict[str, Callable[[Path], Figures]] = {
        "prints": lambda path: moved_prints(path, engine),
        "faces": lambda path: faces(path, engine),
        "networks": lambda path: networks(path, engine, face_folder),
        "printed": lambda path: printed(path, engine),
    }
    for part in parts:
        began, cpu = time.monotonic(), time.process_time()
        if part == "bent":
            figures = bent(folder, engine, seed)
        elif part.startswith("drawn"):
            figures = drawn(engine, AntiPhoto.STRICT if part == "drawn-strict" else AntiPhoto.STANDARD, times)
        elif folder is None:
            continue
        else:
            figures = folder_parts[part](folder)
        durations = {"seconds": round(time.monotonic() - began), "cpu_seconds": round(time.process_time() - cpu)}
        yield part, figures | durations


def print_figures(figures: Figures, indent: int = 2) -> None:
    for name, value in figures.items():
        if isinstance(value, dict) and any(isinstance(item, dict | str) for item in value.values()):
            print(f"{'':{indent}}{name}")
            print_figures(value, indent + 2)
        else:
            text = (
                ", ".join(f"{outcome} {count}" for outcome, count in value.items())
                if isinstance(value, dict)
                else value
            )
            print(f"{'':{indent}}{name}: {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="recordings (default: measure only the parts that do not require them)"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--own", type=Path, default=Settings().face_dir, help="a terminal's face folder")
    parser.add_argument("--times", type=int, default=1, help="attempts per synthetic person and attack")
    parser.add_argument("--seed", type=int, default=1, help="random seed for bent prints")
    options = parser.parse_args()
    measured: Figures = {}
    for part, figures in measure(
        options.part or list(PARTS),
        options.folder,
        open_engine(options.cache),
        options.own,
        options.times,
        options.seed,
    ):
        measured[part] = figures
        print(f"\n{part}")
        print_figures(figures)
        if options.json:
            options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
