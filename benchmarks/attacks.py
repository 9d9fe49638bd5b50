"""Measure the anti-photo check: rejected people and accepted photographs (ISO/IEC 30107-3).

    python -m benchmarks.attacks DIR --json attacks.json [--part NAME ...]

DIR contains clips/ with films of real faces without instructions, and prints/ with real prints and faces recorded by a
camera: prints/moving/PERSON/SERIES of a moving print, prints/print and prints/real. DIR may also be a prints folder.
Missing folders are skipped. Parts:

    prints        a turn to each side, started at every picture of the moving prints (`benchmarks.recorded_turns`)
    faces         the same for the films and the faces in prints/real
    networks      MiniFASNet, if added to the terminal, on the pictures in prints/
    printed       simulated prints of a frame of each film, turned in front of a camera as instructed
    bent          the same frames and the drawn people on randomly bent prints, which vary in bend, axis, turn and
                  change of the bend during the turn
    drawn         complete checks of synthetic people and attackers, without DIR
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
    filled,
    film,
    nose_ahead,
    numbered,
    pairs,
    picture,
    seen,
    trials,
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
from vision.synthetic.held_sheet import HeldSheet, lay
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.turn_challenge import Phase, TurnChallenge
from vision.verdict import FaceMatch, Guidance, PhotoSign, PhotoSuspected

PARTS = ("prints", "faces", "networks", "printed", "bent", "drawn", "drawn-strict")
EVERY = 6
"""Interval between pictures of films and filled series at which turns are started."""
THIN = 6
"""Interval to which films are reduced before filling, for comparison with filled series."""
BENDS = (1.0, 2.0, 3.0)
"""1 / radius of a bent print, in widths of the print."""
HANDS = 1
"""Number of prints of each kind per film, each with a different movement."""
BENT = 2
"""Number of randomly bent prints per face."""
Figures = dict[str, Any]


def people_in(folder: Path, kind: str) -> list[Path]:
    """Return the folders in prints/KIND, or in KIND if DIR is a prints folder."""
    parent = next((path for path in (folder / "prints" / kind, folder / kind) if path.is_dir()), None)
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent else []


def moved_prints(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real prints moved by hand, as recorded and with interpolated pictures."""
    replayed = _Replayed()
    for person in people_in(folder, "moving"):
        for series in sorted(person.iterdir()):
            replayed.play(person.name, numbered(list(series.iterdir()), engine), engine)
    return replayed.figures(attacks)


