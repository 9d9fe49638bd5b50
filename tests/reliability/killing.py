"""Kill terminal and service at random moments while a receipt computer collects each result immediately.

    .venv/bin/python -m tests.reliability.killing --terminal 200 --service 50

Run by `make killing`. At the end every check in the ledger is at the service with the patient's answers, and its
complete result was collected once. Use a local disk: a share without atomic rename can deliver a file twice.
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
from tests.reliability.chain import Chain, check_everything
from tests.terminal.qualification.conftest import issue_card

POLL_SECONDS = 0.002
MAX_WAIT_SECONDS = 60.0
WHEN = ("starting", "at work", "just collected")


class ReceiptComputer(threading.Thread):
    """Move every result from `folder` to `collected` as soon as it appears."""

    def __init__(self, folder: Path, collected: Path) -> None:
        super().__init__(name="receipt computer", daemon=True)
        self._folder, self.collected = folder, collected
        self.counts: Counter[str] = Counter()
        self.incomplete: list[str] = []
        self.arrived = threading.Event()
        self._ending = threading.Event()
        collected.mkdir()

    def run(self) -> None:
        while not self._ending.wait(POLL_SECONDS):
            self.poll()

    def poll(self) -> None:
        try:
            names = [entry.name for entry in os.scandir(self._folder) if entry.name.endswith(".xml")]
        except FileNotFoundError:
            return
        for name in names:
            data = (self._folder / name).read_bytes()
            (self._folder / name).unlink()
            self.arrived.set()
            self.counts[name] += 1
            (self.collected / name).write_bytes(data)
            try:
                etree.fromstring(data)
            except etree.XMLSyntaxError:
                self.incomplete.append(name)

    def stop(self) -> None:
        self._ending.set()
        self.join()
        self.poll()

    @property
    def duplicates(self) -> list[str]:
        return [name for name, times in self.counts.items() if times > 1]


@dataclass
class Killed:
    """The kills by victim and moment, and their outcome."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    reported: int = 0
    files: int = 0
    duplicates: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)


def run(folder: Path, seed: int, *, terminal: int, service: int) -> Killed:
    """Kill the processes in random order. Raise AssertionError if a result is lost, invented or duplicated."""
    chance, killed, authority = random.Random(seed), Killed(seed), TestAuthority.create()
    card = issue_card(authority, "模擬　花子", date(1981, 4, 12))
    chain = Chain(folder, card, authority, f"sqlite:///{folder / 'service.sqlite'}", seed, terminals=1)
    place = chain.places[0]
    computer = ReceiptComputer(place.settings.results_dir, folder / "collected")
    victims = [place.terminal_id] * terminal + ["stub"] * service
    chance.shuffle(victims)
    try:
        chain.start("stub")
        chain.start(place.terminal_id)
        computer.start()
        for victim in victims:
            moment = chance.choice(WHEN)
            _wait_for(moment, computer, chance)
            chain.kill(victim)
            killed.kills[f"{'service' if victim == 'stub' else 'terminal'} {moment}"] += 1
            chain.start(victim)
        _wait_for("at work", computer, chance)
        for name in list(chain.processes):
            chain.kill(name)
        chain.settle()
        computer.stop()
        killed.files = len(computer.counts)
        killed.duplicates, killed.incomplete = computer.duplicates, computer.incomplete
        killed.reported = chain.reported()
        assert not killed.incomplete, f"incomplete files: {killed.incomplete}"
        assert not killed.duplicates, f"delivered twice: {killed.duplicates}"
        check_everything(chain, {place: computer.collected}, reported=(terminal + service) // 8)
    finally:
        chain.end()
        computer.stop()
    return killed


def _wait_for(moment: str, computer: ReceiptComputer, chance: random.Random) -> None:
    """Wait for the moment to kill: within 0.5 s of the start, or directly or up to 0.25 s after a result arrived."""
    if moment == "starting":
        time.sleep(chance.uniform(0, 0.5))
        return
    for _ in range(chance.randint(1, 3)):
        computer.arrived.clear()
        assert computer.arrived.wait(MAX_WAIT_SECONDS), "results have stopped arriving"
    if moment == "at work":
        time.sleep(chance.uniform(0, 0.25))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terminal", type=int, default=200)
    parser.add_argument("--service", type=int, default=50)
    parser.add_argument("--seed", type=int, help="default: random")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="uketsuke-killing-") as folder:
        killed = run(Path(folder), seed, terminal=options.terminal, service=options.service)
    moments = ", ".join(f"{what} {times}" for what, times in sorted(killed.kills.items()))
    sys.stdout.write(
        f"killed: {moments}; {time.monotonic() - began:.0f} s\n"
        f"{killed.reported} receptions reported their outcome, {killed.files} results collected: "
        f"0 lost, {len(killed.duplicates)} duplicated, {len(killed.incomplete)} incomplete\n"
    )


if __name__ == "__main__":
    main()
