"""Tests that results are delivered exactly once, or reported to staff, despite failing folders and crashes."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from consent.lifecycle import LifeCycleError
from terminal.conductor.delivery import DeliveryStage
from terminal.conductor.handing_over import UNCERTAIN
from terminal.conductor.outcome import DeliveryOutcome
from terminal.handover import process
from terminal.handover.folder import WORK_FOLDER, DeliveryFailure, FileDelivered, NotDelivered
from terminal.problems import ProblemCode
from terminal.qualification.contract import RefusalReason
from terminal.simulated.service.misbehaviour import Lie, Operation, ResponseMode, Rule
from tests.terminal.qualification.delivering import DeliveryTerminal

HANGING = "import sys; sys.stdin.buffer.read()"


class Killed(BaseException):
    """Raised to simulate a crash."""


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture
def terminal(counter: Any, card: Any, tmp_path: Path) -> DeliveryTerminal:
    return DeliveryTerminal(counter, card, tmp_path)


def test_result_is_delivered_and_recorded_once(terminal: DeliveryTerminal, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED
            assert (await terminal.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED
            return terminal.ledger.history(check_id), terminal.kinds()

    history, kinds = counter.play(scenario)
    assert kinds == ["opened", "decided", "confirmed", "handing-over", "delivered"]
    assert history.delivered.event.sha256 == history.handing_over.event.sha256
    assert terminal.results.stat().st_mode & 0o007 == 0


def test_delivery_resumes_when_share_returns(
    terminal: DeliveryTerminal, counter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    terminal.results.write_bytes(b"a file where the folder should be")

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            first = await terminal.delivery.deliver(await terminal.record_decision(client))
            assert first.stage is DeliveryStage.CONFIRMED
            assert (terminal.delivery.backlog(), terminal.delivery.failure) == (1, DeliveryFailure.FOLDER_MISSING)
            stored = b"".join(path.read_bytes() for path in terminal.path.parent.rglob("*") if path.is_file())
            for value in ("模擬　花子", "ﾓｷﾞ", "0001234", "19810412"):
                for encoding in ("utf-8", "cp932"):
                    assert value.encode(encoding) not in stored + caplog.text.encode()
            terminal.results.unlink()
            (later,) = await terminal.delivery.process_outbox()
            assert later.stage is DeliveryStage.DELIVERED
            assert (terminal.delivery.backlog(), terminal.delivery.failure) == (0, None)

    counter.play(scenario)
    assert "模擬　花子".encode() in terminal.files()[0].read_bytes()


def test_different_file_with_same_name_is_not_recorded_as_delivered(terminal: DeliveryTerminal, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            history = terminal.ledger.history(check_id)
            assert history is not None
            name = f"{history.decision.event.result_file}.xml"
            terminal.results.mkdir()
            (terminal.results / name).write_bytes(b"<XmlMsg/>")
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert terminal.delivery.failure is DeliveryFailure.OCCUPIED
            assert "delivered" not in terminal.kinds()
            (terminal.results / name).unlink()
            await terminal.delivery.process_outbox()
            return terminal.kinds()

    assert counter.play(scenario)[-1] == "delivered"
    assert b"XmlMsg" in terminal.files()[0].read_bytes()


# --- refusals ------------------------------------------------------------------------------------------------


def test_only_signed_final_refusal_discards_check(terminal: DeliveryTerminal, counter: Any) -> None:
    """An unsigned refusal is treated as silence, and an unknown terminal may be enrolled later."""

    async def scenario(client: Any) -> list[Any]:
        behaviour = counter.server.behaviour
        stages: list[str] = []
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            for rule in (
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.CONFLICT, lie=Lie.UNSIGNED),
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.UNKNOWN_TERMINAL),
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.CONFLICT),
            ):
                behaviour.set(Operation.SUBMIT, rule)
                stages.append((await terminal.delivery.deliver(check_id)).stage)
                stages.append(terminal.kinds()[-1])
            assert await terminal.delivery.process_outbox() == ()
            history = terminal.ledger.history(check_id)
            assert history is not None
            assert history.discarded is not None
            return [*stages, history.discarded.event.reason]

    assert counter.play(scenario) == [
        *(DeliveryStage.SILENT, "decided"),
        *(DeliveryStage.REFUSED, "decided"),
        *(DeliveryStage.REFUSED, "discarded"),
        "refused-conflict",
    ]
    assert terminal.reported == [ProblemCode.RESULT_UNSIGNED.code]


# --- a folder that hangs -------------------------------------------------------------------------------------


def test_other_decisions_are_sent_while_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path, limit=1.5)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)

    async def scenario(client: Any) -> float:
        with terminal.open(client):
            first = await terminal.delivery.deliver(await terminal.record_decision(client))
            started = time.monotonic()
            others = [await terminal.delivery.deliver(await terminal.record_decision(client)) for _ in range(3)]
            elapsed = time.monotonic() - started
            assert {outcome.stage for outcome in (first, *others)} == {DeliveryStage.CONFIRMED}
            assert terminal.delivery.failure is DeliveryFailure.HANGS
            assert terminal.reported == [ProblemCode.HANDOVER_HANGS.code]
            assert terminal.kinds().count("confirmed") == 4
            await terminal.delivery.process_outbox()
            assert terminal.files() == []
            monkeypatch.undo()
            await terminal.delivery.process_outbox()
            assert len(terminal.files()) == 4
        return elapsed

    assert counter.play(scenario) < 3 * 1.5  # only the first delivery waited for the share


def test_program_can_exit_while_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = DeliveryTerminal(counter, card, tmp_path, limit=0.3)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)
    monkeypatch.setattr(process.subprocess.Popen, "kill", lambda self: None)  # the process is blocked in the kernel

    async def scenario(client: Any) -> float:
        with terminal.open(client):
            await terminal.delivery.deliver(await terminal.record_decision(client))
            assert terminal.folder.inspect("any.xml") == NotDelivered(DeliveryFailure.HANGS)  # starts no second process
            started = time.monotonic()
        return time.monotonic() - started

    processes: list[Any] = []
    original = process.subprocess.Popen.__init__

    def record_process(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        processes.append(self)

    monkeypatch.setattr(process.subprocess.Popen, "__init__", record_process)
    assert counter.play(scenario) < 60
    monkeypatch.undo()
    assert len(processes) == 1
    processes[0].kill()
    processes[0].wait()


# --- killed during a handover ---------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before the mark", "before the move", "after the move", "after it was picked up"])
def test_crash_during_handover_delivers_one_file(
    terminal: DeliveryTerminal, counter: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    picked_up: list[bytes] = []

    def pick_up() -> None:
        for file in terminal.files():
            picked_up.append(file.read_bytes())
            file.unlink()

    async def first_run(client: Any) -> None:
        with terminal.open(client), monkeypatch.context() as killed:
            check_id = await terminal.record_decision(client)
            folder, ledger = terminal.folder, terminal.ledger
            prepare, move = folder.prepare, folder.move

            def crash_after(step: Any, *arguments: Any) -> Any:
                step(*arguments)
                raise Killed

            match where:
                case "before the mark":
                    killed.setattr(folder, "prepare", lambda *a: crash_after(prepare, *a))
                case "before the move":
                    killed.setattr(
                        ledger, "handing_over", lambda *a: crash_after(type(ledger).handing_over, ledger, *a)
                    )
                case _:
                    killed.setattr(folder, "move", lambda *a: crash_after(move, *a))
            with pytest.raises(Killed):
                await terminal.delivery.deliver(check_id)
        if where == "after it was picked up":
            pick_up()

    async def second_run(client: Any) -> Any:
        with terminal.open(client):
            (outcome,) = await terminal.delivery.process_outbox()
            await terminal.delivery.process_outbox()
            assert outcome.stage is DeliveryStage.DELIVERED
            return terminal.kinds()

    counter.play(first_run)
    kinds = counter.play(second_run)
    assert kinds.count("delivered") == 1
    pick_up()
    assert len(picked_up) == 1
    assert list((terminal.results / WORK_FOLDER).glob("*.part")) == []


def test_unmounted_share_is_not_mistaken_for_emptied_folder(
    terminal: DeliveryTerminal, counter: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> None:
        with terminal.open(client), monkeypatch.context() as killed:
            check_id = await terminal.record_decision(client)
            killed.setattr(terminal.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await terminal.delivery.deliver(check_id)

    async def next_run(client: Any) -> list[DeliveryOutcome]:
        with terminal.open(client):
            return list(await terminal.delivery.process_outbox())

    counter.play(first_run)
    share = tmp_path / "the share"
    terminal.results.rename(share)
    (terminal.results / WORK_FOLDER).mkdir(parents=True)  # an empty mount point with an old work folder
    (outcome,) = counter.play(next_run)
    assert (outcome.stage, terminal.folder.failure) == (DeliveryStage.CONFIRMED, DeliveryFailure.FOLDER_MISSING)
    assert terminal.files() == []
    terminal.results.rename(tmp_path / "mount point")
    share.rename(terminal.results)
    (outcome,) = counter.play(next_run)
    assert outcome.stage is DeliveryStage.DELIVERED
    assert len(terminal.files()) == 1


@pytest.mark.parametrize("again", [True, False])
def test_staff_resolve_handover_with_unknown_outcome(
    terminal: DeliveryTerminal, counter: Any, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The ledger records the start of the handover, but the work folder with its state is missing."""

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            with pytest.raises(LifeCycleError, match="not 'confirmed'"):
                await terminal.delivery.decide_hand_over(check_id, again=again)
            with monkeypatch.context() as killed:
                killed.setattr(terminal.folder, "move", lambda *_: NotDelivered(DeliveryFailure.HANGS))
                await terminal.delivery.deliver(check_id)
            shutil.rmtree(terminal.results / WORK_FOLDER)
            for _ in range(2):
                (outcome,) = await terminal.delivery.process_outbox()
                assert outcome.stage is DeliveryStage.CONFIRMED
            other = await terminal.delivery.deliver(await terminal.record_decision(client))
            assert other.stage is DeliveryStage.DELIVERED, "other results must not be delayed"
            await terminal.delivery.process_outbox()
            assert list(terminal.delivery.uncertain) == [check_id]
            assert terminal.reported.count(UNCERTAIN) == 1
            outcome = await terminal.delivery.decide_hand_over(check_id, again=again)
            assert outcome.stage is (DeliveryStage.DELIVERED if again else DeliveryStage.REFUSED)
            assert (terminal.delivery.backlog(), terminal.delivery.uncertain) == (0, {})
            assert "hand-over-decided" in terminal.kinds()
            assert await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS]), "consents must remain withdrawable"
            with pytest.raises(LifeCycleError):
                await terminal.delivery.decide_hand_over(check_id, again=again)

    counter.play(scenario)
    assert len(terminal.files()) == (2 if again else 1)


