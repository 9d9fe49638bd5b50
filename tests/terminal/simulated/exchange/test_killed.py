"""Tests that every request gets exactly one answer although the exchange is killed repeatedly."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from terminal.handover.check import check_file
from terminal.handover.folder import WORK_FOLDER
from terminal.handover.xml import write_document
from terminal.simulated.exchange.service import Folders
from terminal.simulated.exchange.store import ExchangeStore
from tests.terminal.handover.requests import INSTITUTION, check, registration

PROGRAM = """
import sys, threading
from pathlib import Path
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.exchange.checks import LocalChecks
from terminal.simulated.exchange.insured import LocalInsured
from terminal.simulated.exchange.service import ExchangeRules, ExchangeService, Folders
from terminal.simulated.service.people import fictitious_people

root, people = Path(sys.argv[1]), fictitious_people()
rules = ExchangeRules(poll_seconds=0.01, settle_seconds=0.0)
folders, store = Folders.below(root / "OQS"), ExchangeStore(root / "store.db")
service = ExchangeService(folders, LocalInsured(people), LocalChecks(people), store, rules=rules)
print("ready", flush=True)
service.run(threading.Event())
"""


def start_exchange(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill_repeatedly(root: Path, kills: int, requests: int) -> None:
    random, folders = Random(20261121), Folders.below(root / "OQS")
    for number in range(requests):
        message = registration(f"{number:05}") if number % 2 else check(f"KSK-{number}")
        name = f"{'OQSsiimm01req' if number % 2 else 'OQSsiquc01req'}_{number:04}.xml"
        (folders.req / name).write_bytes(write_document(message).data)
    for _ in range(kills):
        process = start_exchange(root)
        time.sleep(random.uniform(0.0, 0.25))
        process.kill()
        process.wait()
    process = start_exchange(root)
    try:
        until = time.monotonic() + 60
        while any(path.is_file() for path in folders.req.iterdir()):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    answers = sorted(path for path in folders.res.iterdir() if path.is_file())
    assert len(answers) == requests
    for path in answers:
        # an `.err` file would mean that a request was processed twice
        assert path.suffix == ".xml"
        assert check_file(path).ok
    assert list((folders.res / WORK_FOLDER).glob("*.part")) == []
    store = ExchangeStore(root / "store.db")
    assert store.numbers(INSTITUTION, registration().body.info) is not None
    store.close()


def test_each_request_is_answered_once_despite_three_kills(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, kills=3, requests=80)


@pytest.mark.long
def test_each_request_is_answered_once_despite_forty_kills(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, kills=40, requests=1500)
