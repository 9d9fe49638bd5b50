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
from tests.terminal.qualification.delivering import Office

HANGING = "import sys; sys.stdin.buffer.read()"


class Killed(BaseException):
    """Simulates a crash at this point."""


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture
def office(counter: Any, card: Any, tmp_path: Path) -> Office:
    return Office(counter, card, tmp_path)


def test_result_is_delivered_and_recorded_once(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with office.open(client):
            check_id = await office.record_decision(client)
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED
            assert (await office.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED
            return office.ledger.history(check_id), office.kinds()

    history, kinds = counter.play(scenario)
    assert kinds == ["opened", "decided", "confirmed", "handing-over", "delivered"]
    assert history.delivered.event.sha256 == history.handing_over.event.sha256
    assert office.results.stat().st_mode & 0o007 == 0


def test_delivery_resumes_when_share_returns(office: Office, counter: Any, caplog: pytest.LogCaptureFixture) -> None:
    office.results.write_bytes(b"a file where the folder should be")

    async def scenario(client: Any) -> None:
        with office.open(client):
            first = await office.delivery.deliver(await office.record_decision(client))
            assert first.stage is DeliveryStage.CONFIRMED
            assert (office.delivery.backlog(), office.delivery.failure) == (1, DeliveryFailure.FOLDER_MISSING)
            stored = b"".join(path.read_bytes() for path in office.path.parent.rglob("*") if path.is_file())
            for value in ("模擬　花子", "ﾓｷﾞ", "0001234", "19810412"):
                for encoding in ("utf-8", "cp932"):
                    assert value.encode(encoding) not in stored + caplog.text.encode()
            office.results.unlink()
            (later,) = await office.delivery.process_outbox()
            assert later.stage is DeliveryStage.DELIVERED
            assert (office.delivery.backlog(), office.delivery.failure) == (0, None)

    counter.play(scenario)
    assert "模擬　花子".encode() in office.files()[0].read_bytes()


def test_different_file_with_same_name_is_not_recorded_as_delivered(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with office.open(client):
            check_id = await office.record_decision(client)
            history = office.ledger.history(check_id)
            assert history is not None
            name = f"{history.decision.event.result_file}.xml"
            office.results.mkdir()
            (office.results / name).write_bytes(b"<XmlMsg/>")
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert office.delivery.failure is DeliveryFailure.OCCUPIED
            assert "delivered" not in office.kinds()
            (office.results / name).unlink()
            await office.delivery.process_outbox()
            return office.kinds()

    assert counter.play(scenario)[-1] == "delivered"
    assert b"XmlMsg" in office.files()[0].read_bytes()


# --- refusals ------------------------------------------------------------------------------------------------


def test_only_signed_final_refusal_discards_check(office: Office, counter: Any) -> None:
    """An unsigned refusal is treated as silence, and an unknown terminal may be enrolled later."""

    async def scenario(client: Any) -> list[Any]:
        behaviour = counter.server.behaviour
        stages: list[str] = []
        with office.open(client):
            check_id = await office.record_decision(client)
            for rule in (
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.CONFLICT, lie=Lie.UNSIGNED),
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.UNKNOWN_TERMINAL),
                Rule(mode=ResponseMode.REFUSING, reason=RefusalReason.CONFLICT),
            ):
                behaviour.set(Operation.SUBMIT, rule)
                stages.append((await office.delivery.deliver(check_id)).stage)
                stages.append(office.kinds()[-1])
            assert await office.delivery.process_outbox() == ()
            history = office.ledger.history(check_id)
            assert history is not None
            assert history.discarded is not None
            return [*stages, history.discarded.event.reason]

    assert counter.play(scenario) == [
        *(DeliveryStage.SILENT, "decided"),
        *(DeliveryStage.REFUSED, "decided"),
        *(DeliveryStage.REFUSED, "discarded"),
        "refused-conflict",
    ]
    assert office.reported == [ProblemCode.RESULT_UNSIGNED.code]


# --- a folder that hangs -------------------------------------------------------------------------------------


def test_other_decisions_are_sent_while_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(counter, card, tmp_path, limit=1.5)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)

    async def scenario(client: Any) -> float:
        with office.open(client):
            first = await office.delivery.deliver(await office.record_decision(client))
            began = time.monotonic()
            others = [await office.delivery.deliver(await office.record_decision(client)) for _ in range(3)]
            waited = time.monotonic() - began
            assert {outcome.stage for outcome in (first, *others)} == {DeliveryStage.CONFIRMED}
            assert office.delivery.failure is DeliveryFailure.HANGS
            assert office.reported == [ProblemCode.HANDOVER_HANGS.code]
            assert office.kinds().count("confirmed") == 4
            await office.delivery.process_outbox()
            assert office.files() == []
            monkeypatch.undo()
            await office.delivery.process_outbox()
            assert len(office.files()) == 4
        return waited

    assert counter.play(scenario) < 3 * 1.5  # only the first delivery waited for the share


def test_program_can_exit_while_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(counter, card, tmp_path, limit=0.3)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)
    monkeypatch.setattr(process.subprocess.Popen, "kill", lambda self: None)  # the process is blocked in the kernel

    async def scenario(client: Any) -> float:
        with office.open(client):
            await office.delivery.deliver(await office.record_decision(client))
            assert office.folder.inspect("any.xml") == NotDelivered(
                DeliveryFailure.HANGS
            )  # no second process is started
            began = time.monotonic()
        return time.monotonic() - began

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


