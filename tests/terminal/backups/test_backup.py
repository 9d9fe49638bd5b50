"""Backups of a running terminal, and restores without lost decisions or cloned terminals."""

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
from terminal.assembly import enrolled_client, ledger_path
from terminal.audit import AuditRecord, AuditTrail
from terminal.backups import backup as backup_module
from terminal.backups.backup import back_up
from terminal.backups.sealed import Cost, Sealer
from terminal.cli.main import app
from terminal.conductor.outcome import DeliveryStage
from terminal.handover.patient_numbers import InsuredKey
from terminal.qualification.client import Audit
from terminal.qualification.contract import RefusalReason, Refused
from terminal.qualification.keys import terminal_key_path
from terminal.qualification.receipts import MissingChecks, verify_with_receipts
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.misbehaviour import Operation, ResponseMode, Rule
from terminal.staff_password import hash_file, save_password
from tests.terminal.backups.clinic import ClinicTerminal
from tests.terminal.backups.conftest import Clinic

PASSPHRASE = "朝の光はやさしく差す 42"
LOW_COST = Cost(n=1 << 10)


@pytest.fixture(autouse=True)
def _low_sealing_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reduce the scrypt cost. With the default, each file takes half a second."""
    monkeypatch.setattr(backup_module, "Sealer", lambda file, passphrase, cost: Sealer(file, passphrase, LOW_COST))


def make_backup(clinic: Clinic, settings: Settings, name: str = "one.backup") -> Path:
    file = clinic.folder / name
    back_up(settings, clinic.settings_file("front-1"), file, PASSPHRASE, datetime.now(UTC))
    return file


def restore(clinic: Clinic, file: Path, host: str, *options: str, passphrase: str = PASSPHRASE) -> tuple[int, str]:
    """Run `restore` on `host`."""
    command = ["restore", str(file), *options, "--config", str(clinic.settings_file(host))]
    result = CliRunner().invoke(app, command, input=f"{passphrase}\n")
    return result.exit_code, result.output


def lose_disk(clinic: Clinic) -> None:
    """Replace the terminal's folder with an empty one to simulate a disk failure."""
    (clinic.folder / "front-1").rename(clinic.folder / "lost")
    (clinic.folder / "front-1").mkdir()


def audit(clinic: Clinic, settings: Settings) -> Audit | Refused:
    async def request(terminal: ClinicTerminal) -> Any:
        return await terminal.client.audit()

    reply: Audit | Refused = clinic.run(settings, request)
    return reply


def verify_with_service(clinic: Clinic, settings: Settings) -> object:
    reply = audit(clinic, settings)
    assert isinstance(reply, Audit)
    _, enrolment = enrolled_client(settings)
    return verify_with_receipts(ledger_path(settings), enrolment.service_public_key, reply.receipts, reply.opened)


async def run_receptions(terminal: ClinicTerminal, count: int = 2) -> list[str]:
    for _ in range(count):
        assert (await terminal.reception()).stage is DeliveryStage.DELIVERED
    return [record.event.check_id for record in terminal.ledger.records()]


