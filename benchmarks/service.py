"""Measure the qualification-check service with complete receptions over HTTP.

    python benchmarks/service.py --json service.json
    python benchmarks/service.py --seconds 10 --stores sqlite

A reception consists of four requests (challenge, opening by PIN, consents, result) with real RSA and ECDSA signatures,
signed answers, and durable commits (SQLite with synchronous=FULL, PostgreSQL with its defaults). Load generator and
service run on the same machine. The generator uses sockets directly, because a client library would use more CPU time
than the service. Closed loop: N receptions are in progress at any time. Open arrivals: receptions arrive randomly
(Poisson) at a fixed rate, regardless of the service's speed.
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

from benchmarks.bare_http import Line
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
    """Base64 of the DER."""


@dataclass
class Measured:
    """Milliseconds of each request, number of completed receptions, and errors."""

    times: list[float] = field(default_factory=list)
    receptions: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Counter:
    """Counter at which patients use a small set of cards in rotation."""

    def __init__(self, folder: Path, cards: list[Card]) -> None:
        self.key, _ = enrol_locally(folder, TERMINAL)
        self._cards = cards
        self._count = 0

    async def reception(self, line: Line, measured: Measured) -> None:
        self._count += 1
        number, card = self._count, self._cards[self._count % len(self._cards)]
        try:
            nonce = self._nonce()
            challenge = await self._timed(line, measured, "POST", "/v2/challenges", headers=nonce)
            opening = self._opening(card, challenge)
            opened = await self._timed(line, measured, "POST", "/v2/checks", opening, self._nonce())
            check_id = opened["check_id"]
            path, key = f"/v2/checks/{check_id}", f"Idempotency-Key: {check_id}\r\n{self._nonce()}"
            await self._timed(line, measured, "PUT", f"{path}/submission", self._submission(check_id, number), key)
            signed = request_headers(
                self.key,
                kind=RequestKind.RESULT,
                subject=check_id,
                terminal_id=TERMINAL,
                nonce=new_nonce(),
                asked_at=datetime.now(UTC),
            )
            result = await self._timed(line, measured, "GET", f"{path}/result", b"", _lines(signed))
            assert result["validity"] == "1"
            measured.receptions += 1
        except Exception as error:
            measured.errors.append(f"{type(error).__name__}: {str(error)[:80]}")

    def _nonce(self) -> str:
        return _lines(nonce_header(new_nonce()))

    async def _timed(
        self, line: Line, measured: Measured, method: str, path: str, body: bytes = b"", headers: str = ""
    ) -> dict[str, Any]:
        start = time.perf_counter()
        status, answer = await line.request(method, path, body, headers)
        measured.times.append((time.perf_counter() - start) * 1000)
        if status != 200:
            raise ValueError(f"{method} answered {status}")
        read: dict[str, Any] = json.loads(answer)
        return read

    def _opening(self, card: Card, challenge: dict[str, Any]) -> bytes:
        statement = pin_statement(base64.b64decode(challenge["challenge"]))
        return json.dumps(
            {
                "terminal_id": TERMINAL,
                "institution_code": INSTITUTION,
                "challenge": challenge["challenge"],
                "certificate": card.certificate,
                "proof": {"way": "pin", "signature": _text(card.key.sign(statement, PKCS1v15(), SHA256()))},
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
        moment = now.isoformat()
        return json.dumps(
            {
                "terminal_id": TERMINAL,
                "decided_at": moment,
                "answers": [{"item": item, "flag": 1, "consent_time": moment} for item in ITEMS],
                "ledger_count": number,
                "ledger_head": "ab" * 32,
                "signature": _text(self.key.sign(statement)),
            }
        ).encode()


async def closed_loop(
    port: int, concurrent: int, seconds: float, reception: Callable[[Line, Measured], Awaitable[None]]
) -> Measured:
    measured = Measured()
    start = time.perf_counter()

    async def run_receptions() -> None:
        line = await Line.to(port)
        while time.perf_counter() - start < seconds and len(measured.errors) < 100:
            await reception(line, measured)
        line.close()

    await asyncio.gather(*(run_receptions() for _ in range(concurrent)))
    measured.seconds = time.perf_counter() - start
    return measured


async def open_arrivals(port: int, rate: float, seconds: float, counter: Counter) -> Measured:
    measured, idle = Measured(), [await Line.to(port) for _ in range(8)]
    chance = random.Random(1)
    tasks: set[asyncio.Task[None]] = set()

    async def arrive() -> None:
        line = idle.pop() if idle else await Line.to(port)
        while line.closed:  # the service closes idle connections
            line = idle.pop() if idle else await Line.to(port)
        errors = len(measured.errors)
        await counter.reception(line, measured)
        if len(measured.errors) == errors:
            idle.append(line)

    start = next_arrival = time.perf_counter()
    while next_arrival - start < seconds:
        next_arrival += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, next_arrival - time.perf_counter()))
        task = asyncio.create_task(arrive())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks)
    measured.seconds = time.perf_counter() - start
    for line in idle:
        line.close()
    return measured


def cpu_seconds(pids: list[int]) -> float:
    """Return the CPU time used by the processes in seconds."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def figures(port: int, pids: list[int], folder: Path, cards: list[Card], options: argparse.Namespace) -> dict[str, Any]:
    counter = Counter(folder, cards)
    measured_figures: dict[str, Any] = {}
    run(closed_loop(port, 10, 2, counter.reception))  # warm
    used, own, done = cpu_seconds(pids), time.process_time(), 0
    for concurrent in (1, 10, 100):
        closed = run(closed_loop(port, concurrent, options.closed_seconds, counter.reception))
        measured_figures[f"closed{concurrent}_receptions_per_s"] = round(closed.receptions / closed.seconds, 1)
        measured_figures[f"closed{concurrent}_errors"] = len(closed.errors)
        done += closed.receptions
    # CPU time does not depend on other load on the machine
    measured_figures["service_cpu_ms_per_reception"] = round((cpu_seconds(pids) - used) * 1000 / max(1, done), 2)
    measured_figures["generator_cpu_ms_per_reception"] = round((time.process_time() - own) * 1000 / max(1, done), 2)
    opened = run(open_arrivals(port, options.rate, options.seconds, counter))
    cuts = statistics.quantiles(opened.times, n=1000)
    name = f"open{options.rate:.0f}"
    measured_figures |= {
        f"{name}_p50_ms": round(cuts[499], 2),
        f"{name}_p99_ms": round(cuts[989], 2),
        f"{name}_p999_ms": round(cuts[998], 2),
        f"{name}_max_ms": round(max(opened.times), 2),
        f"{name}_receptions_per_s": round(opened.receptions / opened.seconds, 1),
        "requests": len(opened.times),
        "errors": len(opened.errors),
    }
    if opened.errors:
        measured_figures["first_errors"] = opened.errors[:3]
    return measured_figures


