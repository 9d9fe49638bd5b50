"""Figures of the anti-photo check: who turns and is refused, what is a photograph and passes.

    python -m benchmarks.attacks DIR --json attacks.json

DIR holds clips/ with films of real faces, whom nobody asked to turn, and prints/ with real prints before a real camera:
prints/moving/PERSON/SERIES of one print that is moved, prints/print and prints/real with pictures for MiniFASNet. Every
film is entered at many moments, once for each side: a trial counts where the head did turn to that side in time. Then
one frame of each film is printed, held before a simulated camera, and turned as the screen asks. Last come the
synthetic persons and their attackers, through the whole face check. Nothing is written but the figures.
"""

import argparse
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from platformdirs import user_cache_path

from config.settings import AntiPhoto, Settings, VisionSettings
from vision.antispoofing.store import open_anti_spoofing
from vision.challenge import DEMANDS, Phase, TurnChallenge
from vision.check import PHOTOGRAPH, check_face
from vision.engines.engine import FaceEngine
from vision.engines.open import open_engine
from vision.face import FaceAxes, Points
from vision.frame import Frame, FrameProblem, Image, frame_of
from vision.guidance import turn
from vision.reference import Reference, make_reference
from vision.synthetic.attacks import Attack, Hand, on_paper
from vision.synthetic.attention import Attention
from vision.synthetic.frame_by_frame import FrameByFrame
from vision.synthetic.held_sheet import HeldSheet, lay
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import card_portrait
from vision.synthetic.source import SyntheticSource
from vision.verdict import FaceMatch, Guidance, PhotoSign, PhotoSuspected

STANDARD = DEMANDS[AntiPhoto.STANDARD]
ONE_TURN = replace(STANDARD, turns=1, mistakes=0)
"""What one turn is worth alone: nothing is forgiven, so each end says what was missed."""
ENDS = {
    PhotoSign.CHANGED: "lost",
    PhotoSign.NOT_TURNED: "no turn",
    PhotoSign.WRONG_WAY: "wrong way",
    PhotoSign.FLAT: "nose not ahead",
}
FPS = 25.0
EVERY = 6
"""Frames between two moments at which a film is entered."""
AHEAD = 0.2
PRINTS_FPS = 5.0
PRINTS_EVERY = 1
BENDS = (0.5, 1.0, 1.5, 2.0, 3.0)
"""1 / radius of a bent print, in widths of the print."""
HANDS = 1
"""Prints of each kind per film, each in another hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    grey: Image
    points: Points | None
    at: float


def one_face(engine: FaceEngine, frame: Frame) -> Points | None:
    faces = engine.faces(frame.grey)
    return faces[0].points if len(faces) == 1 else None


def film(path: Path, engine: FaceEngine) -> list[tuple[Frame, Points | None]]:
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS) or FPS
    frames: list[tuple[Frame, Points | None]] = []
    while True:
        got, picture = capture.read()
        if not got:
            return frames
        scale = 640 / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = frame_of(picture, number=len(frames), taken_at=len(frames) / rate, order="BGR")
        assert not isinstance(frame, FrameProblem)
        frames.append((frame, one_face(engine, frame)))


def forced(side: int) -> random.Random:
    """Chance that always draws that side, at once."""

    class Forced(random.Random):
        def choice(self, seq: Any) -> Any:
            return side

        def uniform(self, a: float, b: float) -> float:
            return 0.0

    return Forced()


def tried(frames: list[tuple[Frame, Points | None]], start: int, side: int) -> tuple[str, int]:
    """How a challenge for that side ends that is set in frame `start`, and how many frames show the turn."""
    challenge = TurnChallenge(ONE_TURN, forced(side))
    first, points = frames[start]
    assert points is not None
    challenge.begin(first.grey, points, first.taken_at)
    turned = 0
    for frame, seen in frames[start + 1 :]:
        if seen is not None and (turn(seen) - turn(points)) * side >= STANDARD.enough:
            turned += 1
        told = challenge.turned(frame.grey, seen, frame.taken_at)
        if isinstance(told, PhotoSign):
            return ENDS[told], turned
        if challenge.just_turned:
            return "passed", turned
    return "series ended", turned


def turns(frames: list[tuple[Frame, Points | None]], start: int, side: int) -> bool:
    """Whether the head turns to that side after that frame, before the check loses patience."""
    first, points = frames[start]
    assert points is not None
    until = first.taken_at + STANDARD.seconds
    later = [turn(seen) for frame, seen in frames[start + 1 :] if seen is not None and frame.taken_at < until]
    return sum((one - turn(points)) * side >= STANDARD.enough for one in later) >= STANDARD.looks


def attack_rate(ends: Counter[str]) -> str:
    """APCER (ISO/IEC 30107-3): the share of attack presentations that pass, with its upper 95 % limit."""
    return _rate("APCER", ends["passed"], ends.total())


def bona_fide_rate(ends: Counter[str]) -> str:
    """BPCER: the share of bona fide presentations that do not pass."""
    return _rate("BPCER", ends.total() - ends["passed"], ends.total())


def _rate(name: str, wrong: int, total: int) -> str:
    if not total:
        return f"{name}: no presentations"
    upper = binomial_upper(wrong, total)
    return f"{name} {wrong / total:.1%} ({wrong} of {total}, at most {upper:.1%})"


def binomial_upper(wrong: int, total: int) -> float:
    """The upper 95 % limit of Wilson's interval; 3 / n where nothing went wrong."""
    if not wrong:
        return min(3 / total, 1.0)
    share, z = wrong / total, 1.96
    middle = share + z * z / (2 * total)
    reach = z * float(np.sqrt(share * (1 - share) / total + z * z / (4 * total * total)))
    return (middle + reach) / (1 + z * z / total)


