"""Results are delivered once or reported to staff if the folder fails, hangs or changes or the program is killed."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from consent.items import Item
from consent.lifecycle import LifeCycleError
from terminal.conductor.delivery import DeliveryStage
from terminal.conductor.handing_over import ASTRAY
from terminal.conductor.outcome import DeliveryOutcome
from terminal.handover import process
from terminal.handover.folder import WORK_FOLDER, DeliveryFailure, FileDelivered, NotDelivered
from terminal.problems import ProblemCode
from terminal.qualification.contract import RefusalReason
from terminal.simulated.service.misbehaviour import Lie, Manner, Operation, Rule
from tests.terminal.qualification.delivering import Office

HANGING = "import sys; sys.stdin.buffer.read()"


class Killed(BaseException):
    """Stands for the process being killed at this point."""


@pytest.fixture
def database_url() -> None:
    """Use the in-memory store."""


@pytest.fixture
def office(counter: Any, card: Any, tmp_path: Path) -> Office:
    return Office(counter, card, tmp_path)


def test_a_file_is_delivered_once_and_recorded(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with office.at(client):
            check_id = await office.decided(client)
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.DELIVERED
            assert (await office.delivery.deliver(check_id, again=True)).stage is DeliveryStage.DELIVERED
            return office.ledger.of_check(check_id), office.kinds()

    history, kinds = counter.play(scenario)
    assert kinds == ["opened", "decided", "confirmed", "handing-over", "delivered"]
    assert history.delivered.event.sha256 == history.handing_over.event.sha256
    assert office.results.stat().st_mode & 0o007 == 0


def test_delivery_resumes_when_the_share_returns(
    office: Office, counter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    office.results.write_bytes(b"a file where the folder should be")

    async def scenario(client: Any) -> None:
        with office.at(client):
            first = await office.delivery.deliver(await office.decided(client))
            assert first.stage is DeliveryStage.CONFIRMED
            assert (office.delivery.backlog(), office.delivery.trouble) == (1, DeliveryFailure.FOLDER_MISSING)
            stored = b"".join(path.read_bytes() for path in office.path.parent.rglob("*") if path.is_file())
            for value in ("模擬　花子", "ﾓｷﾞ", "0001234", "19810412"):
                for encoding in ("utf-8", "cp932"):
                    assert value.encode(encoding) not in stored + caplog.text.encode()
            office.results.unlink()
            (later,) = await office.delivery.process_outbox()
            assert later.stage is DeliveryStage.DELIVERED
            assert (office.delivery.backlog(), office.delivery.trouble) == (0, None)

    counter.play(scenario)
    assert "模擬　花子".encode() in office.files()[0].read_bytes()


def test_another_file_with_the_same_name_is_not_a_delivery(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> Any:
        with office.at(client):
            check_id = await office.decided(client)
            history = office.ledger.of_check(check_id)
            assert history is not None
            name = f"{history.decision.event.result_file}.xml"
            office.results.mkdir()
            (office.results / name).write_bytes(b"<XmlMsg/>")
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert office.delivery.trouble is DeliveryFailure.OCCUPIED
            assert "delivered" not in office.kinds()
            (office.results / name).unlink()
            await office.delivery.process_outbox()
            return office.kinds()

    assert counter.play(scenario)[-1] == "delivered"
    assert b"XmlMsg" in office.files()[0].read_bytes()


# --- refusals ------------------------------------------------------------------------------------------------


def test_only_a_signed_final_refusal_ends_the_check(office: Office, counter: Any) -> None:
    """Resending would be refused until the consents expire; an unsigned refusal could come from anyone."""

    async def scenario(client: Any) -> list[Any]:
        behaviour = counter.server.behaviour
        stages: list[str] = []
        with office.at(client):
            check_id = await office.decided(client)
            for rule in (
                Rule(manner=Manner.REFUSING, reason=RefusalReason.CONFLICT, lie=Lie.UNSIGNED),
                Rule(manner=Manner.REFUSING, reason=RefusalReason.UNKNOWN_TERMINAL),
                Rule(manner=Manner.REFUSING, reason=RefusalReason.CONFLICT),
            ):
                behaviour.set(Operation.SUBMIT, rule)
                stages.append((await office.delivery.deliver(check_id)).stage)
                stages.append(office.kinds()[-1])
            assert await office.delivery.process_outbox() == ()
            history = office.ledger.of_check(check_id)
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


def test_other_decisions_are_sent_while_the_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(counter, card, tmp_path, limit=1.5)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)

    async def scenario(client: Any) -> float:
        with office.at(client):
            first = await office.delivery.deliver(await office.decided(client))
            began = time.monotonic()
            others = [await office.delivery.deliver(await office.decided(client)) for _ in range(3)]
            waited = time.monotonic() - began
            assert {outcome.stage for outcome in (first, *others)} == {DeliveryStage.CONFIRMED}
            assert office.delivery.trouble is DeliveryFailure.HANGS
            assert office.reported == [ProblemCode.HANDOVER_HANGS.code]
            assert office.kinds().count("confirmed") == 4
            await office.delivery.process_outbox()
            assert office.files() == []
            monkeypatch.undo()
            await office.delivery.process_outbox()
            assert len(office.files()) == 4
        return waited

    assert counter.play(scenario) < 3 * 1.5  # only the first delivery waited for the share


def test_the_program_can_end_while_the_share_hangs(
    counter: Any, card: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(counter, card, tmp_path, limit=0.3)
    monkeypatch.setattr(process, "_PROGRAM", HANGING)
    monkeypatch.setattr(process.subprocess.Popen, "kill", lambda self: None)  # like a process blocked in the kernel

    async def scenario(client: Any) -> float:
        with office.at(client):
            await office.delivery.deliver(await office.decided(client))
            assert office.folder.inspect("any.xml") == NotDelivered(
                DeliveryFailure.HANGS
            )  # no second process was started
            began = time.monotonic()
        return time.monotonic() - began

    left: list[Any] = []
    genuine = process.subprocess.Popen.__init__

    def noted(self: Any, *arguments: Any, **named: Any) -> None:
        genuine(self, *arguments, **named)
        left.append(self)

    monkeypatch.setattr(process.subprocess.Popen, "__init__", noted)
    assert counter.play(scenario) < 60
    monkeypatch.undo()
    assert len(left) == 1
    left[0].kill()
    left[0].wait()


# --- killed during a hand-over --------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before the mark", "before the move", "after the move", "after it was collected"])
def test_killed_during_a_hand_over(office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Both runs of the program together deliver and record exactly one file."""
    collected: list[bytes] = []

    def collect() -> None:
        for file in office.files():
            collected.append(file.read_bytes())
            file.unlink()

    async def first_run(client: Any) -> None:
        with office.at(client), monkeypatch.context() as killed:
            check_id = await office.decided(client)
            folder, ledger = office.folder, office.ledger
            prepare, move = folder.prepare, folder.move

            def then(step: Any, *arguments: Any) -> Any:
                step(*arguments)
                raise Killed

            match where:
                case "before the mark":
                    killed.setattr(folder, "prepare", lambda *a: then(prepare, *a))
                case "before the move":
                    killed.setattr(ledger, "handing_over", lambda *a: then(type(ledger).handing_over, ledger, *a))
                case _:
                    killed.setattr(folder, "move", lambda *a: then(move, *a))
            with pytest.raises(Killed):
                await office.delivery.deliver(check_id)
        if where == "after it was collected":
            collect()

    async def second_run(client: Any) -> Any:
        with office.at(client):
            (outcome,) = await office.delivery.process_outbox()
            await office.delivery.process_outbox()
            assert outcome.stage is DeliveryStage.DELIVERED
            return office.kinds()

    counter.play(first_run)
    kinds = counter.play(second_run)
    assert kinds.count("delivered") == 1
    collect()
    assert len(collected) == 1
    assert list((office.results / WORK_FOLDER).glob("*.part")) == []