def faces(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real faces without instructions: films, films with fewer pictures, and series from a webcam."""
    films: ByPerson = {}
    thinned: ByPerson = {}
    for path in sorted((folder / "clips").glob("*.mp4")):
        series = [seen(frame, engine) for frame in film(path)]
        films[path.stem] = list(trials(series, EVERY))
        thinned[path.stem] = list(trials(filled(series[::THIN], engine), EVERY))
    webcam = _Replayed()
    for person in people_in(folder, "real"):
        sessions: dict[str, list[Path]] = {}
        for path in person.iterdir():
            sessions.setdefault(path.stem.rpartition("_")[0], []).append(path)
        for pictures in sessions.values():
            webcam.play(person.name, numbered(pictures, engine), engine)
    return {
        "films": bona_fide(films),
        f"films, every {THIN}th picture, filled": bona_fide(thinned),
        "webcam": webcam.figures(bona_fide),
    }


class _Replayed:
    """Results for series of pictures, recorded every 0.2 s."""

    def __init__(self) -> None:
        self._recorded: ByPerson = {}
        self._filled: ByPerson = {}
        self._pairs: list[tuple[float, bool]] = []

    def play(self, person: str, series: Series, engine: FaceEngine) -> None:
        self._pairs += nose_ahead(series)
        self._recorded.setdefault(person, []).extend(trials(series, 1))
        self._filled.setdefault(person, []).extend(trials(filled(series, engine), EVERY))

    def figures(self, summarise: Callable[[ByPerson], Figures]) -> Figures:
        return {
            "as recorded": summarise(self._recorded),
            "filled": summarise(self._filled),
            "pairs of pictures as recorded": pairs(self._pairs),
        }


def networks(folder: Path, engine: FaceEngine, face_folder: Path) -> Figures:
    """Measure how many single pictures and series of five MiniFASNet classifies as photographs."""
    anti_spoofing = open_anti_spoofing(face_folder)
    if anti_spoofing is None:
        return {"skipped": f"no network in {face_folder}. Add one: `uketsuke face add-antispoof`"}
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
        for what, votes in (("pictures", single), ("series of five", series)):
            detected = sum(vote < MIN_LIVENESS for vote in votes)
            rate = (
                bona_fide_rate(detected, len(votes))
                if kind == "real"
                else attack_rate(len(votes) - detected, len(votes))
            )
            figures[kind][what] = rate
    return figures


def printed(folder: Path, engine: FaceEngine) -> Figures:
    """Measure simulated prints of a frame of each film, by kind."""
    ends: dict[str, Counter[str]] = {}
    for number, path in enumerate(sorted((folder / "clips").glob("*.mp4"))):
        face = straightest(path, engine)
        if face is not None:
            for kind, end in prints_of(face, engine, 100 * number):
                ends.setdefault(kind, Counter())[end] += 1
    total = sum(ends.values(), Counter[str]())
    return {
        "ends": {kind: dict(counts) for kind, counts in ends.items()},
        "rate": attack_rate(total["passed"], total.total()),
    }


def straightest(path: Path, engine: FaceEngine) -> Image | None:
    """Crop head and shoulders from the frame with the most frontal face. Returns None if few frames show a face."""
    best: tuple[float, Frame, Landmarks] | None = None
    count = 0
    for frame in film(path):
        landmarks = seen(frame, engine).landmarks
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
    cut = frame.rgb[max(int(y - 2.6 * size), 0) : int(y + 2.9 * size), max(int(x - 2.2 * size), 0) :][
        :, : int(4.4 * size)
    ]
    return np.ascontiguousarray(cut)


@dataclass(frozen=True, slots=True)
class Bending:
    """Bend and turn of a print."""

    bend: float = 0.0
    """See `HeldSheet.bend`."""
    turn_factor: float = 1.0
    """Turn of the print relative to that of a head."""
    slant: float = 0.0
    """See `HeldSheet.slant`."""
    swing: float = 0.0
    """Relative increase of the bend per radian of turn."""


def hands(sheet: Image, bending: Bending, seed: int) -> Callable[[float, float], Image]:
    """Return a function from `(seconds, turned)` to the camera frame of a hand-held print."""
    hand = Hand(seed)
    wall = np.full((480, 640, 3), (150, 146, 140), np.uint8)
    noise = np.random.default_rng(seed)

    def frame_at(seconds: float, turned: float) -> Image:
        bend = bending.bend * (1 + bending.swing * turned)
        held: HeldSheet = replace(hand.pose(seconds, bending.turn_factor * turned, bend, away=1.7), slant=bending.slant)
        frame = lay(sheet, held, wall).astype(np.int16) + noise.normal(0, 3, (480, 640, 1)).astype(np.int16)
        _, coded = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return frame_at


def held_up(camera: Callable[[float, float], Image], engine: FaceEngine, seed: int) -> str:
    """Return the outcome of a challenge for a print whose holder follows the instructions on the screen."""
    challenge = TurnChallenge(STANDARD, random.Random(seed))
    attention = Attention()
    number = 0
    while number < 15 * FPS:
        number += 1
        now = number / FPS
        frame = to_frame(camera(now, attention.turned(now)), number=number, taken_at=now)
        assert not isinstance(frame, FrameProblem)
        landmarks = seen(frame, engine).landmarks
        answer: Guidance | PhotoSign | None = Guidance.HOLD_STILL
        if challenge.phase is Phase.TURNING:
            answer = challenge.turned(frame.grey, landmarks, now)
            if answer is None:
                challenge.settle()
        elif landmarks is not None and abs(turn(landmarks)) <= AHEAD and challenge.is_time(now):
            answer = challenge.begin(frame.grey, landmarks, now)
        if isinstance(answer, PhotoSign):
            return answer.value
        if challenge.passed:
            return "passed"
        attention.hear(answer or Guidance.HOLD_STILL, now)
    return "no end"


def prints_of(face: Image, engine: FaceEngine, seed: int) -> Iterator[tuple[str, str]]:
    """Yield kind and outcome of every attempt with prints of a picture."""
    sheet = on_paper(face)
    bendings = [("flat print, turned", Bending(turn_factor=turn_factor)) for turn_factor in (1.0, 1.4)]
    bendings += [("flat print, held still", Bending(turn_factor=0.0))]
    bendings += [(f"bent print {bend:g}, turned", Bending(bend, 1.4)) for bend in BENDS]
    for hand in range(HANDS):
        for kind, bending in bendings:
            yield kind, held_up(hands(sheet, bending, seed + hand), engine, hand)


def bent(folder: Path | None, engine: FaceEngine, seed: int) -> Figures:
    """Measure randomly bent prints of the drawn people and of the faces in films."""
    ends: dict[str, Counter[str]] = {}
    for kind, name, sheet in _sheets(folder, engine):
        for number in range(BENT):
            rng = random.Random(f"{name} {number} {seed}")
            bending = Bending(
                bend=rng.uniform(0.7, 3.0),
                turn_factor=rng.uniform(1.0, 1.7),
                slant=rng.uniform(-np.pi / 2, np.pi / 2),
                swing=rng.uniform(-0.8, 0.8),
            )
            end = held_up(hands(sheet, bending, rng.randrange(1 << 30)), engine, number)
            ends.setdefault(kind, Counter())[end] += 1
    return {
        kind: {"ends": dict(counts), "rate": attack_rate(counts["passed"], counts.total())}
        for kind, counts in ends.items()
    }


def _sheets(folder: Path | None, engine: FaceEngine) -> Iterator[tuple[str, str, Image]]:
    for name, person in PEOPLE.items():
        yield "drawn people", name, printed_person(person)
    for path in sorted((folder / "clips").glob("*.mp4")) if folder else ():
        face = straightest(path, engine)
        if face is not None:
            yield "faces in films", path.stem, on_paper(face)


def drawn(engine: FaceEngine, policy: AntiPhoto, times: int) -> Figures:
    """Measure complete checks, as in the terminal, of people and attackers."""
    ends: dict[str, Counter[str]] = {}
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference)
        for kind in ("", *Attack):
            for seed in range(times):
                end = _complete_check(f"{name}+{kind}" if kind else name, seed, reference, engine, policy)
                ends.setdefault(kind or "the person", Counter())[end] += 1
    holders = ends["the person"]
    rates = {
        kind: attack_rate(counts["passed"], counts.total()) for kind, counts in ends.items() if counts is not holders
    }
    rates["the person"] = bona_fide_rate(holders.total() - holders["passed"], holders.total())
    return {"ends": {kind: dict(counts) for kind, counts in ends.items()}, "rates": rates}


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
    """Yield each part with its figures and its duration."""
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
    for what, value in figures.items():
        if isinstance(value, dict) and any(isinstance(item, dict | str) for item in value.values()):
            print(f"{'':{indent}}{what}")
            print_figures(value, indent + 2)
        else:
            text = ", ".join(f"{end} {count}" for end, count in value.items()) if isinstance(value, dict) else value
            print(f"{'':{indent}}{what}: {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="by default, only the drawn parts are measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--own", type=Path, default=Settings().face_dir, help="a terminal's face folder")
    parser.add_argument("--times", type=int, default=1, help="attempts per drawn person and attack")
    parser.add_argument("--seed", type=int, default=1, help="random seed for the bends")
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
