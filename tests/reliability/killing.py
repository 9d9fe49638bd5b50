"""Kill terminal and service at random times while a receipt computer collects the results.

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
from tests.reliability.system import System, check_everything
from tests.terminal.qualification.conftest import issue_card

POLL_SECONDS = 0.002
MAX_WAIT_SECONDS = 60.0
PHASES = ("starting", "running", "just collected")


class ReceiptComputer(threading.Thread):
    """Move each result from `folder` to `collected` as soon as it appears."""

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
    """Number of kills by victim and phase, and the outcome."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    reported: int = 0
    files: int = 0
    duplicates: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)


def run(folder: Path, seed: int, *, terminal: int, service: int) -> KillReport:
    """Kill the processes in random order. Raises AssertionError if a result is lost, unexpected or duplicated."""
    rng, report, authority = random.Random(seed), KillReport(seed), TestAuthority.create()
    card = issue_card(authority, "模擬　花子", date(1981, 4, 12))
    system = System(folder, card, authority, f"sqlite:///{folder / 'service.sqlite'}", seed, terminal_count=1)
    setup = system.setups[0]
    receipt_computer = ReceiptComputer(setup.settings.results_dir, folder / "collected")
    victims = [setup.terminal_id] * terminal + ["stub"] * service
    rng.shuffle(victims)
    try:
        system.start("stub")
        system.start(setup.terminal_id)
        receipt_computer.start()
        for victim in victims:
            phase = rng.choice(PHASES)
            _wait_for(phase, receipt_computer, rng)
            system.kill(victim)
            report.kills[f"{'service' if victim == 'stub' else 'terminal'} {phase}"] += 1
            system.start(victim)
        _wait_for("running", receipt_computer, rng)
        for name in list(system.processes):
            system.kill(name)
        system.settle()
        receipt_computer.stop()
        report.files = len(receipt_computer.counts)
        report.duplicates, report.incomplete = receipt_computer.duplicates, receipt_computer.incomplete
        report.reported = system.count_outcomes()
        assert not report.incomplete, f"incomplete files: {report.incomplete}"
        assert not report.duplicates, f"delivered twice: {report.duplicates}"
        check_everything(system, {setup: receipt_computer.collected}, reported=(terminal + service) // 8)
    finally:
        system.kill_all()
        receipt_computer.stop()
    return report


def _wait_for(phase: str, receipt_computer: ReceiptComputer, rng: random.Random) -> None:
    """Wait until the process is in this phase.

    "starting" is up to 0.5 s after the start, "just collected" immediately after a result, and "running" up to 0.25 s
    later.
    """
    if phase == "starting":
        time.sleep(rng.uniform(0, 0.5))
        return
    for _ in range(rng.randint(1, 3)):
        receipt_computer.arrived.clear()
        assert receipt_computer.arrived.wait(MAX_WAIT_SECONDS), "no result arrived within 60 s"
    if phase == "running":
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
    kills = ", ".join(f"{victim} {times}" for victim, times in sorted(report.kills.items()))
    sys.stdout.write(
        f"kills: {kills}; {time.monotonic() - started:.0f} s\n"
        f"{report.reported} receptions reported their outcome, {report.files} results collected: "
        f"0 lost, {len(report.duplicates)} duplicated, {len(report.incomplete)} incomplete\n"
    )


if __name__ == "__main__":
    main()