def real(frames: list[tuple[Frame, Points | None]]) -> Counter[str]:
    """Count the verdicts of the trials in which the head turned far enough for long enough."""
    ends: Counter[str] = Counter()
    for start in range(0, len(frames) - 10, EVERY):
        points = frames[start][1]
        if points is None or abs(turn(points)) > AHEAD:
            continue
        for side in (1, -1):
            if not turns(frames, start, side):
                continue
            end, turned = tried(frames, start, side)
            if turned >= STANDARD.looks:
                ends[end] += 1
    return ends


def moving_prints(folder: Path, engine: FaceEngine) -> dict[str, Any]:
    """Real prints moved by hand: how challenges end that are set at every start, to both sides (APCER: passed)."""
    ends: Counter[str] = Counter()
    turned_ends: Counter[str] = Counter()
    series = sorted(place for person in folder.iterdir() for place in person.iterdir() if place.is_dir())
    pictures = faces = 0
    for place in series:
        frames = []
        for number, path in enumerate(sorted(place.iterdir())):
            picture = cv2.imread(str(path))
            frame = frame_of(picture, number=number, taken_at=number / PRINTS_FPS, order="BGR")
            assert not isinstance(frame, FrameProblem)
            frames.append((frame, one_face(engine, frame)))
        pictures, faces = pictures + len(frames), faces + sum(points is not None for _, points in frames)
        for start in range(0, len(frames) - 5, PRINTS_EVERY):
            points = frames[start][1]
            if points is None or abs(turn(points)) > AHEAD:
                continue
            for side in (1, -1):
                end, turned = tried(frames, start, side)
                ends[end] += 1
                if turned >= STANDARD.looks:
                    turned_ends[end] += 1
    return {
        "series": len(series),
        "pictures": pictures,
        "faces": faces,
        "all presentations": dict(ends),
        "presentations that turn": dict(turned_ends),
        "rates": {"all": attack_rate(ends), "that turn": attack_rate(turned_ends)},
    }


