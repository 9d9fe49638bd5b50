"""Measure the qualification-check service with complete receptions over HTTP.

    python benchmarks/service.py --json service.json
    python benchmarks/service.py --seconds 10 --stores sqlite

A reception makes four requests: challenge, opening by PIN, consents and result. Requests and responses carry real RSA
and ECDSA signatures, and commits are durable (SQLite with synchronous=FULL, PostgreSQL with its defaults). The load
generator runs on the same machine as the service and uses sockets directly, because client libraries use more CPU time
than the service. In a closed loop, N receptions are always in progress. With open arrivals, receptions start as a
Poisson process at a fixed rate, regardless of the service's speed.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvloop
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.bare_http import Connection
from consent.items import Item
from reader.softcard.authority import TestAuthority
from terminal.qualification.contract import ConsentAnswer
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import RequestKind, pin_statement, submission_statement
from terminal.qualification.wire import new_nonce, nonce_header, request_headers
from terminal.simulated.service.enrolment import enrol_locally, registry_path
from terminal.simulated.service.registry import CardEntry, Registry, RegistryFile
from terminal.simulated.service.temporary_postgres import TemporaryPostgres

TERMINAL = "benchmark"
INSTITUTION = "1319999999"
CARDS = 20
ITEMS = (Item.DIAGNOSIS, Item.MEDICINES, Item.HEALTH_CHECKUP, Item.HIGH_COST_LIMIT)
SERVE = (
    "import sys; from pathlib import Path; from terminal.simulated.service.server import serve; "
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]), database_url=sys.argv[3] or None, share_port=True)"
)
ECHO = (
    "import sys, uvicorn; from fastapi import FastAPI; app = FastAPI()\n"
    "@app.post('/echo')\n"
    "async def echo(body: dict) -> dict: return body\n"
    "uvicorn.run(app, port=int(sys.argv[1]), http='h11', access_log=False, log_level='error')"
)


@dataclass
class Card:
    key: RSAPrivateKey
    certificate: str
    """Base64-encoded DER."""


@dataclass
class Measurement:
    """Result of a load test."""

    latencies: list[float] = field(default_factory=list)
    """Latency of each request in milliseconds."""
    receptions: int = 0
    """Number of completed receptions."""
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Duration of the test."""


class LoadGenerator:
    """Run receptions of one terminal with a small set of cards in rotation."""

    def __init__(self, folder: Path, cards: list[Card]) -> None:
        self.key, _ = enrol_locally(folder, TERMINAL)
        self._cards = cards
        self._count = 0

    async def run_reception(self, connection: Connection, measurement: Measurement) -> None:
        self._count += 1
        number, card = self._count, self._cards[self._count % len(self._cards)]
        try:
            nonce = self._nonce()
            challenge = await self._timed(connection, measurement, "POST", "/v2/challenges", headers=nonce)
            opening = self._opening(card, challenge)
            opened = await self._timed(connection, measurement, "POST", "/v2/checks", opening, self._nonce())
            check_id = opened["check_id"]
            path, key = f"/v2/checks/{check_id}", f"Idempotency-Key: {check_id}\r\n{self._nonce()}"
            await self._timed(
                connection, measurement, "PUT", f"{path}/submission", self._submission(check_id, number), key
            )
            signed = request_headers(
                self.key,
                kind=RequestKind.RESULT,
                subject=check_id,
                terminal_id=TERMINAL,
                nonce=new_nonce(),
                asked_at=datetime.now(UTC),
            )
            result = await self._timed(connection, measurement, "GET", f"{path}/result", b"", _header_lines(signed))
            assert result["validity"] == "1"
            measurement.receptions += 1
        except Exception as error:
            measurement.errors.append(f"{type(error).__name__}: {str(error)[:80]}")

    def _nonce(self) -> str:
        return _header_lines(nonce_header(new_nonce()))

    async def _timed(
        self,
        connection: Connection,
        measurement: Measurement,
        method: str,
        path: str,
        body: bytes = b"",
        headers: str = "",
    ) -> dict[str, Any]:
        start = time.perf_counter()
        status, content = await connection.request(method, path, body, headers)
        measurement.latencies.append((time.perf_counter() - start) * 1000)
        if status != 200:
            raise ValueError(f"{method} returned status {status}")
        parsed: dict[str, Any] = json.loads(content)
        return parsed

    def _opening(self, card: Card, challenge: dict[str, Any]) -> bytes:
        statement = pin_statement(base64.b64decode(challenge["challenge"]))
        return json.dumps(
            {
                "terminal_id": TERMINAL,
                "institution_code": INSTITUTION,
                "challenge": challenge["challenge"],
                "certificate": card.certificate,
                "proof": {"way": "pin", "signature": _base64(card.key.sign(statement, PKCS1v15(), SHA256()))},
            }
        ).encode()

    def _submission(self, check_id: str, number: int) -> bytes:
        now = datetime.now(UTC)
        answers = [ConsentAnswer(item=item, flag=1, consent_time=now) for item in ITEMS]
        statement = submission_statement(
            check_id=check_id,
            terminal_id=TERMINAL,
            decided_at=now,
            answers=answers,
            by_law=(),
            prescription_form=None,
            wording_sha256=None,
            ledger_count=number,
            ledger_head="ab" * 32,
        )
        timestamp = now.isoformat()
        return json.dumps(
            {
                "terminal_id": TERMINAL,
                "decided_at": timestamp,
                "answers": [{"item": item, "flag": 1, "consent_time": timestamp} for item in ITEMS],
                "ledger_count": number,
                "ledger_head": "ab" * 32,
                "signature": _base64(self.key.sign(statement)),
            }
        ).encode()