def echo_figure(seconds: float) -> float:
    """Return the requests per second of a trivial FastAPI application, for comparison."""
    port = free_port()
    body = json.dumps({"challenge": "A" * 80}).encode()

    async def echoed(line: Line, measured: Measured) -> None:
        status, _ = await line.request("POST", "/echo", body)
        assert status == 200
        measured.receptions += 1

    with started([sys.executable, "-c", ECHO, str(port)], port):
        run(closed_loop(port, 10, 1, echoed))
        measured = run(closed_loop(port, 10, seconds, echoed))
    return float(round(measured.receptions / measured.seconds, 1))


def fsync_figure(folder: Path) -> float:
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
    """Issue cards of an invented person that the service accepts."""
    authority = TestAuthority.create()
    ca = authority.user_ca.certificate.public_bytes(Encoding.PEM).decode()
    registry = RegistryFile(registry_path(folder))
    registry.merge(Registry(certificate_authorities=(ca,)))
    cards = []
    for _ in range(CARDS):
        key = generate_private_key(65537, 2048)
        year = date.today().year
        starts, ends = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 3, 1, 1, tzinfo=UTC)
        certificate = authority.issue_user_certificate(key.public_key(), starts, ends)
        registry.add_card(certificate, CardEntry(person="adult"))
        cards.append(Card(key, _text(certificate)))
    return cards


@contextlib.contextmanager
def started(command: list[str], port: int, processes: int = 1) -> Iterator[list[int]]:
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        for process in running:
            _wait_until_listening(process, port)
        time.sleep(1.5 if processes > 1 else 0)  # for the other processes on this port
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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def of_store(store: str, processes: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    cards = issue_cards(folder)
    SigningKey.load_or_create(folder / "stub" / "key.pem")
    with contextlib.ExitStack() as stack:
        url = "" if store == "sqlite" else stack.enter_context(TemporaryPostgres()).url()
        port = free_port()
        command = [sys.executable, "-c", SERVE, str(folder), str(port), url]
        pids = stack.enter_context(started(command, port, processes))
        return figures(port, pids, folder, cards, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--rate", type=float, default=150, help="arriving receptions per second")
    parser.add_argument("--seconds", type=float, default=60, help="seconds of open arrivals per store")
    parser.add_argument("--closed-seconds", type=float, default=8, help="seconds of each closed loop")
    parser.add_argument("--stores", default="sqlite,postgresql,postgresql-2", help="stores, with number of processes")
    parser.add_argument(
        "--folder", type=Path, help="folder on the disk to measure; by default the system's temporary folder"
    )
    options = parser.parse_args()
    measured_figures: dict[str, Any] = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        measured_figures["fsync_p50_ms"] = fsync_figure(Path(name))
        for entry in options.stores.split(","):
            store, _, processes = entry.partition("-")
            folder = Path(name) / entry
            # measured immediately before the store, under the same load
            echo = echo_figure(min(5.0, options.closed_seconds))
            measured_figures[entry] = of_store(store, int(processes or 1), folder, options)
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
