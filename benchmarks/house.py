"""Measure an institution with many terminals under load, with outages of a service process and of PostgreSQL.

    python -m benchmarks.house --minutes 10 --json house.json
    python -m benchmarks.house --terminals 10 --processes 2 --minutes 0.5

A day's receptions are compressed into an hour. Terminals use real ledgers, connections and result files, but no screen,
card reader or camera, and holders are confirmed by PIN. Two service processes share a port and a PostgreSQL server.
After a third of the time, one process is killed (SIGKILL) and restarted. After two thirds, PostgreSQL is stopped
without a checkpoint and restarted. Finally, every ledger is verified against the service's receipts, and the result
files are counted.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from benchmarks.service import SERVE, cpu_seconds, free_port
from config.settings import Settings
from consent.ledger import LedgerFile
from consent.verification import LedgerIntact
from terminal.assembly import enrolled_client, ledger_path
from terminal.conductor.outcome import DeliveryStage
from terminal.qualification.client import Audit
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.receipts import MissingChecks, verify_with_receipts
from terminal.simulated.service.enrolment import registry_path, service_key
from terminal.simulated.service.registry import Registry, RegistryFile
from terminal.simulated.service.temporary_postgres import TemporaryPostgres
from tests.terminal.backups.clinic import Card, ClinicTerminal, ServiceUnavailable, issue_cards

CARDS = 20
OUTBOX_INTERVAL = 5.0
"""Seconds between deliveries from the outbox. Real terminals use 30."""
DRAIN = 180.0
"""Maximum seconds from the last reception to the last delivery."""
READING_SECONDS = (2.0, 12.0)
"""Range of the time a patient takes to read the questions. It is subtracted from the figures."""
DOWN = 4.0
"""Duration of each outage in seconds."""


def settings_for(folder: Path, port: int, number: int) -> Settings:
    return Settings.model_validate(
        {
            "state_dir": folder / "terminals" / f"t-{number}",
            "service": {"url": f"http://127.0.0.1:{port}", "terminal_id": f"t-{number}", "timeout_seconds": 10},
            "handover": {"folder": folder / "inbox"},
        }
    )


def enrol(folder: Path, port: int, count: int) -> None:
    """Create keys and enrolments for all terminals, and register them with the service."""
    public = service_key(folder / "service").public_pem
    registered = {}
    for number in range(count):
        settings = settings_for(folder, port, number)
        key = SigningKey.load_or_create(terminal_key_path(settings.state_dir))
        name = settings.service.terminal_id
        enrolment = Enrolment(terminal_id=name, service_public_key=public, simulated=True)
        enrolment.save(enrolment_path(settings.state_dir))
        registered[name] = key.public_pem
    RegistryFile(registry_path(folder / "service")).merge(Registry(terminals=registered))


def save_cards(folder: Path, cards: Sequence[Card]) -> None:
    for number, card in enumerate(cards):
        pem = card.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"card-{number}.pem").write_bytes(pem)
        (folder / f"card-{number}.der").write_bytes(card.certificate)


def load_cards(folder: Path) -> list[Card]:
    cards = []
    for number in range(CARDS):
        key = load_pem_private_key((folder / f"card-{number}.pem").read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        cards.append(Card(key, (folder / f"card-{number}.der").read_bytes()))
    return cards


# --- worker processes, each running some of the terminals ------------------------------------------------------


async def patients(
    terminal: ClinicTerminal, rate: float, until: float, counts: Counter[str], times: list[float]
) -> None:
    """Run receptions at random intervals, `rate` per second, retrying shortly after a failure of the service."""
    rng = random.Random(terminal.settings.service.terminal_id)
    next_arrival = time.monotonic() + rng.expovariate(rate)
    while next_arrival < until:
        await asyncio.sleep(max(0.0, next_arrival - time.monotonic()))
        began = time.perf_counter()
        while True:
            reads = rng.uniform(*READING_SECONDS)
            try:
                outcome = await terminal.reception(granted=rng.random() < 0.7, reading_seconds=reads)
                break
            except ServiceUnavailable:
                counts["retried"] += 1
                await asyncio.sleep(rng.uniform(1, 3))
        counts["received"] += 1
        counts["awaiting"] += outcome.stage is not DeliveryStage.DELIVERED
        times.append(time.perf_counter() - began - reads)
        next_arrival += rng.expovariate(rate)


async def outbox(terminal: ClinicTerminal) -> None:
    while True:
        await asyncio.sleep(OUTBOX_INTERVAL)
        await terminal.delivery.process_outbox()


async def work(folder: Path, port: int, numbers: range, rate: float, seconds: float) -> dict[str, Any]:
    cards, counts, times = load_cards(folder), Counter[str](), list[float]()
    terminals = [ClinicTerminal(settings_for(folder, port, number), cards).open() for number in numbers]
    sending = [asyncio.create_task(outbox(terminal)) for terminal in terminals]
    until = time.monotonic() + seconds
    await asyncio.gather(*(patients(terminal, rate, until, counts, times) for terminal in terminals))
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    drained = time.monotonic()
    while any(terminal.delivery.backlog() for terminal in terminals) and time.monotonic() - drained < DRAIN:
        for terminal in terminals:
            await terminal.delivery.process_outbox()
        await asyncio.sleep(1)
    left = sum(terminal.delivery.backlog() for terminal in terminals)
    for terminal in terminals:
        await terminal.close()
    return {**counts, "left": left, "times": times}


# --- service and outages ----------------------------------------------------------------------------------------


class Service:
    """Service processes sharing a port and a database."""

    def __init__(self, folder: Path, port: int, url: str) -> None:
        self._command = [sys.executable, "-c", SERVE, str(folder / "service"), str(port), url]
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._running.append(subprocess.Popen(self._command))

    def kill_one(self) -> None:
        process = self._running.pop(0)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def pids(self) -> list[int]:
        return [process.pid for process in self._running]

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(20)


def wait_until_ready(port: int) -> None:
    import socket

    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        if time.monotonic() > deadline:
            raise SystemExit("the service did not start")
        time.sleep(0.1)
    time.sleep(3)  # connections cannot tell whether the second process listens


def interrupt(service: Service, database: TemporaryPostgres, seconds: float) -> None:
    """Cause the outages. Blocks until `seconds` have nearly passed."""
    began = time.monotonic()
    time.sleep(seconds / 3)
    print(f"  {time.monotonic() - began:.0f} s: killing one of two service processes", flush=True)
    service.kill_one()
    time.sleep(DOWN)
    service.start()
    time.sleep(max(0.0, began + seconds * 2 / 3 - time.monotonic()))
    print(f"  {time.monotonic() - began:.0f} s: stopping PostgreSQL", flush=True)
    database.restart(after_seconds=DOWN)
    print(f"  {time.monotonic() - began:.0f} s: PostgreSQL is running again", flush=True)


async def compare(folder: Path, port: int, count: int) -> dict[str, int]:
    """Compare every ledger with the service, and all ledgers with the result files."""
    counts: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for number in range(count):
        settings = settings_for(folder, port, number)
        client, enrolment = enrolled_client(settings)
        async with client:
            audit = await client.audit()
        if not isinstance(audit, Audit):
            raise SystemExit(f"cannot get the receipts of {settings.service.terminal_id}: {audit}")
        path = ledger_path(settings)
        key = enrolment.service_public_key
        verified = verify_with_receipts(path, key, audit.receipts)
        counts["ledgers_whole"] += isinstance(verified, LedgerIntact)
        # the service may have opened checks immediately before it was killed, without answering the terminal
        counted = verify_with_receipts(path, key, audit.receipts, audit.opened)
        counts["opened_unanswered"] += counted.opened - counted.recorded if isinstance(counted, MissingChecks) else 0
        counts["receipts"] += len(audit.receipts)
        kinds = Counter(record.event.kind for record in LedgerFile(path).records())
        for kind in ("opened", "decided", "confirmed", "delivered", "expired", "discarded", "not-ours"):
            counts[kind] += kinds[kind]
        names.update(
            record.event.file_name for record in LedgerFile(path).records() if record.event.kind == "delivered"
        )
        if not isinstance(verified, LedgerIntact):
            print(f"  {settings.service.terminal_id}: {verified}", flush=True)
    files = [file.name for file in (folder / "inbox").glob("*.xml")]
    counts["files"] = len(files)
    counts["files_without_ledger_record"] = len(set(files) - set(names))
    counts["delivered_without_file"] = len(set(names) - set(files))
    return dict(counts)


def live(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    seconds, port = options.minutes * 60, free_port()
    rate = options.a_day / 3600
    (folder / "inbox").mkdir()
    save_cards(folder, issue_cards(folder / "service", CARDS))
    enrol(folder, port, options.terminals)
    each = options.terminals // options.processes
    with TemporaryPostgres() as database:
        service = Service(folder, port, database.url())
        service.start()
        service.start()
        wait_until_ready(port)
        survivor = service.pids()[1:]  # the first process is killed
        cpu_before = cpu_seconds(survivor)
        began = time.monotonic()
        workers = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "benchmarks.house", "--work", str(folder), str(port)),
                    *(str(first * each), str(each), str(rate), str(seconds)),
                ],
                stdout=subprocess.PIPE,
            )
            for first in range(options.processes)
        ]
        print(
            f"{options.terminals} terminals, {options.processes} processes, {rate * options.terminals:.2f} per second"
        )
        time.sleep(min(5.0, seconds / 10))
        interrupt(service, database, seconds * 0.9)
        parts = [json.loads(worker.communicate()[0]) for worker in workers]
        cpu = cpu_seconds(survivor) - cpu_before
        with psycopg.connect(database.url()) as connection:
            row = connection.execute("SELECT count(*), count(DISTINCT check_id) FROM submissions").fetchone()
        counts = asyncio.run(compare(folder, port, options.terminals))
        service.stop()
    submissions = row[0] if row else 0
    return {
        "minutes": round((time.monotonic() - began) / 60, 1),
        **summarise(parts, counts, submissions),
        "surviving_process_cpu_s": round(cpu, 1),
    }


def summarise(parts: Sequence[dict[str, Any]], counts: dict[str, int], submissions: int) -> dict[str, Any]:
    """Combine the figures of all workers, and count lost and duplicate results."""
    times = [seconds for part in parts for seconds in part["times"]]
    cuts = statistics.quantiles(times, n=100)
    return {
        **{key: sum(part.get(key, 0) for part in parts) for key in ("received", "awaiting", "retried", "left")},
        "reception_p50_s": round(cuts[49], 3),
        "reception_p99_s": round(cuts[98], 3),
        "reception_max_s": round(max(times), 2),
        "submissions": submissions,
        **counts,
        "lost": counts["decided"] - min(counts["delivered"], counts["files"], submissions),
        "doubled": max(counts["files"], counts["receipts"], submissions) - counts["decided"],
    }


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        folder, port, first, count, rate, seconds = sys.argv[2:8]
        numbers = range(int(first), int(first) + int(count))
        figures = asyncio.run(work(Path(folder), int(port), numbers, float(rate), float(seconds)))
        print(json.dumps(figures))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terminals", type=int, default=100)
    parser.add_argument("--processes", type=int, default=10)
    parser.add_argument(
        "--a-day", type=float, default=100, help="receptions per terminal and day, compressed into an hour"
    )
    parser.add_argument("--minutes", type=float, default=60, help="duration of the run in minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument(
        "--folder", type=Path, help="folder on the disk to measure (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        counts = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
        counts |= live(Path(name), options)
    print(json.dumps(counts, indent=2))
    if options.json:
        options.json.write_text(json.dumps(counts, indent=2) + "\n")
    if counts["lost"] or counts["doubled"] or counts["ledgers_whole"] != options.terminals:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
