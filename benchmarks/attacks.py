"""Measure the anti-photo check: rejected people and accepted photographs (ISO/IEC 30107-3).

    python -m benchmarks.attacks DIR --json attacks.json [--part NAME ...]

DIR contains clips/ with films of real faces, not asked to turn, and prints/ with real prints and real faces recorded by
a real camera: prints/moving/PERSON/SERIES of a moving print, prints/print and prints/real. DIR may also be a folder of
prints itself. Missing folders are skipped. Parts:

    prints        a turn to either side, started at every picture of the moving prints (`benchmarks.recorded_turns`)
    faces         the same for the films and the faces in prints/real
    networks      MiniFASNet, if the terminal has it, on the pictures in prints/
    printed       a frame of each film, printed, held in front of a simulated camera and turned as the screen requests
    bent          the same frames and the drawn people on randomly bent prints: bend, axis, turn, and change of the
                  bend while turning vary
    drawn         synthetic people and attackers through the complete check; needs no DIR
    drawn-strict  the same with two turns

Figures are printed after each part. Nothing else is written.
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
from vision.check import PHOTOGRAPH, check_face
from vision.engines.engine import FaceEngine
from vision.engines.open import open_engine
from vision.face import FaceAxes, Points
from vision.frame import Frame, FrameProblem, Image, frame_of
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
"""In films and filled series, a turn is started at every n-th picture."""
THIN = 6
"""For comparison with filled series, films are reduced to every n-th picture and then filled."""
BENDS = (1.0, 2.0, 3.0)
"""1 / radius of a bent print, in widths of the print."""
HANDS = 1
"""Prints of each kind per film, each moved differently."""
BENT = 2
"""Randomly bent prints per face."""
Figures = dict[str, Any]


def people_in(folder: Path, kind: str) -> list[Path]:
    """Return the folders in prints/KIND, or in KIND if DIR is a folder of prints. Empty if there is neither."""
    place = next((one for one in (folder / "prints" / kind, folder / kind) if one.is_dir()), None)
    return sorted(one for one in place.iterdir() if one.is_dir()) if place else []


def moved_prints(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real prints moved by hand, as recorded and with interpolated pictures."""
    found = _Replayed()
    for person in people_in(folder, "moving"):
        for place in sorted(person.iterdir()):
            found.play(person.name, numbered(list(place.iterdir()), engine), engine)
    return found.figures(attacks)


def faces(folder: Path, engine: FaceEngine) -> Figures:
    """Measure real faces not asked to turn: films, the same with fewer pictures, and series from a webcam."""
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
    """Series of pictures a fifth of a second apart."""

    def __init__(self) -> None:
        self._recorded: ByPerson = {}
        self._filled: ByPerson = {}
        self._pairs: list[tuple[float, bool]] = []

    def play(self, person: str, series: Series, engine: FaceEngine) -> None:
        self._pairs += nose_ahead(series)
        self._recorded.setdefault(person, []).extend(trials(series, 1))
        self._filled.setdefault(person, []).extend(trials(filled(series, engine), EVERY))

    def figures(self, summed_up: Callable[[ByPerson], Figures]) -> Figures:
        return {
            "as recorded": summed_up(self._recorded),
            "filled": summed_up(self._filled),
            "pairs of pictures as recorded": pairs(self._pairs),
        }


def networks(folder: Path, engine: FaceEngine, own: Path) -> Figures:
    """Measure MiniFASNet on single pictures and on series of five: how many it takes for photographs."""
    voting = open_anti_spoofing(own)
    if voting is None:
        return {"skipped": f"no network in {own}: `uketsuke face add-antispoof`"}
    found: Figures = {}
    for kind in ("print", "moving", "real"):
        single, series, people = [], [], 0
        for person in people_in(folder, kind):
            scores = []
            for path in sorted(one for one in person.rglob("*") if one.is_file()):
                frame = picture(path)
                faces = engine.faces(frame.grey)
                if len(faces) == 1:
                    scores.append(voting.liveness(frame.rgb, faces[0]))
            people += 1
            single += scores
            series += [float(np.mean(scores[at : at + 5])) for at in range(0, len(scores) - 4, 5)]
        found[kind] = {"people": people}
        for what, votes in (("pictures", single), ("series of five", series)):
            called = sum(one < PHOTOGRAPH for one in votes)
            rate = (
                bona_fide_rate(called, len(votes)) if kind == "real" else attack_rate(len(votes) - called, len(votes))
            )
            found[kind][what] = rate
    return found