async def closed_loop(
    port: int, concurrent: int, seconds: float, action: Callable[[Connection, Measurement], Awaitable[None]]
) -> Measurement:
    """Repeat `action` on `concurrent` connections for `seconds`."""
    measurement = Measurement()
    start = time.perf_counter()

    async def repeat_action() -> None:
        connection = await Connection.open(port)
        while time.perf_counter() - start < seconds and len(measurement.errors) < 100:
            await action(connection, measurement)
        connection.close()

    await asyncio.gather(*(repeat_action() for _ in range(concurrent)))
    measurement.seconds = time.perf_counter() - start
    return measurement


async def open_arrivals(port: int, rate: float, seconds: float, generator: LoadGenerator) -> Measurement:
    """Start receptions at `rate` per second for `seconds`, on as many connections as they need."""
    measurement, idle = Measurement(), [await Connection.open(port) for _ in range(8)]
    rng = random.Random(1)
    tasks: set[asyncio.Task[None]] = set()

    async def run_reception() -> None:
        connection = idle.pop() if idle else await Connection.open(port)
        while connection.closed:  # the service closes idle connections
            connection = idle.pop() if idle else await Connection.open(port)
        errors = len(measurement.errors)
        await generator.run_reception(connection, measurement)
        if len(measurement.errors) == errors:
            idle.append(connection)

    start = next_arrival = time.perf_counter()
    while next_arrival - start < seconds:
        next_arrival += rng.expovariate(rate)
        await asyncio.sleep(max(0.0, next_arrival - time.perf_counter()))
        task = asyncio.create_task(run_reception())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks)
    measurement.seconds = time.perf_counter() - start
    for connection in idle:
        connection.close()
    return measurement


def cpu_seconds(pids: list[int]) -> float:
    """Return the CPU time that the processes have used, in seconds."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def figures(port: int, pids: list[int], folder: Path, cards: list[Card], options: argparse.Namespace) -> dict[str, Any]:
    generator = LoadGenerator(folder, cards)
    measured_figures: dict[str, Any] = {}
    run(closed_loop(port, 10, 2, generator.run_reception))  # warm up
    service_cpu, generator_cpu, receptions = cpu_seconds(pids), time.process_time(), 0
    for concurrent in (1, 10, 100):
        closed = run(closed_loop(port, concurrent, options.closed_seconds, generator.run_reception))
        measured_figures[f"closed{concurrent}_receptions_per_s"] = round(closed.receptions / closed.seconds, 1)
        measured_figures[f"closed{concurrent}_errors"] = len(closed.errors)
        receptions += closed.receptions
    # unlike latency, CPU time hardly depends on other load on the machine
    for name, seconds in (
        ("service", cpu_seconds(pids) - service_cpu),
        ("generator", time.process_time() - generator_cpu),
    ):
        measured_figures[f"{name}_cpu_ms_per_reception"] = round(seconds * 1000 / max(1, receptions), 2)
    opened = run(open_arrivals(port, options.rate, options.seconds, generator))
    cuts = statistics.quantiles(opened.latencies, n=1000)
    name = f"open{options.rate:.0f}"
    measured_figures |= {
        f"{name}_p50_ms": round(cuts[499], 2),
        f"{name}_p99_ms": round(cuts[989], 2),
        f"{name}_p999_ms": round(cuts[998], 2),
        f"{name}_max_ms": round(max(opened.latencies), 2),
        f"{name}_receptions_per_s": round(opened.receptions / opened.seconds, 1),
        "requests": len(opened.latencies),
        "errors": len(opened.errors),
    }
    if opened.errors:
        measured_figures["first_errors"] = opened.errors[:3]
    return measured_figures


def echo_figure(seconds: float) -> float:
    """Return the throughput of a trivial FastAPI application in requests per second, for comparison."""
    port = free_port()
    body = json.dumps({"challenge": "A" * 80}).encode()

    async def request_echo(connection: Connection, measurement: Measurement) -> None:
        status, _ = await connection.request("POST", "/echo", body)
        assert status == 200
        measurement.receptions += 1

    with running_processes([sys.executable, "-c", ECHO, str(port)], port):
        run(closed_loop(port, 10, 1, request_echo))
        measurement = run(closed_loop(port, 10, seconds, request_echo))
    return float(round(measurement.receptions / measurement.seconds, 1))


def fsync_figure(folder: Path) -> float:
    """Return the median duration of writing and syncing 4 KiB, in milliseconds."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 3)