def votes(folder: Path, engine: FaceEngine, own: Path) -> dict[str, Any]:
    """MiniFASNet on single pictures and on series of five: how many a threshold of 0.3 calls a photograph."""
    networks = open_anti_spoofing(own)
    if networks is None:
        return {}
    found: dict[str, Any] = {}
    for kind in ("print", "real"):
        single, series = [], []
        for person in sorted((folder / kind).iterdir()):
            scores = []
            for path in sorted(person.iterdir()):
                frame = frame_of(cv2.imread(str(path)), number=0, taken_at=0.0, order="BGR")
                assert not isinstance(frame, FrameProblem)
                faces = engine.faces(frame.grey)
                if len(faces) == 1:
                    scores.append(networks.liveness(frame.rgb, faces[0]))
            single += scores
            series += [float(np.mean(scores[at : at + 5])) for at in range(0, len(scores) - 4, 5)]
        found[kind] = {
            "pictures": len(single),
            "pictures called photographs": sum(one < PHOTOGRAPH for one in single),
            "series": len(series),
            "series called photographs": sum(one < PHOTOGRAPH for one in series),
        }
    return found


def sharpest_ahead(frames: list[tuple[Frame, Points | None]]) -> Image | None:
    """Head and shoulders from the frame that looks most straight ahead."""
    looking = [(abs(turn(points)), frame, points) for frame, points in frames if points is not None]
    if len(looking) < 20:
        return None
    _, frame, points = min(looking, key=lambda one: one[0])
    size = FaceAxes(points).distance
    x, y = points.mean(axis=0)
    picture = frame.rgb[max(int(y - 2.6 * size), 0) : int(y + 2.9 * size), max(int(x - 2.2 * size), 0) :][
        :, : int(4.4 * size)
    ]
    return np.ascontiguousarray(picture)