def printed(folder: Path, engine: FaceEngine) -> Figures:
    """Measure simulated prints of a frame of each film, by kind."""
    ends: dict[str, Counter[str]] = {}
    for number, path in enumerate(sorted((folder / "clips").glob("*.mp4"))):
        shown = straightest(path, engine)
        if shown is not None:
            for kind, end in prints_of(shown, engine, 100 * number):
                ends.setdefault(kind, Counter())[end] += 1
    every = sum(ends.values(), Counter[str]())
    return {
        "ends": {kind: dict(one) for kind, one in ends.items()},
        "rate": attack_rate(every["passed"], every.total()),
    }


def straightest(path: Path, engine: FaceEngine) -> Image | None:
    """Return head and shoulders from the frame with the most frontal face, or None if few frames show a face."""
    best: tuple[float, Frame, Points] | None = None
    count = 0
    for frame in film(path):
        points = seen(frame, engine).points
        if points is None:
            continue
        count += 1
        if best is None or abs(turn(points)) < best[0]:
            best = (abs(turn(points)), frame, points)
    if best is None or count < 20:
        return None
    _, frame, points = best
    size = FaceAxes(points).distance
    x, y = points.mean(axis=0)
    cut = frame.rgb[max(int(y - 2.6 * size), 0) : int(y + 2.9 * size), max(int(x - 2.2 * size), 0) :][
        :, : int(4.4 * size)
    ]
    return np.ascontiguousarray(cut)


@dataclass(frozen=True, slots=True)
class Bending:
    """How a print is bent and turned."""

    bend: float = 0.0
    """See `HeldSheet.bend`, as `slant`."""
    far: float = 1.0
    """Turn of the print, relative to that of a head."""
    slant: float = 0.0
    swing: float = 0.0
    """Relative increase of the bend per radian of turn."""


def hands(sheet: Image, way: Bending, seed: int) -> Callable[[float, float], Image]:
    """Return a function from `(seconds, turned)` to the camera's frame of a print held by hand."""
    hand = Hand(seed)
    wall = np.full((480, 640, 3), (150, 146, 140), np.uint8)
    noise = np.random.default_rng(seed)

    def seen_at(seconds: float, turned: float) -> Image:
        bend = way.bend * (1 + way.swing * turned)
        held: HeldSheet = replace(hand.holds(seconds, way.far * turned, bend, away=1.7), slant=way.slant)
        frame = lay(sheet, held, wall).astype(np.int16) + noise.normal(0, 3, (480, 640, 1)).astype(np.int16)
        _, coded = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return seen_at


def held_up(camera: Callable[[float, float], Image], engine: FaceEngine, seed: int) -> str:
    """Return how a challenge ends for a print whose holder follows the instructions on the screen."""
    challenge = TurnChallenge(STANDARD, random.Random(seed))
    attention = Attention()
    number = 0
    while number < 15 * FPS:
        number += 1
        now = number / FPS
        frame = frame_of(camera(now, attention.turned(now)), number=number, taken_at=now)
        assert not isinstance(frame, FrameProblem)
        points = seen(frame, engine).points
        answer: Guidance | PhotoSign | None = Guidance.HOLD_STILL
        if challenge.phase is Phase.TURNING:
            answer = challenge.turned(frame.grey, points, now)
            if answer is None:
                challenge.settle()
        elif points is not None and abs(turn(points)) <= AHEAD and challenge.is_time(now):
            answer = challenge.begin(frame.grey, points, now)
        if isinstance(answer, PhotoSign):
            return answer.value
        if challenge.passed:
            return "passed"
        attention.hear(answer or Guidance.HOLD_STILL, now)
    return "no end"


def prints_of(shown: Image, engine: FaceEngine, seed: int) -> Iterator[tuple[str, str]]:
    """Yield kind and outcome of every attempt with prints of a picture."""
    sheet = on_paper(shown)
    ways = [("flat print, turned", Bending(far=far)) for far in (1.0, 1.4)]
    ways += [("flat print, held still", Bending(far=0.0))]
    ways += [(f"bent print {bend:g}, turned", Bending(bend, 1.4)) for bend in BENDS]
    for hand in range(HANDS):
        for kind, way in ways:
            yield kind, held_up(hands(sheet, way, seed + hand), engine, hand)