# --- setup ---------------------------------------------------------------------------------------------------


def issue_cards(folder: Path) -> list[Card]:
    """Issue cards for a fictitious person and register them with the service."""
    authority = TestAuthority.create()
    ca = authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
    registry = RegistryFile(registry_path(folder))
    registry.merge(Registry(certificate_authorities=(ca,)))
    cards = []
    for _ in range(CARDS):
        key = generate_private_key(65537, 2048)
        year = date.today().year
        not_before, not_after = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 3, 1, 1, tzinfo=UTC)
        certificate = authority.issue_user_certificate(key.public_key(), not_before, not_after)
        registry.add_card(certificate, CardEntry(person="adult"))
        cards.append(Card(key, _base64(certificate)))
    return cards


@contextlib.contextmanager
def running_processes(command: list[str], port: int, processes: int = 1) -> Iterator[list[int]]:
    """Run `command` in several processes that share `port`, and return their ids."""
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        for process in running:
            _wait_until_listening(process, port)
        time.sleep(1.5 if processes > 1 else 0)  # connections cannot tell whether the other processes listen
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the service did not start")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(coroutine: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


def _header_lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def measure_store(store: str, processes: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    cards = issue_cards(folder)
    SigningKey.load_or_create(folder / "stub" / "key.pem")
    with contextlib.ExitStack() as stack:
        url = "" if store == "sqlite" else stack.enter_context(TemporaryPostgres()).url()
        port = free_port()
        command = [sys.executable, "-c", SERVE, str(folder), str(port), url]
        pids = stack.enter_context(running_processes(command, port, processes))
        return figures(port, pids, folder, cards, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--rate", type=float, default=150, help="receptions per second with open arrivals")
    parser.add_argument("--seconds", type=float, default=60, help="duration of open arrivals per store, in seconds")
    parser.add_argument("--closed-seconds", type=float, default=8, help="duration of each closed loop, in seconds")
    parser.add_argument(
        "--stores", default="sqlite,postgresql,postgresql-2", help="stores, each with an optional number of processes"
    )
    parser.add_argument(
        "--folder", type=Path, help="folder on the disk to measure (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    measured_figures: dict[str, Any] = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        measured_figures["fsync_p50_ms"] = fsync_figure(Path(name))
        for entry in options.stores.split(","):
            store, _, processes = entry.partition("-")
            folder = Path(name) / entry
            # measured immediately before the store, so that other load on the machine is similar
            echo = echo_figure(min(5.0, options.closed_seconds))
            measured_figures[entry] = measure_store(store, int(processes or 1), folder, options)
            measured_figures[entry] |= {
                "echo_requests_per_s": echo,
                "closed10_requests_over_echo": round(
                    4 * measured_figures[entry]["closed10_receptions_per_s"] / echo, 3
                ),
            }
            print(entry, json.dumps(measured_figures[entry], indent=2), flush=True)
    measured_figures |= {
        key: value
        for key, value in measured_figures.get("sqlite", {}).items()
        if key in (f"open{options.rate:.0f}_p99_ms", "errors")
    }
    print(json.dumps(measured_figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(measured_figures, indent=2) + "\n")
    if any(isinstance(value, dict) and value["errors"] for value in measured_figures.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
