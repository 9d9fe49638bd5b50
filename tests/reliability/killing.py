"""SIGKILL of terminal and service at random moments, while a receipt computer takes each result at once.

    .venv/bin/python -m tests.reliability.killing --terminal 200 --service 50

Run by `make killing`. At the end every check the ledger knows is at the service, decided as the patient said, and its
result was taken whole and once. On a local disk: a share without an atomic rename may give a file again.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml import etree

from reader.softcard.authority import TestAuthority
from tests.reliability.chain import Chain, all_is_there
from tests.terminal.qualification.conftest import issue_card

LOOK_EVERY = 0.002
LONGEST_WAIT = 60.0
MOMENTS = ("starting", "at work", "just taken")


class ReceiptComputer(threading.Thread):
    """Takes every result out of `folder` as soon as it is there, and keeps it in `kept`."""

    def __init__(self, folder: Path, kept: Path) -> None:
        super().__init__(name="receipt computer", daemon=True)
        self._folder, self.kept = folder, kept
        self.taken: Counter[str] = Counter()
        self.half: list[str] = []
        self.came = threading.Event()
        self._ending = threading.Event()
        kept.mkdir()

    def run(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        try:
            names = [entry.name for entry in os.scandir(self._folder) if entry.name.endswith(".xml")]
        except FileNotFoundError:
            return
        for name in names:
            data = (self._folder / name).read_bytes()
            (self._folder / name).unlink()
            self.came.set()
            self.taken[name] += 1
            (self.kept / name).write_bytes(data)
            try:
                etree.fromstring(data)
            except etree.XMLSyntaxError:
                self.half.append(name)

    def stop(self) -> None:
        self._ending.set()
        self.join()
        self.look()

    @property
    def doubled(self) -> list[str]:
        return [name for name, times in self.taken.items() if times > 1]


@dataclass
class Killed:
    """What was killed when, and what came of it."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    told: int = 0
    files: int = 0
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)


def play(folder: Path, seed: int, *, terminal: int, service: int) -> Killed:
    """Raises `AssertionError` where something is lost, invented, doubled or half."""
    chance, killed, authority = random.Random(seed), Killed(seed), TestAuthority.create()
    card = issue_card(authority, "模擬　花子", date(1981, 4, 12))
    chain = Chain(folder, card, authority, f"sqlite:///{folder / 'service.sqlite'}", seed, terminals=1)
    place = chain.places[0]
    computer = ReceiptComputer(place.settings.results_dir, folder / "taken")
    victims = [place.terminal_id] * terminal + ["stub"] * service
    chance.shuffle(victims)
    try:
        chain.start("stub")
        chain.start(place.terminal_id)
        computer.start()
        for victim in victims:
            moment = chance.choice(MOMENTS)
            _wait_for(moment, computer, chance)
            chain.kill(victim)
            killed.kills[f"{'service' if victim == 'stub' else 'terminal'} {moment}"] += 1
            chain.start(victim)
        _wait_for("at work", computer, chance)
        for name in list(chain.processes):
            chain.kill(name)
        chain.settle()
        computer.stop()
        killed.files, killed.doubled, killed.half = len(computer.taken), computer.doubled, computer.half
        killed.told = chain.told()
        assert not killed.half, f"half files: {killed.half}"
        assert not killed.doubled, f"came twice: {killed.doubled}"
        all_is_there(chain, {place: computer.kept}, told=(terminal + service) // 8)
    finally:
        chain.end()
        computer.stop()
    return killed


def _wait_for(moment: str, computer: ReceiptComputer, chance: random.Random) -> None:
    """`starting`: within the first half second; otherwise after a result came, at once or within a moment."""
    if moment == "starting":
        time.sleep(chance.uniform(0, 0.5))
        return
    for _ in range(chance.randint(1, 3)):
        computer.came.clear()
        assert computer.came.wait(LONGEST_WAIT), "nothing is handed over any more"
    if moment == "at work":
        time.sleep(chance.uniform(0, 0.25))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terminal", type=int, default=200)
    parser.add_argument("--service", type=int, default=50)
    parser.add_argument("--seed", type=int, help="by default another one each time")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="uketsuke-killing-") as folder:
        killed = play(Path(folder), seed, terminal=options.terminal, service=options.service)
    moments = ", ".join(f"{what} {times}" for what, times in sorted(killed.kills.items()))
    sys.stdout.write(
        f"killed: {moments}; {time.monotonic() - began:.0f} s\n"
        f"receptions told their end {killed.told}, results taken {killed.files}: "
        f"0 lost, {len(killed.doubled)} doubled, {len(killed.half)} half\n"
    )


if __name__ == "__main__":
    main()