def bent(folder: Path | None, engine: FaceEngine, seed: int) -> Figures:
    """Measure randomly bent prints of the drawn people and of the faces in films."""
    ends: dict[str, Counter[str]] = {}
    for kind, name, sheet in _sheets(folder, engine):
        for number in range(BENT):
            chance = random.Random(f"{name} {number} {seed}")
            way = Bending(
                bend=chance.uniform(0.7, 3.0),
                far=chance.uniform(1.0, 1.7),
                slant=chance.uniform(-np.pi / 2, np.pi / 2),
                swing=chance.uniform(-0.8, 0.8),
            )
            end = held_up(hands(sheet, way, chance.randrange(1 << 30)), engine, number)
            ends.setdefault(kind, Counter())[end] += 1
    return {kind: {"ends": dict(one), "rate": attack_rate(one["passed"], one.total())} for kind, one in ends.items()}


def _sheets(folder: Path | None, engine: FaceEngine) -> Iterator[tuple[str, str, Image]]:
    for name, person in PEOPLE.items():
        yield "drawn people", name, printed_person(person)
    for path in sorted((folder / "clips").glob("*.mp4")) if folder else ():
        shown = straightest(path, engine)
        if shown is not None:
            yield "faces in films", path.stem, on_paper(shown)


def drawn(engine: FaceEngine, policy: AntiPhoto, times: int) -> Figures:
    """Measure people and attackers through the complete check, as in the terminal."""
    ends: dict[str, Counter[str]] = {}
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference)
        for kind in ("", *Attack):
            for seed in range(times):
                end = _complete_check(f"{name}+{kind}" if kind else name, seed, reference, engine, policy)
                ends.setdefault(kind or "the person", Counter())[end] += 1
    holders = ends["the person"]
    rates = {kind: attack_rate(one["passed"], one.total()) for kind, one in ends.items() if one is not holders}
    rates["the person"] = bona_fide_rate(holders.total() - holders["passed"], holders.total())
    return {"ends": {kind: dict(one) for kind, one in ends.items()}, "rates": rates}


def _complete_check(shown: str, seed: int, reference: Reference, engine: FaceEngine, policy: AntiPhoto) -> str:
    view = FrameByFrame(SyntheticSource(shown, realtime=False, seed=seed))
    verdict = check_face(
        view,
        reference,
        engine,
        VisionSettings(anti_photo=policy),
        lambda _: None,
        threading.Event(),
        view.clock,
        random.Random(f"{shown} {seed}"),
        calibration=engine.drawn_calibration,
    )
    if isinstance(verdict, PhotoSuspected):
        return verdict.sign.value
    return "passed" if isinstance(verdict, FaceMatch) else type(verdict).__name__


def measure(
    parts: list[str], folder: Path | None, engine: FaceEngine, own: Path, times: int, seed: int
) -> Iterator[tuple[str, Figures]]:
    """Yield each part with its figures, including the time it took."""
    of_folder: dict[str, Callable[[Path], Figures]] = {
        "prints": lambda place: moved_prints(place, engine),
        "faces": lambda place: faces(place, engine),
        "networks": lambda place: networks(place, engine, own),
        "printed": lambda place: printed(place, engine),
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
            figures = of_folder[part](folder)
        took = {"seconds": round(time.monotonic() - began), "cpu_seconds": round(time.process_time() - cpu)}
        yield part, figures | took


def print_figures(figures: Figures, indent: int = 2) -> None:
    for what, value in figures.items():
        if isinstance(value, dict) and any(isinstance(one, dict | str) for one in value.values()):
            print(f"{'':{indent}}{what}")
            print_figures(value, indent + 2)
        else:
            text = ", ".join(f"{end} {count}" for end, count in value.items()) if isinstance(value, dict) else value
            print(f"{'':{indent}}{what}: {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="without it, only the drawn parts are measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--own", type=Path, default=Settings().face_dir, help="a terminal's face folder")
    parser.add_argument("--times", type=int, default=1, help="attempts per drawn person and attack")
    parser.add_argument("--seed", type=int, default=1, help="random seed for the bends")
    given = parser.parse_args()
    every: Figures = {}
    for part, figures in measure(
        given.part or list(PARTS), given.folder, open_engine(given.cache), given.own, given.times, given.seed
    ):
        every[part] = figures
        print(f"\n{part}")
        print_figures(figures)
        if given.json:
            given.json.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