def test_consent_withdrawn_before_move_is_not_in_file(
    terminal: DeliveryTerminal, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prepared file contains the consent and must not be delivered."""

    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            with monkeypatch.context() as disk_full:
                disk_full.setattr(terminal.folder, "move", lambda *_: NotDelivered(DeliveryFailure.DISK_FULL))
                assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert await terminal.delivery.withdraw(check_id, [Item.DIAGNOSIS])
            await terminal.delivery.process_outbox()
            assert terminal.kinds().count("handing-over") == 2

    counter.play(scenario)
    (file,) = terminal.files()
    assert b"<DiagnosisInfoConsFlg>0<" in file.read_bytes()


def test_separate_process_writes_results(tmp_path: Path) -> None:
    folder = process.FolderProcess(tmp_path / "results", create=True)
    prepared = folder.prepare("a.xml", "名前".encode() * 40_000)
    assert isinstance(prepared, process.Prepared)
    digest = folder.inspect("a.xml")
    assert isinstance(digest, process.ResultOnDisk)
    assert digest.work is not None
    assert folder.move("a.xml", digest.work) == FileDelivered(tmp_path / "results" / "a.xml")
    assert folder.probe() is None
    folder.close()


def test_different_file_found_after_crash_is_not_recorded_as_delivered(
    terminal: DeliveryTerminal, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> str:
        with terminal.open(client), monkeypatch.context() as killed:
            check_id = await terminal.record_decision(client)
            killed.setattr(terminal.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await terminal.delivery.deliver(check_id)
            history = terminal.ledger.history(check_id)
            assert history is not None
            return f"{history.decision.event.result_file}.xml"

    async def next_run(client: Any) -> list[str]:
        with terminal.open(client):
            await terminal.delivery.process_outbox()
            return terminal.kinds()

    name = counter.play(first_run)
    (terminal.results / name).write_bytes(b"<XmlMsg/>")
    assert "delivered" not in counter.play(next_run)
    assert terminal.folder.failure is DeliveryFailure.OCCUPIED
    (terminal.results / name).unlink()
    assert counter.play(next_run)[-1] == "delivered"
    assert len(terminal.files()) == 1


def test_discarded_check_is_not_sent(terminal: DeliveryTerminal, counter: Any) -> None:
    async def scenario(client: Any) -> None:
        with terminal.open(client):
            check_id = await terminal.record_decision(client)
            terminal.ledger.discarded(check_id, "by-staff")
            assert (await terminal.delivery.deliver(check_id)).stage is DeliveryStage.REFUSED
            answer = await client.result(check_id)
            assert answer.reason is RefusalReason.NOT_SUBMITTED

    counter.play(scenario)
    assert terminal.files() == []
