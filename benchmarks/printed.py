"""Measure the recognition of printed codes: python -m benchmarks.printed [--scenes N] [--seed S] [--json FILE]

Cards of fictitious people are rendered and held in front of a simulated camera. In each scene, a card is held in one
position and up to four frames are taken; like the terminal, the reader stops when two agree. A third of the scenes each
is clean, ordinary and hard (`vision.synthetic.card_scene`). `wrong_accepted` counts scenes with a wrong reading that
would have been sent to a card: complete, confirmed by two frames, and with the expiry date on the chip.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from vision.printed.agreeing_frames import AgreeingFrames
from vision.printed.front import read_front
from vision.printed.model import recogniser_path
from vision.printed.recogniser import Recogniser
from vision.synthetic.card_front import CardFront, draw_front
from vision.synthetic.card_scene import CardScene, clean, hard, ordinary, shoot
from vision.synthetic.fonts import fonts
from vision.synthetic.people import PEOPLE
from vision.synthetic.portrait import portrait

FRAMES = 4
KINDS: dict[str, Callable[[np.random.Generator], CardScene]] = {"clean": clean, "ordinary": ordinary, "hard": hard}
ERAS = {"大正": (1912, 8, 14), "昭和": (1926, 2, 63), "平成": (1989, 1, 30), "令和": (2019, 1, 7)}


@dataclass(frozen=True)
class PrintedText:
    """Text printed on the card."""

    birth: tuple[str | None, int, int, int]
    expiry: date
    code: str


def random_card(rng: np.random.Generator) -> tuple[CardFront, PrintedText]:
    """Return a random card of a fictitious person."""
    era = str(rng.choice(["昭和"] * 5 + ["平成"] * 3 + ["令和", "大正", "western"]))
    month, day = int(rng.integers(1, 13)), int(rng.integers(1, 29))
    if era == "western":
        year = int(rng.integers(1930, 2020))
        printed = f"{year}年"
    else:
        _, first, last = ERAS[era]
        year = int(rng.integers(first, last + 1))
        printed = era + ("元" if year == 1 else f"{year:2d}") + "年"
    expiry = date(2026, 11, 26) + timedelta(days=int(rng.integers(0, 3650)))
    code = "".join(str(digit) for digit in rng.integers(0, 10, 4))
    face = portrait(str(rng.choice(list(PEOPLE))))
    front = CardFront(
        f"{printed}{month:2d}月{day:2d}日生",
        f"{expiry.year}年{expiry.month:2d}月{expiry.day:2d}日まで有効",
        code,
        photo=np.ascontiguousarray(face[60:420, 185:455, 1]),
        pinless=bool(rng.random() < 0.3),
        remarks=("令和8年4月1日 住所変更 見本町2-3",) if rng.random() < 0.3 else (),
    )
    return front, PrintedText((None if era == "western" else era, year, month, day), expiry, code)


def read_scene(kind: str, number: int, seed: int, recogniser: Recogniser, times: list[float]) -> tuple[bool, bool]:
    """Read the card in a scene. Return whether the reading is correct, and whether a wrong one would have been sent."""
    rng = np.random.default_rng([seed, number, list(KINDS).index(kind)])
    front, printed_text = random_card(rng)
    typefaces = fonts()
    card = draw_front(front, typefaces[number % len(typefaces)])
    scene = KINDS[kind](rng)
    frames = AgreeingFrames(lambda rgb: read_front(rgb, recogniser))
    reading = frames.agreed_fields()
    for frame in range(FRAMES):
        moved = replace(scene, turn=scene.turn + rng.normal(0, 0.6), across=scene.across + rng.normal(0, 0.004))
        picture = shoot(card, moved, seed * 1_000_003 + number * 31 + frame)
        began = time.perf_counter()
        frames.add(picture)
        times.append(time.perf_counter() - began)
        reading = frames.agreed_fields()
        if reading.complete:
            break
    if not reading.complete or reading.birth is None:
        return False, False
    birth = (reading.birth.era, reading.birth.year, reading.birth.month, reading.birth.day)
    correct = (
        birth == printed_text.birth
        and reading.security.decode() == printed_text.code
        and reading.expiry == printed_text.expiry
    )
    return correct, not correct and reading.expiry == printed_text.expiry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    recogniser = Recogniser(recogniser_path())
    readings: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    wrong = 0
    times: list[float] = []
    for number in range(options.scenes):
        kind = list(KINDS)[number % len(KINDS)]
        correct, sent_wrong = read_scene(kind, number, options.seed, recogniser, times)
        readings[kind].append(correct)
        wrong += sent_wrong
    figures = {
        **{f"exact_rate_{kind}": round(statistics.fmean(found), 4) for kind, found in readings.items() if found},
        "wrong_accepted": wrong,
        "read_ms": round(statistics.median(times) * 1000, 1),
        "scenes": options.scenes,
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    for name, value in figures.items():
        print(f"{name:20} {value}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
