"""Terminals and their service in processes that can be killed, and checks of the remaining data."""

import asyncio
import json
import multiprocessing
import random
import socket
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from lxml import etree

from consent.items import Item
from consent.ledger import LedgerFile
from consent.lifecycle import History, histories
from consent.verification import LedgerIntact
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import Submission
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, terminal_key_path
from terminal.qualification.receipts import verify_with_receipts
from terminal.simulated.demo.result_flags import flags_in
from terminal.simulated.service.enrolment import registry_path, service_key
from terminal.simulated.service.registry import Registry, RegistryFile
from terminal.simulated.service.storage.store import ServiceStore
from terminal.simulated.service.storage.tables import checks, submissions
from tests.terminal.qualification.conftest import Card, authority_pem
from tests.terminal.qualification.killed import TerminalSetup, run_stub, run_terminal, settle_terminal

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.terminal.qualification.killed", "alembic.command", "psycopg"])


class System:
    """Terminals and their service, each in a process that can be killed at any time."""

    def __init__(
        self, folder: Path, card: Card, authority: Any, database_url: str, seed: int, terminal_count: int
    ) -> None:
        self.folder, self.database_url = folder, database_url
        self.rng = random.Random(seed)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        registry = RegistryFile(registry_path(folder))
        registry.merge(Registry(certificate_authorities=(authority_pem(authority),)))
        registry.add_card(card.certificate, card.entry("adult"))
        self.setups = [
            self._set_up(registry, f"terminal-{number + 1}", card.image.model_dump_json())
            for number in range(terminal_count)
        ]
        self.processes: dict[str, BaseProcess] = {}

    def _set_up(self, registry: RegistryFile, terminal_id: str, card: str) -> TerminalSetup:
        setup = TerminalSetup(str(self.folder / terminal_id), self.url, terminal_id, card)
        key = SigningKey.load_or_create(terminal_key_path(Path(setup.folder)))
        registry.enrol_terminal(terminal_id, key.public_pem)
        public = service_key(self.folder).public_pem
        Enrolment(terminal_id=terminal_id, service_public_key=public, simulated=True).save(
            enrolment_path(Path(setup.folder))
        )
        return setup

    def start(self, name: str) -> None:
        if name == "stub":
            process = FORKS.Process(target=run_stub, args=(str(self.folder), self.port, self.database_url))
        else:
            setup = next(setup for setup in self.setups if setup.terminal_id == name)
            process = FORKS.Process(target=run_terminal, args=(setup, self.rng.getrandbits(32)))
        process.start()
        self.processes[name] = process

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        assert process.is_alive(), f"{name} exited unexpectedly"
        process.kill()
        process.join()

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/openapi.json", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def log_lines(self, setup: TerminalSetup) -> list[dict[str, Any]]:
        """Return a terminal's log without a last line truncated by a kill."""
        if not setup.log.exists():
            return []
        return [json.loads(line) for line in setup.log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def count_outcomes(self) -> int:
        """Return the number of receptions that have displayed their outcome."""
        return sum(line["what"] == "outcome" for setup in self.setups for line in self.log_lines(setup))

    def wait_for_receptions(self) -> None:
        """Wait for two more receptions, which require all processes to be running."""
        initial, deadline = self.count_outcomes(), time.monotonic() + 60
        while self.count_outcomes() < initial + 2:
            assert time.monotonic() < deadline, "no reception completed within 60 s"
            time.sleep(0.02)

    def run_with_kills(self, kills: int) -> None:
        names = ["stub", *(setup.terminal_id for setup in self.setups)]
        for name in names:
            self.start(name)
        for _ in range(kills):
            self.wait_for_receptions()
            time.sleep(self.rng.uniform(0, 0.25))
            victims = self.rng.sample(names, self.rng.choice((1, 1, 1, 2)))
            for victim in victims:
                self.kill(victim)
            for victim in victims:
                self.start(victim)
        for name in names:
            self.kill(name)

    def settle(self) -> None:
        self.start("stub")
        deadline = time.monotonic() + 60
        while not self.is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        processes = [FORKS.Process(target=settle_terminal, args=(setup,)) for setup in self.setups]
        for process in processes:
            process.start()
        for process in processes:
            process.join(120)
        assert [process.exitcode for process in processes] == [0] * len(processes)

    def kill_all(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.join()


def check_kills(system: System, kills: int) -> None:
    system.run_with_kills(kills)
    system.settle()
    check_everything(system, {setup: setup.settings.results_dir for setup in system.setups}, reported=kills // 4)


def check_everything(system: System, results: Mapping[TerminalSetup, Path], *, reported: int) -> None:
    """Check that the ledger, the service and `results` contain exactly the patients' consents.

    Each terminal must have displayed more than `reported` outcomes.
    """
    opened, submitted = service_records(system.database_url)
    for setup in system.setups:
        ledger = histories(LedgerFile(Path(setup.folder) / "ledger.db").records())
        lines = system.log_lines(setup)
        assert len([line for line in lines if line["what"] == "outcome"]) > reported
        receipts = asyncio.run(fetch_receipts(system, setup))
        outcome = verify_with_receipts(
            Path(setup.folder) / "ledger.db", service_key(system.folder).public_pem, receipts
        )
        assert isinstance(outcome, LedgerIntact), outcome
        own_submissions = {
            check: submission for check, submission in submitted.items() if submission.terminal_id == setup.terminal_id
        }
        assert {receipt.check_id for receipt in receipts} == set(own_submissions)
        check_deliveries(ledger, own_submissions, opened[setup.terminal_id])
        check_answers(ledger, own_submissions, lines)
        check_result_files(results[setup], ledger)


def check_deliveries(ledger: dict[str, History], own_submissions: dict[str, Submission], opened: set[str]) -> None:
    """Check that all checks in the ledger were delivered.

    A check may be missing from the ledger if the terminal was killed before it received the service's response.
    """
    assert set(own_submissions) <= set(ledger) <= opened
    for check_id, history in ledger.items():
        assert history.ended, (check_id, history.stage)
        assert history.stage == "delivered"
        assert check_id in own_submissions


def check_answers(
    ledger: dict[str, History], own_submissions: dict[str, Submission], lines: list[dict[str, Any]]
) -> None:
    consents: dict[str, set[str]] = {}
    for line in lines:
        if line["what"] == "yes":
            consents.setdefault(line["reception"], set()).update(line["items"])
    receptions = Counter(history.opened.event.reception_id for history in ledger.values())
    assert set(receptions.values()) == {1}, "a reception opened two checks"
    for check_id, history in ledger.items():
        assert history.decided is not None
        decided = history.decided.event
        granted = {answer.item.value for answer in own_submissions[check_id].answers if answer.flag == 1}
        assert granted == {item.value for item in decided.granted}
        assert granted <= consents.get(decided.reception_id, set()), "consent was not given"
        assert own_submissions[check_id].ledger_count == history.decided.sequence
    for line in lines:
        if line["what"] == "outcome":  # every yes is recorded before the outcome is displayed
            decision = ledger[line["check"]].decided
            assert decision is not None
            if decision.event.cause == "answered":
                assert {item.value for item in decision.event.granted} == consents.get(line["reception"], set())


def check_result_files(results: Path, ledger: dict[str, History]) -> None:
    files = {path.name: path for path in results.glob("*.xml")}
    expected = {history.delivered.event.file_name: history for history in ledger.values() if history.delivered}
    assert set(files) == set(expected)
    for name, history in expected.items():
        assert etree.parse(files[name]).getroot().tag == "XmlMsg"
        assert history.decided is not None
        answers = {answer.item: int(answer.granted) for answer in history.decided.event.answers}
        assert flags_in(files[name]) == answers | dict.fromkeys(history.decided.event.by_law, 1)
        assert set(answers) <= set(Item)


async def fetch_receipts(system: System, setup: TerminalSetup) -> Any:
    async with QualificationClient(
        system.url,
        terminal_id=setup.terminal_id,
        institution_code="1319999999",
        terminal_key=SigningKey.load_or_create(terminal_key_path(Path(setup.folder))),
        service_public_key=service_key(system.folder).public_pem,
    ) as client:
        receipts = await client.receipts()
        assert isinstance(receipts, tuple)
        return receipts


def service_records(database_url: str) -> tuple[dict[str, set[str]], dict[str, Submission]]:
    ServiceStore(database_url).close()  # opening the store applies migrations, as a service restart does
    url = sa.make_url(database_url)
    driver = "postgresql+psycopg" if url.get_backend_name() == "postgresql" else url.drivername
    opened: dict[str, set[str]] = {}
    with sa.create_engine(url.set(drivername=driver)).connect() as connection:
        for check_id, terminal_id in connection.execute(sa.select(checks.c.check_id, checks.c.terminal_id)):
            opened.setdefault(terminal_id, set()).add(check_id)
        rows = connection.execute(sa.select(submissions.c.check_id, submissions.c.submission)).all()
    assert len({check_id for check_id, _ in rows}) == len(rows)
    return opened, {check_id: Submission.model_validate_json(text) for check_id, text in rows}
