"""Kill terminal and service at random moments while a receipt computer collects the results.

    .venv/bin/python -m tests.reliability.killing --terminal 200 --service 50

Run by `make killing`. Afterwards, check that the service has all checks of the ledger with the patient's answers, and
that each complete result was collected once. Requires a local disk, because a share without atomic rename can deliver a
file twice.
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
MOMENTS = ("starting", "at work", "just collected")


class ReceiptComputer(threading.Thread):
    """Moves each result from `folder` to `collected` immediately."""

    def __init__(self, folder: Path, collected: Path) -> None:
        super().__init__(name="receipt computer", daemon=True)
        self._folder, self.collected = folder, collected
        self.counts: Counter[str] = Counter()
        self.incomplete: list[str] = []
        self.arrived = threading.Event()
        self._stopping = threading.Event()
        collected.mkdir()

    def run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
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
        self._stopping.set()
        self.join()
        self.poll()

    @property
    def duplicates(self) -> list[str]:
        return [name for name, times in self.counts.items() if times > 1]


@dataclass
class KillReport:
    """The number of kills by victim and moment, and the outcome."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    reported: int = 0
    files: int = 0
    duplicates: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)


def run(folder: Path, seed: int, *, terminal: int, service: int) -> KillReport:
    """Kill the processes in random order. Raises AssertionError if a result is lost, invented or duplicated."""
    rng, report, authority = random.Random(seed), KillReport(seed), TestAuthority.create()
    card = issue_card(authority, "模擬　花子", date(1981, 4, 12))
    chain = Chain(folder, card, authority, f"sqlite:///{folder / 'service.sqlite'}", seed, terminals=1)
    place = chain.places[0]
    computer = ReceiptComputer(place.settings.results_dir, folder / "collected")
    victims = [place.terminal_id] * terminal + ["stub"] * service
    rng.shuffle(victims)
    try:
        chain.start("stub")
        chain.start(place.terminal_id)
        computer.start()
        for victim in victims:
            moment = rng.choice(MOMENTS)
            _wait_for(moment, computer, rng)
            chain.kill(victim)
            report.kills[f"{'service' if victim == 'stub' else 'terminal'} {moment}"] += 1
            chain.start(victim)
        _wait_for("at work", computer, rng)
        for name in list(chain.processes):
            chain.kill(name)
        chain.settle()
        computer.stop()
        report.files = len(computer.counts)
        report.duplicates, report.incomplete = computer.duplicates, computer.incomplete
        report.reported = chain.reported()
        assert not report.incomplete, f"incomplete files: {report.incomplete}"
        assert not report.duplicates, f"delivered twice: {report.duplicates}"
        check_everything(chain, {place: computer.collected}, reported=(terminal + service) // 8)
    finally:
        chain.kill_all()
        computer.stop()
    return report


def _wait_for(moment: str, computer: ReceiptComputer, rng: random.Random) -> None:
    """Wait for the moment of the kill.

    "starting" is up to 0.5 s after the start. "just collected" is directly after a result, and "at work" up to 0.25 s
    later.
    """
    if moment == "starting":
        time.sleep(rng.uniform(0, 0.5))
        return
    for _ in range(rng.randint(1, 3)):
        computer.arrived.clear()
        assert computer.arrived.wait(MAX_WAIT_SECONDS), "results have stopped arriving"
    if moment == "at work":
        time.sleep(rng.uniform(0, 0.25))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terminal", type=int, default=200)
    parser.add_argument("--service", type=int, default=50)
    parser.add_argument("--seed", type=int, help="default: random")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="uketsuke-killing-") as folder:
        report = run(Path(folder), seed, terminal=options.terminal, service=options.service)
    moments = ", ".join(f"{victim} {times}" for victim, times in sorted(report.kills.items()))
    sys.stdout.write(
        f"kills: {moments}; {time.monotonic() - started:.0f} s\n"
        f"{report.reported} receptions reported their outcome, {report.files} results collected: "
        f"0 lost, {len(report.duplicates)} duplicated, {len(report.incomplete)} incomplete\n"
    )


if __name__ == "__main__":
    main()
