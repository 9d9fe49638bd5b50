"""A terminal is backed up while it works, lost, and brought back: nobody is cloned, no decision is rolled back."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from consent.items import Item
from consent.ledger import LedgerFile
from consent.records import Decided, Lost, Restored
from consent.verification import LedgerIntact
from terminal.assembly import client_of, ledger_path
from terminal.audit import AuditRecord, AuditTrail
from terminal.cli.main import app
from terminal.conductor.outcome import DeliveryStage
from terminal.handover.numbers import InsuredKey
from terminal.keeping import backup as backup_module
from terminal.keeping.backup import back_up
from terminal.keeping.sealed import Cost, Sealer
from terminal.qualification.client import Audit
from terminal.qualification.contract import RefusalReason, Refused
from terminal.qualification.keys import terminal_key_path
from terminal.qualification.receipts import ChecksMissing, verify_with_receipts
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.misbehaviour import Manner, Operation, Rule
from terminal.staff_password import hash_file, keep
from tests.terminal.keeping.conftest import House
from tests.terminal.keeping.house import HouseTerminal

PASSPHRASE = "朝の光はやさしく差す 42"
CHEAP = Cost(n=1 << 10)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second of scrypt for each file is for real ones."""
    monkeypatch.setattr(backup_module, "Sealer", lambda file, passphrase, cost: Sealer(file, passphrase, CHEAP))


def back(house: House, settings: Settings, name: str = "one.backup") -> Path:
    file = house.folder / name
    back_up(settings, house.file("front-1"), file, PASSPHRASE, datetime.now(UTC))
    return file


def restore(house: House, file: Path, at: str, *words: str, typed: str = PASSPHRASE) -> tuple[int, str]:
    """On the computer `at`, whose settings file is the backup's."""
    command = ["restore", str(file), *words, "--config", str(house.file(at))]
    result = CliRunner().invoke(app, command, input=f"{typed}\n")
    return result.exit_code, result.output


def lose(house: House) -> None:
    """The disk is gone; a new one has the same mount points."""
    (house.folder / "front-1").rename(house.folder / "gone")
    (house.folder / "front-1").mkdir()


def audit(house: House, settings: Settings) -> Audit | Refused:
    async def asked(terminal: HouseTerminal) -> Any:
        return await terminal.client.audit()

    found: Audit | Refused = house.at(settings, asked)
    return found


def verified(house: House, settings: Settings) -> object:
    known = audit(house, settings)
    assert isinstance(known, Audit)
    _, enrolment = client_of(settings)
    return verify_with_receipts(ledger_path(settings), enrolment.service_public_key, known.receipts, known.opened)


async def receptions(terminal: HouseTerminal, count: int = 2) -> list[str]:
    for _ in range(count):
        assert (await terminal.reception()).stage is DeliveryStage.DELIVERED
    return [record.event.check_id for record in terminal.ledger.records()]


def test_a_week_lost_and_brought_back(house: House) -> None:
    settings = house.enrolled("front-1")
    keep(settings, "280417")
    trail = AuditTrail(settings.state_dir / "audit.jsonl")
    trail.write(AuditRecord("2026-11-26T09:00:00+09:00", "r-1", "Idle", "CardPresent", "Reading", number=1))
    trail.close()
    saved: list[Path] = []

    async def day(terminal: HouseTerminal) -> None:
        await receptions(terminal)
        await terminal.decided(await terminal.opened())  # waits to be sent
        interrupted = await terminal.opened()  # the patient is at the questions
        saved.append(back(house, settings))  # while it runs
        await terminal.delivery.work_off()
        await terminal.decided(interrupted)
        await terminal.delivery.deliver(interrupted)
        await receptions(terminal)
        await terminal.opened()

    house.at(settings, day)
    before = audit(house, settings)
    assert isinstance(before, Audit)
    old_key = terminal_key_path(settings.state_dir).read_bytes()
    old_records = [(one.sequence, one.hash) for one in LedgerFile(ledger_path(settings)).records()]
    lose(house)

    code, said = restore(house, saved[0], "front-1")
    assert code == 0, said
    assert "accepted 3 decisions and opened 3 checks" in said
    restored = [one.event for one in LedgerFile(ledger_path(settings)).records()]
    kept = [(one.sequence, one.hash) for one in LedgerFile(ledger_path(settings)).records()][:11]
    assert kept == old_records[:11]
    (mark,) = [event for event in restored if isinstance(event, Restored)]
    assert mark.lost == len([event for event in restored if isinstance(event, Lost)]) == 3
    assert isinstance(verified(house, settings), LedgerIntact)
    assert terminal_key_path(settings.state_dir).read_bytes() != old_key
    assert hash_file(settings.state_dir).exists()
    assert "CardPresent" in (settings.state_dir / "audit.jsonl").read_text("utf-8")
    assert all(path.stat().st_mode & 0o077 == 0 for path in settings.state_dir.rglob("*"))

    async def next_day(terminal: HouseTerminal) -> None:
        assert await terminal.delivery.settle_interrupted("1319999999") == 0  # nobody's answers become a no
        await terminal.delivery.work_off()
        await receptions(terminal)
        assert terminal.delivery.backlog() == 0

    house.at(settings, next_day)
    assert isinstance(verified(house, settings), LedgerIntact)
    after = audit(house, settings)
    assert isinstance(after, Audit)
    assert set(before.receipts) < set(after.receipts)
    assert len(after.receipts) == len(before.receipts) + 2

    # the computer that was given up comes to life again: the service no longer knows it
    ghost = settings.model_copy(update={"state_dir": house.folder / "gone" / "state"})
    refused = audit(house, ghost)
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.UNKNOWN_TERMINAL


