"""Hand over confirmed results to the receipt computer's folder, each exactly once, or alert staff.

The file name and hash are recorded in the ledger (`handing-over`) before the file is moved into the folder. After a
crash, this record and the folder content determine where to resume.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING

from consent.ledger import Ledger
from consent.lifecycle import History
from consent.records import HandingOver
from terminal.conductor.outcome import DeliveryOutcome, DeliveryStage
from terminal.conductor.worker import Worker
from terminal.handover.characters import SUBSTITUTE
from terminal.handover.folder import DeliveryFailure, FileDelivered, NotDelivered, Prepared, ResultOnDisk, TargetExists
from terminal.handover.process import FolderProcess
from terminal.problems import ProblemCode
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import NoAnswer, NoAnswerReason, QualificationResult
from terminal.qualification.mismatch import Mismatch, find_mismatch

if TYPE_CHECKING:
    from terminal.handover.options import FaceOptions
    from terminal.handover.xml import Document, Encoding

log = logging.getLogger(__name__)

MAX_HANDOVER_WAIT = 3.0
"""Maximum seconds a reception waits for another handover before it leaves its result to the outbox."""

UNCERTAIN = "handover-uncertain"
"""Alert code for an uncertain handover: the receipt computer may or may not have received the result."""

OnAlert = Callable[[str, str], None]
"""Called with an alert code and the check id."""


class Handover:
    """Hands over one result at a time, in a separate process so that an unresponsive folder blocks nothing else."""

    def __init__(
        self,
        ledger: Ledger,
        ledger_worker: Worker,
        client: QualificationClient,
        folder: FolderProcess,
        institution_code: str,
        alert_staff: OnAlert,
        encoding: "Encoding" = "UTF-8",
        options: "FaceOptions | None" = None,
        max_reception_wait: float = MAX_HANDOVER_WAIT,
    ) -> None:
        self.on_unreadable_name: Callable[[str, str], Awaitable[None]] = _ignore_name
        """Called with reception and file stem before a result with ● in its names is written."""
        self.folder = folder
        self.uncertain: dict[str, History] = {}
        """Uncertain handovers by check id: the file is not in the folder and may or may not have been picked up."""
        self._max_reception_wait = max_reception_wait
        self._ledger = ledger
        self._ledger_worker = ledger_worker
        self._client = client
        self._institution_code = institution_code
        self._alert_staff = alert_staff
        self._encoding = encoding
        self._options = options
        self._files = Worker("handover")
        self._one_at_a_time = asyncio.Lock()
        self._cleaned = False

    async def deliver(self, check_id: str, *, patient_waits: bool) -> DeliveryOutcome:
        """Hand over a confirmed result. If `patient_waits`, do not wait for an unresponsive folder."""
        if patient_waits and self.folder.is_hanging:
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        try:
            async with asyncio.timeout(self._max_reception_wait if patient_waits else None):
                await self._one_at_a_time.acquire()
        except TimeoutError:
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        try:
            history = await self._ledger_worker.run(self._ledger.history, check_id)
            if history is None or history.confirmed is None or history.closed:
                return DeliveryOutcome(
                    DeliveryStage.DELIVERED if history is not None and history.delivered else DeliveryStage.REFUSED
                )
            return await self._deliver(history)
        finally:
            self._one_at_a_time.release()

    async def hand_over(self, check_id: str, result: QualificationResult) -> DeliveryOutcome:
        """Hand over the result of a check without a card, for which nothing was submitted."""
        async with self._one_at_a_time:
            history = await self._ledger_worker.run(self._ledger.history, check_id)
            if history is None or history.closed:
                return DeliveryOutcome(DeliveryStage.REFUSED)
            return await self._write(history, self._document(result))

    async def decide(self, check_id: str, *, again: bool) -> None:
        """Record staff's decision on an uncertain handover. Raises `LifeCycleError` if the check has none."""
        async with self._one_at_a_time:
            await self._ledger_worker.run(lambda: self._ledger.hand_over_decided(check_id, again=again))
            self.uncertain.pop(check_id, None)

    async def settle(self, history: History) -> bool:
        """Return whether a handover interrupted by a crash was completed. If so, record it in the ledger."""
        async with self._one_at_a_time:
            handover = history.handing_over
            outcome = None if handover is None else await self._interrupted_outcome(history, handover.event)
            return outcome is not None and outcome.stage is DeliveryStage.DELIVERED

    async def clean(self) -> None:
        """Delete work files without a pending handover. Runs only once, after the first pass over the outbox."""
        if self._cleaned:
            return
        async with self._one_at_a_time:
            waiting = [
                history for history in await self._ledger_worker.run(self._ledger.unfinished) if not history.closed
            ]
            names = {_name(history) for history in waiting if history.decided is not None}
            await self._files.run(self.folder.clean, names)
            self._cleaned = not self.folder.is_hanging

    async def warm_up(self) -> None:
        """Import the result writer before the first patient arrives."""
        await self._files.run(import_module, "terminal.handover.result_xml")

    def close(self) -> None:
        self.folder.close()
        self._files.close(1.0)

    async def _deliver(self, history: History) -> DeliveryOutcome:
        handover = history.handing_over
        if handover is not None:
            outcome = await self._interrupted_outcome(history, handover.event)
            if outcome is not None:
                return outcome
        result = await self._client.result(history.check_id)
        if not isinstance(result, QualificationResult):
            if result == NoAnswer(NoAnswerReason.NOT_VERIFIED):
                self._alert_staff(ProblemCode.RESULT_UNSIGNED.code, history.check_id)
            log.warning("cannot fetch the result; will retry")
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        difference = find_mismatch(result, history, self._institution_code)
        if difference is not None:
            return await self._hold_back(history, difference)
        document = self._document(result)
        if document.substituted:
            log.info("replaced %d characters not in %s in a result file", document.substituted, self._encoding)
        if document.substituted or _has_substitute(result):
            await self.on_unreadable_name(history.opened.event.reception_id, history.decision.event.result_file)
        return await self._write(history, document)

    def _document(self, result: QualificationResult) -> "Document":
        from terminal.handover.result_xml import result_document

        return result_document(result, self._encoding, self._options)

    async def _hold_back(self, history: History, difference: Mismatch) -> DeliveryOutcome:
        log.critical("result held back: it does not match the decision (%s)", difference)
        if all(record.event.reason != difference for record in history.mismatches):
            await self._ledger_worker.run(self._ledger.result_mismatch, history.check_id, difference.value)
        self._alert_staff(ProblemCode.RESULT_NOT_OURS.code, history.check_id)
        return DeliveryOutcome(DeliveryStage.HELD_BACK)

    async def _interrupted_outcome(self, history: History, handover: HandingOver) -> DeliveryOutcome | None:
        """Return the outcome of an interrupted handover, or None if it must be repeated."""
        match await self._files.run(self.folder.inspect, handover.file_name):
            case NotDelivered(reason=DeliveryFailure.FOLDER_MISSING) as failed:
                return self._report_uncertain(history, failed)
            case NotDelivered() as failed:
                return self._report_failure(history, failed)
            case ResultOnDisk(mark=mark) if handover.folder and mark != handover.folder:
                # for example an unmounted share: a file missing here was not necessarily picked up
                log.error("the result folder has changed; holding the result until the previous folder is available")
                return self._report_uncertain(history, NotDelivered(DeliveryFailure.FOLDER_MISSING))
            case ResultOnDisk(target=None, work=None):
                log.info("the receipt computer has picked up a result delivered earlier")
                return await self._record_delivered(history, handover.sha256)
            case ResultOnDisk(target=digest) if digest == handover.sha256:
                return await self._record_delivered(history, handover.sha256)
            case ResultOnDisk(target=None):
                self.uncertain.pop(history.check_id, None)
                return None  # written but never moved into the folder
            case ResultOnDisk():
                return self._report_occupied(history)

    async def _write(self, history: History, document: "Document") -> DeliveryOutcome:
        name, digest = _name(history), sha256(document.data).hexdigest()
        match await self._files.run(self.folder.prepare, name, document.data):
            case Prepared(mark=mark):
                event = HandingOver(check_id=history.check_id, file_name=name, sha256=digest, folder=mark)
                if not await self._ledger_worker.run(self._mark, history, event):
                    log.info("a consent was withdrawn in the meantime; fetching the result again")
                    return DeliveryOutcome(DeliveryStage.CONFIRMED)
            case TargetExists(same=True):
                return await self._record_delivered(history, digest)
            case TargetExists():
                return self._report_occupied(history)
            case NotDelivered() as failed:
                return self._report_failure(history, failed)
        match await self._files.run(self.folder.move, name, digest):
            case FileDelivered() | TargetExists(same=True):
                return await self._record_delivered(history, digest)
            case TargetExists():
                return self._report_occupied(history)
            case NotDelivered() as failed:
                return self._report_failure(history, failed)

    def _mark(self, history: History, event: HandingOver) -> bool:
        """Record the handover. Return False if a consent was withdrawn since `history` was read."""
        current = self._ledger.history(history.check_id)
        if current is None or current.withdrawn != history.withdrawn:
            return False
        if current.handing_over is None or current.handing_over.event != event:
            self._ledger.handing_over(event)
        return True

    async def _record_delivered(self, history: History, digest: str) -> DeliveryOutcome:
        name = _name(history)
        await self._ledger_worker.run(self._ledger.delivered, history.check_id, name, digest)
        self.uncertain.pop(history.check_id, None)
        return DeliveryOutcome(DeliveryStage.DELIVERED, name)

    def _report_occupied(self, history: History) -> DeliveryOutcome:
        log.error("result file not delivered: another file has its name and is not overwritten")
        self.folder.failure = DeliveryFailure.OCCUPIED
        return DeliveryOutcome(DeliveryStage.CONFIRMED)

    def _report_uncertain(self, history: History, failed: NotDelivered) -> DeliveryOutcome:
        if not history.without_card:  # staff repeat a check without a card
            self.uncertain[history.check_id] = history
            self._alert_staff(UNCERTAIN, history.check_id)
        return self._report_failure(history, failed)

    def _report_failure(self, history: History, failed: NotDelivered) -> DeliveryOutcome:
        log.error("result file not delivered: %s. It will be delivered later.", failed.reason)
        self.folder.failure = failed.reason
        if failed.reason is DeliveryFailure.HANGS:
            self._alert_staff(ProblemCode.HANDOVER_HANGS.code, "")
        return DeliveryOutcome(DeliveryStage.CONFIRMED)


async def _ignore_name(_reception: str, _stem: str) -> None:
    pass


def _has_substitute(result: QualificationResult) -> bool:
    """Return whether a name or address contains the service's substitute for characters it cannot encode."""
    texts = (text for holder in result.qualifications for text in (holder.name, holder.name_of_other, holder.address))
    return any(SUBSTITUTE in text for text in texts if text)


def _name(history: History) -> str:
    return f"{history.decision.event.result_file}.xml"