def test_an_unmounted_share_is_not_an_emptied_folder(
    office: Office, counter: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> None:
        with office.at(client), monkeypatch.context() as killed:
            check_id = await office.decided(client)
            killed.setattr(office.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await office.delivery.deliver(check_id)

    async def next_day(client: Any) -> list[DeliveryOutcome]:
        with office.at(client):
            return list(await office.delivery.process_outbox())

    counter.play(first_run)
    share = tmp_path / "the share"
    office.results.rename(share)
    (office.results / WORK_FOLDER).mkdir(parents=True)  # the empty mount point, with a work folder from earlier use
    (outcome,) = counter.play(next_day)
    assert (outcome.stage, office.folder.trouble) == (DeliveryStage.CONFIRMED, DeliveryFailure.FOLDER_MISSING)
    assert office.files() == []
    office.results.rename(tmp_path / "mount point")
    share.rename(office.results)
    (outcome,) = counter.play(next_day)
    assert outcome.stage is DeliveryStage.DELIVERED
    assert len(office.files()) == 1


@pytest.mark.parametrize("again", [True, False])
def test_staff_decide_on_a_hand_over_of_unknown_outcome(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The hand-over is announced in the ledger, but the work folder that would show its state is gone."""

    async def scenario(client: Any) -> None:
        with office.at(client):
            check_id = await office.decided(client)
            with pytest.raises(LifeCycleError, match="not waiting"):
                await office.delivery.decide_hand_over(check_id, again=again)
            with monkeypatch.context() as killed:
                killed.setattr(office.folder, "move", lambda *_: NotDelivered(DeliveryFailure.HANGS))
                await office.delivery.deliver(check_id)
            shutil.rmtree(office.results / WORK_FOLDER)
            for _ in range(2):
                (outcome,) = await office.delivery.process_outbox()
                assert outcome.stage is DeliveryStage.CONFIRMED
            other = await office.delivery.deliver(await office.decided(client))
            assert other.stage is DeliveryStage.DELIVERED, "other results are not delayed"
            await office.delivery.process_outbox()
            assert list(office.delivery.astray) == [check_id]
            assert office.reported.count(ASTRAY) == 1
            outcome = await office.delivery.decide_hand_over(check_id, again=again)
            assert outcome.stage is (DeliveryStage.DELIVERED if again else DeliveryStage.REFUSED)
            assert (office.delivery.backlog(), office.delivery.astray) == (0, {})
            assert "hand-over-decided" in office.kinds()
            assert await office.delivery.withdraw(check_id, [Item.DIAGNOSIS]), "its consents can be withdrawn"
            with pytest.raises(LifeCycleError):
                await office.delivery.decide_hand_over(check_id, again=again)

    counter.play(scenario)
    assert len(office.files()) == (2 if again else 1)


def test_a_consent_withdrawn_before_the_move_is_not_in_the_file(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file written before the crash contains the consent and must not be delivered."""

    async def scenario(client: Any) -> None:
        with office.at(client):
            check_id = await office.decided(client)
            with monkeypatch.context() as full:
                full.setattr(office.folder, "move", lambda *_: NotDelivered(DeliveryFailure.DISK_FULL))
                assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.CONFIRMED
            assert await office.delivery.withdraw(check_id, [Item.DIAGNOSIS])
            await office.delivery.process_outbox()
            assert office.kinds().count("handing-over") == 2

    counter.play(scenario)
    (file,) = office.files()
    assert b"<DiagnosisInfoConsFlg>0<" in file.read_bytes()


def test_results_are_written_by_a_separate_process(tmp_path: Path) -> None:
    folder = process.FolderProcess(tmp_path / "results", create=True)
    prepared = folder.prepare("a.xml", "名前".encode() * 40_000)
    assert isinstance(prepared, process.Prepared)
    digest = folder.inspect("a.xml")
    assert isinstance(digest, process.ResultOnDisk)
    assert digest.work is not None
    assert folder.move("a.xml", digest.work) == FileDelivered(tmp_path / "results" / "a.xml")
    assert folder.probe() is None
    folder.close()


def test_another_file_found_after_a_crash_is_not_counted_as_delivered(
    office: Office, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first_run(client: Any) -> str:
        with office.at(client), monkeypatch.context() as killed:
            check_id = await office.decided(client)
            killed.setattr(office.folder, "move", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                await office.delivery.deliver(check_id)
            history = office.ledger.of_check(check_id)
            assert history is not None
            return f"{history.decision.event.result_file}.xml"

    async def next_day(client: Any) -> list[str]:
        with office.at(client):
            await office.delivery.process_outbox()
            return office.kinds()

    name = counter.play(first_run)
    (office.results / name).write_bytes(b"<XmlMsg/>")
    assert "delivered" not in counter.play(next_day)
    assert office.folder.trouble is DeliveryFailure.OCCUPIED
    (office.results / name).unlink()
    assert counter.play(next_day)[-1] == "delivered"
    assert len(office.files()) == 1


def test_a_discarded_check_is_not_sent(office: Office, counter: Any) -> None:
    async def scenario(client: Any) -> None:
        with office.at(client):
            check_id = await office.decided(client)
            office.ledger.discarded(check_id, "by-staff")
            assert (await office.delivery.deliver(check_id)).stage is DeliveryStage.REFUSED
            answer = await client.result(check_id)
            assert answer.reason is RefusalReason.NOT_SUBMITTED

    counter.play(scenario)
    assert office.files() == []