# --- killed during a hand-over --------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before the mark", "before the move", "after the move", "after it was picked up"])
def test_crash_during_handover_delivers_one_file(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    picked_up: list[bytes] = []

    def pick_up() -> None:
        for file in office.files():
            picked_up.append(file.read_bytes())
            file.unlink()

    async def first_run(client: Any) -> None:
        with office.open(client), monkeypatch.context() as killed:
            check_id = await office.record_decision(client)
            folder, ledger = office.folder, office.ledger
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
                await office.delivery.deliver(check_id)
        if where == "after it was picked up":
            pick_up()

    async def second_run(client: Any) -> Any:
        with office.open(client):
            (outcome,) = await office.delivery.process_outbox()
            await office.delivery.process_outbox()
            assert outcome.stage is DeliveryStage.DELIVERED
            return office.kinds()

    counter.play(first_run)
    kinds = counter.play(second_run)
    assert kinds.count("delivered") == 1
    pick_up()
    assert len(picked_up) == 1
    assert list((office.results / WORK_FOLDER).glob("*.part")) == []


def test_unmounted_share_is_not_mistaken_for_emptied_folder(
    office: Office, counter: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> None:
        with office.open(client), monkeypatch.context() as killed:
            check_id = await office.record_decision(client)
            killed.setattr(office.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await office.delivery.deliver(check_id)

    async def next_day(client: Any) -> list[DeliveryOutcome]:
        with office.open(client):
            return list(await office.delivery.process_outbox())

    counter.play(first_run)
    share = tmp_path / "the share"
    office.results.rename(share)
    (office.results / WORK_FOLDER).mkdir(parents=True)  # an empty mount point with an old work folder
    (outcome,) = counter.play(next_day)
    assert (outcome.stage, office.folder.failure) == (DeliveryStage.CONFIRMED, DeliveryFailure.FOLDER_MISSING)
    assert office.files() == []
    office.results.rename(tmp_path / "mount point")
    share.rename(office.results)
    (outcome,) = counter.play(next_day)
    assert outcome.stage is DeliveryStage.DELIVERED
    assert len(office.files()) == 1


@pytest.mark.parametrize("again", [True, False])
def test_staff_resolve_handover_with_unknown_outcome(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The ledger announces the hand-over, but the work folder with its state is missing."""

    async def scenario(client: Any) -> None:
        with office.open(client):
            check_id = await office.record_decision(client)
            with pytest.raises(LifeCycleError, match="not 'confirmed'"):
                await office.delivery.decide_hand_over(check_id, again=again)
            with monkeypatch.context() as killed:
                killed.setattr(office.folder, "move", lambda *_: NotDelivered(DeliveryFailure.HANGS))
                await office.delivery.deliver(check_id)
            shutil.rmtree(office.results / WORK_FOLDER)
            for _ in range(2):
                (outcome,) = await office.delivery.process_outbox()
                assert outcome.stage is DeliveryStage.CONFIRMED
            other = await office.delivery.deliver(await office.record_decision(client))
            assert other.stage is DeliveryStage.DELIVERED, "other results must not be delayed"
            await office.delivery.process_outbox()
            assert list(office.delivery.uncertain) == [check_id]
            assert office.reported.count(UNCERTAIN) == 1
            outcome = await office.delivery.decide_hand_over(check_id, again=again)
            assert outcome.stage is (DeliveryStage.DELIVERED if again else DeliveryStage.REFUSED)
            assert (office.delivery.backlog(), office.delivery.uncertain) == (0, {})
            assert "hand-over-decided" in office.kinds()
            assert await office.delivery.withdraw(check_id, [Item.DIAGNOSIS]), "consents must remain withdrawable"
            with pytest.raises(LifeCycleError):
                await office.delivery.decide_hand_over(check_id, again=again)

    counter.play(scenario)
    assert len(office.files()) == (2 if again else 1)


def test_consent_withdrawn_before_move_is_not_in_file(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prepared file contains the consent and must not be delivered."""

    async def scenario(client: Any) -> None:
        with office.open(client):
            check_id = await office.record_decision(client)
            with monkeypatch.context() as disk_full:
                disk_full.setattr(office.folder, "move", lambda *_: NotDelivered(DeliveryFailure.DISK_FULL))
                assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert await office.delivery.withdraw(check_id, [Item.DIAGNOSIS])
            await office.delivery.process_outbox()
            assert office.kinds().count("handing-over") == 2

    counter.play(scenario)
    (file,) = office.files()
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
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> str:
        with office.open(client), monkeypatch.context() as killed:
            check_id = await office.record_decision(client)
            killed.setattr(office.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await office.delivery.deliver(check_id)
            history = office.ledger.history(check_id)
            assert history is not None
            return f"{history.decision.event.result_file}.xml"

    async def next_day(client: Any) -> list[str]:
        with office.open(client):
            await office.delivery.process_outbox()
            return office.kinds()

    name = counter.play(first_run)
    (office.results / name).write_bytes(b"<XmlMsg/>")
    assert "delivered" not in counter.play(next_day)
    assert office.folder.failure is DeliveryFailure.OCCUPIED
    (office.results / name).unlink()
    assert counter.play(next_day)[-1] == "delivered"
    assert len(office.files()) == 1


def test_discarded_check_is_not_sent(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> None:
        with office.open(client):
            check_id = await office.record_decision(client)
            office.ledger.discarded(check_id, "by-staff")
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.REFUSED
            answer = await client.result(check_id)
            assert answer.reason is RefusalReason.NOT_SUBMITTED

    counter.play(scenario)
    assert office.files() == []