def test_restore_marks_decisions_made_after_the_backup_as_lost(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    save_password(settings, "280417")
    trail = AuditTrail(settings.state_dir / "audit.jsonl")
    trail.write(AuditRecord("2026-11-26T09:00:00+09:00", "r-1", "Idle", "CardPresent", "Reading", number=1))
    trail.close()
    backups: list[Path] = []

    async def day(terminal: ClinicTerminal) -> None:
        await run_receptions(terminal)
        await terminal.record_decision(await terminal.open_check())  # not submitted yet
        interrupted = await terminal.open_check()  # not answered yet
        backups.append(make_backup(clinic, settings))
        await terminal.delivery.process_outbox()
        await terminal.record_decision(interrupted)
        await terminal.delivery.deliver(interrupted)
        await run_receptions(terminal)
        await terminal.open_check()

    clinic.run(settings, day)
    before = audit(clinic, settings)
    assert isinstance(before, Audit)
    old_key = terminal_key_path(settings.state_dir).read_bytes()
    old_records = [(record.sequence, record.hash) for record in LedgerFile(ledger_path(settings)).records()]
    lose_disk(clinic)

    code, output = restore(clinic, backups[0], "front-1")
    assert code == 0, output
    assert "accepted 3 decisions and opened 3 checks" in output
    restored_events = [record.event for record in LedgerFile(ledger_path(settings)).records()]
    restored_records = [(record.sequence, record.hash) for record in LedgerFile(ledger_path(settings)).records()]
    assert restored_records[:11] == old_records[:11]
    (mark,) = [event for event in restored_events if isinstance(event, Restored)]
    assert mark.lost == len([event for event in restored_events if isinstance(event, Lost)]) == 3
    assert isinstance(verify_with_service(clinic, settings), LedgerIntact)
    assert terminal_key_path(settings.state_dir).read_bytes() != old_key
    assert hash_file(settings.state_dir).exists()
    assert "CardPresent" in (settings.state_dir / "audit.jsonl").read_text("utf-8")
    assert all(path.stat().st_mode & 0o077 == 0 for path in settings.state_dir.rglob("*"))

    async def next_day(terminal: ClinicTerminal) -> None:
        assert await terminal.delivery.settle_interrupted("1319999999") == 0  # no decision is replaced by a refusal
        await terminal.delivery.process_outbox()
        await run_receptions(terminal)
        assert terminal.delivery.backlog() == 0

    clinic.run(settings, next_day)
    assert isinstance(verify_with_service(clinic, settings), LedgerIntact)
    after = audit(clinic, settings)
    assert isinstance(after, Audit)
    assert set(before.receipts) < set(after.receipts)
    assert len(after.receipts) == len(before.receipts) + 2

    # the service refuses the lost disk's key
    lost = settings.model_copy(update={"state_dir": clinic.folder / "lost" / "state"})
    refusal = audit(clinic, lost)
    assert isinstance(refusal, Refused)
    assert refusal.reason is RefusalReason.UNKNOWN_TERMINAL


def test_second_restore_requires_new_enrolment(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = make_backup(clinic, settings)
    lose_disk(clinic)
    assert restore(clinic, file, "front-1")[0] == 0
    second = clinic.write_settings("front-1", host="second")
    code, output = restore(clinic, file, "second", "--keep-settings")
    assert (code, "restored or enrolled again" in output) == (1, True), output
    assert not second.state_dir.exists()
    code, output = restore(clinic, file, "second", "--keep-settings", "--new-enrolment")
    assert code == 0, output
    clinic.run(second, run_receptions)
    assert isinstance(verify_with_service(clinic, second), LedgerIntact)
    first = audit(clinic, settings)
    assert isinstance(first, Refused)  # the service accepts only the newest enrolment


def test_manual_ledger_rollback_is_detected(clinic: Clinic) -> None:
    """Copying an old state folder bypasses `restore`, which marks lost records."""
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    shutil.copytree(settings.state_dir, clinic.folder / "copy")
    clinic.run(settings, run_receptions)
    shutil.rmtree(settings.state_dir)
    (clinic.folder / "copy").rename(settings.state_dir)
    assert not isinstance(verify_with_service(clinic, settings), LedgerIntact)


def test_missing_check_is_accepted_only_if_marked_by_restore(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = make_backup(clinic, settings)

    async def open_check(terminal: ClinicTerminal) -> None:
        await terminal.open_check()

    clinic.run(settings, open_check)
    lose_disk(clinic)
    assert restore(clinic, file, "front-1")[0] == 0
    assert isinstance(verify_with_service(clinic, settings), LedgerIntact)
    shutil.copy(ledger_path(settings), clinic.folder / "saved.db")
    clinic.run(settings, open_check)
    shutil.copy(clinic.folder / "saved.db", ledger_path(settings))
    for ending in ("-wal", "-shm"):
        ledger_path(settings).with_name(f"ledger.db{ending}").unlink(missing_ok=True)
    assert isinstance(verify_with_service(clinic, settings), MissingChecks)


@pytest.mark.parametrize("failure", ["response lost", "move fails"])
def test_restore_interrupted_after_key_change_can_be_retried(
    clinic: Clinic, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = make_backup(clinic, settings)
    clinic.run(settings, run_receptions)
    lose_disk(clinic)
    if failure == "move fails":

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("terminal.backups.restore._move", fail)
    else:
        clinic.server.behaviour.set(Operation.CHANGE_KEY, Rule(mode=ResponseMode.LOST_ANSWER, times=3))
    code, output = restore(clinic, file, "front-1")
    assert code == 1, output
    assert not (settings.state_dir / "terminal").exists()
    monkeypatch.undo()
    code, output = restore(clinic, file, "front-1")
    assert code == 0, output
    assert "accepted 2 decisions" in output
    assert not (settings.state_dir / ".restoring").exists()
    clinic.run(settings, run_receptions)
    assert isinstance(verify_with_service(clinic, settings), LedgerIntact)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def truncate_to_header(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:30])


def flip_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-200] ^= 1
    file.write_bytes(data)


def replace_content(file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 another format")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "truncated"),
        (truncate_to_header, "truncated"),
        (flip_bit, "damaged"),
        (replace_content, "not a uketsuke backup"),
    ],
)
def test_damaged_backup_is_refused(clinic: Clinic, damage: Callable[[Path], None], message: str) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = make_backup(clinic, settings)
    lose_disk(clinic)
    damage(file)
    code, output = restore(clinic, file, "front-1")
    assert (code, message in output) == (1, True), output
    assert not settings.state_dir.exists()
    assert not clinic.settings_file("front-1").exists()


def test_refused_restore_changes_nothing(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = make_backup(clinic, settings)

    async def restore_while_running(_: ClinicTerminal) -> tuple[int, str]:
        return await asyncio.to_thread(restore, clinic, file, "front-1")

    code, output = clinic.run(settings, restore_while_running)
    assert (code, "a terminal is running" in output) == (1, True), output
    code, output = restore(clinic, file, "front-1")
    assert (code, "not empty" in output) == (1, True), output
    lose_disk(clinic)
    code, output = restore(clinic, file, "front-1", passphrase="another passphrase")
    assert (code, "wrong passphrase" in output) == (1, True), output
    clinic.server.stop()
    code, output = restore(clinic, file, "front-1")
    assert (code, "no answer from the service" in output) == (1, True), output
    assert not settings.state_dir.exists()
    assert not clinic.settings_file("front-1").exists()
    clinic.write_settings("front-2", host="front-1")
    code, output = restore(clinic, file, "front-1")
    assert (code, "--keep-settings" in output) == (1, True), output
    code, output = restore(clinic, file, "front-1", "--keep-settings")
    assert (code, "is from terminal 'front-1'" in output) == (1, True), output


def test_backup_prompts_for_passphrase_and_overwrites_no_file(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    file = clinic.folder / "by-command.backup"
    command = ["backup", str(file), "--config", str(clinic.settings_file("front-1"))]
    short_passphrase = CliRunner().invoke(app, command, input="short\n")
    assert (short_passphrase.exit_code, "at least 12" in short_passphrase.output) == (1, True)
    assert not file.exists()
    first_run = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert first_run.exit_code == 0, first_run.output
    assert "ledger intact, 10 records" in first_run.output
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    for secret in (b"PRIVATE KEY", b"terminal-1", b"front-1", PASSPHRASE.encode()):
        assert secret not in content
    second_run = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert (second_run.exit_code, file.read_bytes() == content) == (1, True)
    assert [path.name for path in clinic.folder.iterdir() if path.name.startswith(".")] == []


def test_decisions_are_restored_unchanged(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    decisions = [
        record.event for record in LedgerFile(ledger_path(settings)).records() if isinstance(record.event, Decided)
    ]
    file = make_backup(clinic, settings)
    lose_disk(clinic)
    assert restore(clinic, file, "front-1")[0] == 0
    restored_decisions = [
        record.event for record in LedgerFile(ledger_path(settings)).records() if isinstance(record.event, Decided)
    ]
    assert restored_decisions == decisions


def test_patient_numbers_are_restored_without_other_exchange_data(clinic: Clinic) -> None:
    settings, patient = clinic.enrol("front-1"), InsuredKey("6132013/12/0001235/01")
    clinic.run(settings, run_receptions)
    database = settings.state_dir / "exchange.db"
    exchange = ExchangeStore(database)  # open during the backup
    try:
        exchange.numbers.register("1319999999", patient, "24434")
        now = datetime.now(UTC)
        exchange.store_decision("1319999999", patient, Item.MEDICINES, now, now + timedelta(hours=24), None)
        exchange.upload("bulk.xml", "OQSmuquc", "1319999999", b"names of patients", now, now)
        file = make_backup(clinic, settings)
    finally:
        exchange.close()
    lose_disk(clinic)
    code, output = restore(clinic, file, "front-1")
    assert code == 0, output
    assert database.stat().st_mode & 0o777 == 0o600
    assert b"names of patients" not in database.read_bytes()
    exchange = ExchangeStore(database)
    try:
        assert exchange.numbers.find("1319999999", patient) == "24434"
        assert exchange.consent("1319999999", patient, Item.MEDICINES) is None
    finally:
        exchange.close()


def test_backup_succeeds_with_damaged_exchange_database(clinic: Clinic) -> None:
    settings = clinic.enrol("front-1")
    clinic.run(settings, run_receptions)
    (settings.state_dir / "exchange.db").write_bytes(b"SQLite format 3\0" + bytes(4000))
    file = clinic.folder / "by-command.backup"
    command = ["backup", str(file), "--config", str(clinic.settings_file("front-1"))]
    completed = CliRunner().invoke(app, command, input=f"{PASSPHRASE}\n")
    assert (completed.exit_code, "patient numbers are NOT included" in completed.output) == (1, True), completed.output
    assert "ledger intact" in completed.output
    lose_disk(clinic)
    assert restore(clinic, file, "front-1")[0] == 0