def hands(picture: Image, bend: float, seed: int, far: float) -> Callable[[float, float], Image]:
    """What the camera sees of a print of it: `(seconds, turned)` to a frame."""
    hand, sheet = Hand(seed), on_paper(picture)
    wall = np.full((480, 640, 3), (150, 146, 140), np.uint8)
    noise = np.random.default_rng(seed)

    def shown(seconds: float, turned: float) -> Image:
        held: HeldSheet = hand.holds(seconds, far * turned, bend, away=1.7)
        frame = lay(sheet, held, wall).astype(np.int16) + noise.normal(0, 3, (480, 640, 1)).astype(np.int16)
        _, coded = cv2.imencode(".jpg", np.clip(frame, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return shown


def held_up(shown: Callable[[float, float], Image], engine: FaceEngine, seed: int) -> str:
    """How one challenge ends before a print whose holder follows what the screen says."""
    challenge = TurnChallenge(STANDARD, random.Random(seed))
    attention = Attention()
    number = 0
    while number < 15 * FPS:
        number += 1
        now = number / FPS
        frame = frame_of(shown(now, attention.turned(now)), number=number, taken_at=now)
        assert not isinstance(frame, FrameProblem)
        points = one_face(engine, frame)
        told: Guidance | PhotoSign | None = Guidance.HOLD_STILL
        if challenge.phase is Phase.TURNING:
            told = challenge.turned(frame.grey, points, now)
            if told is None:
                challenge.settle()
        elif points is not None and abs(turn(points)) <= AHEAD and challenge.is_time(now):
            told = challenge.begin(frame.grey, points, now)
        if isinstance(told, PhotoSign):
            return told.value
        if challenge.passed:
            return "passed"
        attention.hear(told or Guidance.HOLD_STILL, now)
    return "no end"


def prints_of(picture: Image, engine: FaceEngine, seed: int) -> Iterator[tuple[str, str]]:
    """Kind and end of every attempt with prints of one picture."""
    for hand in range(HANDS):
        for far in (1.0, 1.4):
            yield "flat print, turned", held_up(hands(picture, 0.0, seed + hand, far), engine, hand)
        yield "flat print, held still", held_up(hands(picture, 0.0, seed + hand, 0.0), engine, hand)
        for bend in BENDS:
            yield f"bent print {bend:g}, turned", held_up(hands(picture, bend, seed + hand, 1.4), engine, hand)


def synthetic(engine: FaceEngine, policy: AntiPhoto, times: int) -> dict[str, Counter[str]]:
    """Persons and their attackers through the whole check, as the terminal runs it."""
    ends: dict[str, Counter[str]] = {}
    settings = VisionSettings(anti_photo=policy)
    for name in PEOPLE:
        reference = make_reference(engine, card_portrait(name))
        assert isinstance(reference, Reference)
        for kind in ("", *Attack):
            for seed in range(times):
                source = SyntheticSource(f"{name}+{kind}" if kind else name, realtime=False, seed=seed)
                view = FrameByFrame(source)
                verdict = check_face(
                    view,
                    reference,
                    engine,
                    settings,
                    lambda _: None,
                    threading.Event(),
                    view.clock,
                    random.Random(seed * 31 + len(kind)),
                    calibration=engine.drawn_calibration,
                )
                end = "passed" if isinstance(verdict, FaceMatch) else type(verdict).__name__
                if isinstance(verdict, PhotoSuspected):
                    end = verdict.sign.value
                ends.setdefault(kind or "the person", Counter())[end] += 1
    return ends


def measure(folder: Path | None, cache: Path, times: int, own: Path) -> dict[str, Any]:
    engine = open_engine(cache)
    figures: dict[str, Any] = {}
    if folder is not None:
        films, prints = {}, {}
        for seed, path in enumerate(sorted((folder / "clips").glob("*.mp4"))):
            frames = film(path, engine)
            films[path.stem] = dict(real(frames))
            picture = sharpest_ahead(frames)
            if picture is not None:
                for kind, end in prints_of(picture, engine, 100 * seed):
                    prints.setdefault(kind, Counter())[end] += 1
        if (folder / "prints").is_dir():
            figures["real prints, moved"] = moving_prints(folder / "prints" / "moving", engine)
            figures["MiniFASNet"] = votes(folder / "prints", engine, own)
        every = sum((Counter(one) for one in films.values()), Counter[str]())
        figures["real clips"] = {**films, "rates": {"one turn": bona_fide_rate(every)}}
        figures["prints of real faces"] = {kind: dict(ends) for kind, ends in prints.items()}
        figures["prints of real faces"]["rates"] = {kind: attack_rate(ends) for kind, ends in prints.items()}
    for policy in (AntiPhoto.STANDARD, AntiPhoto.STRICT) if times else ():
        found = synthetic(engine, policy, times)
        rates = {kind: (attack_rate if kind in set(Attack) else bona_fide_rate)(ends) for kind, ends in found.items()}
        figures[f"synthetic, {policy}"] = {kind: dict(ends) for kind, ends in found.items()} | {"rates": rates}
    return figures


def print_figures(figures: dict[str, Any]) -> None:
    for what, kinds in figures.items():
        print(f"\n{what}")
        for kind, ends in kinds.items():
            if not isinstance(ends, dict):
                print(f"  {kind}: {ends}")
                continue
            if kind == "rates":
                print("\n".join(f"  {what}: {rate}" for what, rate in ends.items()))
                continue
            total = sum(ends.values())
            rest = ", ".join(f"{end} {count}" for end, count in sorted(ends.items()) if end != "passed")
            print(f"  {kind:26} passed {ends.get('passed', 0):4} of {total:4}   {rest}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="without it, the synthetic part alone")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=user_cache_path("uketsuke"))
    parser.add_argument("--own", type=Path, default=Settings().face_dir, help="a terminal's folder for faces")
    parser.add_argument("--times", type=int, default=3, help="tries per synthetic person and attack; 0: none")
    given = parser.parse_args()
    figures = measure(given.folder, given.cache, given.times, given.own)
    print_figures(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