def test_the_same_backup_a_second_time_is_refused_unless_the_administrator_allows_it(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = back(house, settings)
    lose(house)
    assert restore(house, file, "front-1")[0] == 0
    second = house.place("front-1", at="second")
    code, said = restore(house, file, "second", "--keep-settings")
    assert (code, "restored before" in said) == (1, True), said
    assert not second.state_dir.exists()
    code, said = restore(house, file, "second", "--keep-settings", "--new-enrolment")
    assert code == 0, said
    house.at(second, receptions)
    assert isinstance(verified(house, second), LedgerIntact)
    first = audit(house, settings)
    assert isinstance(first, Refused)  # one of them only


def test_a_ledger_cut_back_without_a_restore_is_still_told(house: House) -> None:
    """The old state folder put back by hand is what `restore` is there to prevent."""
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    shutil.copytree(settings.state_dir, house.folder / "copy")
    house.at(settings, receptions)
    shutil.rmtree(settings.state_dir)
    (house.folder / "copy").rename(settings.state_dir)
    assert not isinstance(verified(house, settings), LedgerIntact)


def test_a_check_opened_and_never_sent_stays_missing_unless_a_restore_says_so(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = back(house, settings)

    async def opened(terminal: HouseTerminal) -> None:
        await terminal.opened()

    house.at(settings, opened)
    lose(house)
    assert restore(house, file, "front-1")[0] == 0
    assert isinstance(verified(house, settings), LedgerIntact)
    shutil.copy(ledger_path(settings), house.folder / "noted.db")
    house.at(settings, opened)
    shutil.copy(house.folder / "noted.db", ledger_path(settings))
    for ending in ("-wal", "-shm"):
        ledger_path(settings).with_name(f"ledger.db{ending}").unlink(missing_ok=True)
    assert isinstance(verified(house, settings), ChecksMissing)


@pytest.mark.parametrize("moment", ["the answer is lost", "moving"])
def test_interrupted_after_the_service_changed_the_key(
    house: House, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = back(house, settings)
    house.at(settings, receptions)
    lose(house)
    if moment == "moving":

        def broken(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("terminal.keeping.restore._move", broken)
    else:
        house.server.behaviour.set(Operation.CHANGE_KEY, Rule(manner=Manner.LOST_ANSWER, times=3))
    code, said = restore(house, file, "front-1")
    assert code == 1, said
    assert not (settings.state_dir / "terminal").exists()
    monkeypatch.undo()
    code, said = restore(house, file, "front-1")
    assert code == 0, said
    assert "accepted 2 decisions" in said
    assert not (settings.state_dir / ".restoring").exists()
    house.at(settings, receptions)
    assert isinstance(verified(house, settings), LedgerIntact)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def cut_to_the_header(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:30])


def change(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-200] ^= 1
    file.write_bytes(data)


def replace(file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 not ours")


@pytest.mark.parametrize(
    ("harm", "told"),
    [(cut, "truncated"), (cut_to_the_header, "truncated"), (change, "damaged"), (replace, "not a backup of uketsuke")],
)
def test_a_file_that_is_not_whole(house: House, harm: Callable[[Path], None], told: str) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = back(house, settings)
    lose(house)
    harm(file)
    code, said = restore(house, file, "front-1")
    assert (code, told in said) == (1, True), said
    assert not settings.state_dir.exists()
    assert not house.file("front-1").exists()


def test_what_does_not_fit_is_told_and_changes_nothing(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = back(house, settings)

    async def while_it_runs(_: HouseTerminal) -> tuple[int, str]:
        return await asyncio.to_thread(restore, house, file, "front-1")

    code, said = house.at(settings, while_it_runs)
    assert (code, "a terminal is running" in said) == (1, True), said
    code, said = restore(house, file, "front-1")
    assert (code, "not empty" in said) == (1, True), said
    lose(house)
    code, said = restore(house, file, "front-1", typed="another passphrase")
    assert (code, "passphrase is wrong" in said) == (1, True), said
    house.server.stop()
    code, said = restore(house, file, "front-1")
    assert (code, "does not answer" in said) == (1, True), said
    assert not settings.state_dir.exists()
    assert not house.file("front-1").exists()
    house.place("front-2", at="front-1")
    code, said = restore(house, file, "front-1")
    assert (code, "--keep-settings" in said) == (1, True), said
    code, said = restore(house, file, "front-1", "--keep-settings")
    assert (code, "is of 'front-1'" in said) == (1, True), said


def test_the_command_asks_for_the_passphrase_and_overwrites_nothing(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    file = house.folder / "by-command.backup"
    command = ["backup", str(file), "--config", str(house.file("front-1"))]
    short = CliRunner().invoke(app, command, input="short\n")
    assert (short.exit_code, "at least 12" in short.output) == (1, True)
    assert not file.exists()
    done = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert done.exit_code == 0, done.output
    assert "ledger intact, 10 records" in done.output
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    for secret in (b"PRIVATE KEY", b"terminal-1", b"front-1", PASSPHRASE.encode()):
        assert secret not in content
    again = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert (again.exit_code, file.read_bytes() == content) == (1, True)
    assert [path.name for path in house.folder.iterdir() if path.name.startswith(".")] == []


def test_a_decision_is_in_the_backup_as_it_was_made(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    decided = [one.event for one in LedgerFile(ledger_path(settings)).records() if isinstance(one.event, Decided)]
    file = back(house, settings)
    lose(house)
    assert restore(house, file, "front-1")[0] == 0
    again = [one.event for one in LedgerFile(ledger_path(settings)).records() if isinstance(one.event, Decided)]
    assert again == decided


def test_the_institutions_patient_numbers_come_back_and_no_consent_of_the_exchange(house: House) -> None:
    settings, patient = house.enrolled("front-1"), InsuredKey("6132013/12/0001235/01")
    house.at(settings, receptions)
    book = settings.state_dir / "exchange.db"
    exchange = ExchangeStore(book)  # runs meanwhile
    try:
        exchange.numbers.register("1319999999", patient, "24434")
        now = datetime.now(UTC)
        exchange.decided("1319999999", patient, Item.MEDICINES, now, now + timedelta(hours=24), None)
        exchange.upload("bulk.xml", "OQSmuquc", "1319999999", b"names of patients", now, now)
        file = back(house, settings)
    finally:
        exchange.close()
    lose(house)
    code, said = restore(house, file, "front-1")
    assert code == 0, said
    assert book.stat().st_mode & 0o777 == 0o600
    assert b"names of patients" not in book.read_bytes()
    exchange = ExchangeStore(book)
    try:
        assert exchange.numbers.find("1319999999", patient) == "24434"
        assert exchange.consent("1319999999", patient, Item.MEDICINES) is None
    finally:
        exchange.close()


def test_a_broken_book_of_the_exchange_costs_no_backup_of_the_ledger(house: House) -> None:
    settings = house.enrolled("front-1")
    house.at(settings, receptions)
    (settings.state_dir / "exchange.db").write_bytes(b"SQLite format 3\0" + bytes(4000))
    file = house.folder / "by-command.backup"
    command = ["backup", str(file), "--config", str(house.file("front-1"))]
    done = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert (done.exit_code, "patient numbers are NOT included" in done.output) == (1, True), done.output
    assert "ledger intact" in done.output
    lose(house)
    assert restore(house, file, "front-1")[0] == 0
