"""From a confirmed decision to the file in the receipt computer's folder: once, or reported.

Before a file is moved in, the ledger says which one it will be (`handing-over`). After a crash the record and the
folder's content together show how far it had come.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256

from consent.ledger import Ledger
from consent.lifecycle import History
from consent.records import HandingOver
from terminal.conductor.outcome import DeliveryOutcome, DeliveryStage
from terminal.conductor.worker import Worker
from terminal.handover.characters import SUBSTITUTE
from terminal.handover.folder import AlreadyThere, DeliveryFailure, FileDelivered, NotDelivered, Prepared, ResultOnDisk
from terminal.handover.process import FolderProcess
from terminal.handover.result_xml import Encoding, FaceOptions, ResultDocument, result_document
from terminal.problems import ProblemCode
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import NoAnswer, QualificationResult, Silence
from terminal.qualification.ours import Differs, differs

log = logging.getLogger(__name__)

RECEPTION_WAITS = 3.0
"""Seconds a reception waits for a hand-over under way; then the outbox hands its result over."""

ASTRAY = "result-astray"
"""Reported to staff with every result of which it is unknown whether the receipt computer has it."""

TellStaff = Callable[[str, str], None]
"""Code and check id: what staff have to look after."""


class HandOver:
    """One hand-over at a time, in a separate process, so that a hanging folder delays nothing else."""

    def __init__(
        self,
        ledger: Ledger,
        books: Worker,
        client: QualificationClient,
        folder: FolderProcess,
        institution_code: str,
        tell_staff: TellStaff,
        encoding: Encoding = "UTF-8",
        options: FaceOptions | None = None,
        reception_waits: float = RECEPTION_WAITS,
    ) -> None:
        self.on_unreadable_name: Callable[[str, str], Awaitable[None]] = _nobody_reads
        """Called with reception and file stem before a result with ● in its names is written."""
        self.folder = folder
        self.astray: dict[str, History] = {}
        """Announced, and neither in this folder nor known to be taken from it, by check id."""
        self._reception_waits = reception_waits
        self._ledger = ledger
        self._books = books
        self._client = client
        self._institution_code = institution_code
        self._tell_staff = tell_staff
        self._encoding = encoding
        self._options = options
        self._files = Worker("handover")
        self._one_at_a_time = asyncio.Lock()
        self._cleaned = False

    async def deliver(self, check_id: str, *, patient_waits: bool) -> DeliveryOutcome:
        """Hand over what the service has confirmed. `patient_waits`: not for a folder that hangs, or for another's."""
        if patient_waits and self.folder.hangs:
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        try:
            async with asyncio.timeout(self._reception_waits if patient_waits else None):
                await self._one_at_a_time.acquire()
        except TimeoutError:
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        try:
            history = await self._books.run(self._ledger.of_check, check_id)
            if history is None or history.confirmed is None or history.closed:
                return DeliveryOutcome(
                    DeliveryStage.DELIVERED if history is not None and history.delivered else DeliveryStage.REFUSED
                )
            return await self._deliver(history)
        finally:
            self._one_at_a_time.release()

    async def hand_over(self, check_id: str, result: QualificationResult) -> DeliveryOutcome:
        """Hand over an answer without a submission: that of a check without a card."""
        async with self._one_at_a_time:
            history = await self._books.run(self._ledger.of_check, check_id)
            if history is None or history.closed:
                return DeliveryOutcome(DeliveryStage.REFUSED)
            return await self._write(history, result_document(result, self._encoding, self._options))

    async def decide(self, check_id: str, *, again: bool) -> None:
        """Apply staff's decision on a waiting result. Raises `LifeCycleError` if none waits for it."""
        async with self._one_at_a_time:
            await self._books.run(lambda: self._ledger.hand_over_decided(check_id, again=again))
            self.astray.pop(check_id, None)

    async def settle(self, history: History) -> bool:
        """Return whether a hand-over interrupted by a crash had been completed; if so, record it in the ledger."""
        async with self._one_at_a_time:
            begun = history.handing_over
            ended = None if begun is None else await self._found(history, begun.event)
            return ended is not None and ended.stage is DeliveryStage.DELIVERED

    async def clean(self) -> None:
        """Remove files that belong to no hand-over: once per run, after the first pass of the outbox."""
        if self._cleaned:
            return
        async with self._one_at_a_time:
            waiting = [history for history in await self._books.run(self._ledger.unended) if not history.closed]
            names = {_name(history) for history in waiting if history.decided is not None}
            await self._files.run(self.folder.clean, names)
            self._cleaned = not self.folder.hangs

    def close(self) -> None:
        self.folder.close()
        self._files.close(1.0)

    async def _deliver(self, history: History) -> DeliveryOutcome:
        begun = history.handing_over
        if begun is not None:
            ended = await self._found(history, begun.event)
            if ended is not None:
                return ended
        result = await self._client.result(history.check_id)
        if not isinstance(result, QualificationResult):
            if result == NoAnswer(Silence.NOT_VERIFIED):
                self._tell_staff(ProblemCode.RESULT_UNSIGNED.code, history.check_id)
            log.warning("result not fetched; it will be fetched again later")
            return DeliveryOutcome(DeliveryStage.CONFIRMED)
        differing = differs(result, history, self._institution_code)
        if differing is not None:
            return await self._held_back(history, differing)
        document = result_document(result, self._encoding, self._options)
        if document.substituted:
            log.info("%d characters outside %s were replaced in a result file", document.substituted, self._encoding)
        if document.substituted or _has_substitute(result):
            await self.on_unreadable_name(history.opened.event.reception_id, history.decision.event.result_file)
        return await self._write(history, document)

    async def _held_back(self, history: History, differing: Differs) -> DeliveryOutcome:
        log.critical("the service's result is not ours: %s; it is not handed over", differing)
        if all(record.event.reason != differing for record in history.not_ours):
            await self._books.run(self._ledger.not_ours, history.check_id, differing.value)
        self._tell_staff(ProblemCode.RESULT_NOT_OURS.code, history.check_id)
        return DeliveryOutcome(DeliveryStage.HELD_BACK)

    async def _found(self, history: History, begun: HandingOver) -> DeliveryOutcome | None:
        """Return how far a hand-over begun before has come; None if it must begin again."""
        match await self._files.run(self.folder.look, begun.file_name):
            case NotDelivered(reason=DeliveryFailure.FOLDER_MISSING) as failed:
                return self._strays(history, failed)
            case NotDelivered() as failed:
                return self._failed(history, failed)
            case ResultOnDisk(mark=mark) if begun.folder and mark != begun.folder:
                # an empty folder in place of the share: what it does not hold was not taken from it
                log.error("the result folder is not the same as before; the result waits for the right one")
                return self._strays(history, NotDelivered(DeliveryFailure.FOLDER_MISSING))
            case ResultOnDisk(target=None, work=None):
                log.info("a result that was moved in earlier has been taken")
                return await self._noted(history, begun.sha256)
            case ResultOnDisk(target=digest) if digest == begun.sha256:
                return await self._noted(history, begun.sha256)
            case ResultOnDisk(target=None):
                self.astray.pop(history.check_id, None)
                return None  # written, and never moved in
            case ResultOnDisk():
                return self._occupied(history)

    async def _write(self, history: History, document: ResultDocument) -> DeliveryOutcome:
        name, digest = _name(history), sha256(document.data).hexdigest()
        match await self._files.run(self.folder.prepare, name, document.data):
            case Prepared(mark=mark):
                event = HandingOver(check_id=history.check_id, file_name=name, sha256=digest, folder=mark)
                if not await self._books.run(self._mark, history, event):
                    log.info("a consent was withdrawn meanwhile; the result is fetched again")
                    return DeliveryOutcome(DeliveryStage.CONFIRMED)
            case AlreadyThere(same=True):
                return await self._noted(history, digest)
            case AlreadyThere():
                return self._occupied(history)
            case NotDelivered() as failed:
                return self._failed(history, failed)
        match await self._files.run(self.folder.move, name, digest):
            case FileDelivered() | AlreadyThere(same=True):
                return await self._noted(history, digest)
            case AlreadyThere():
                return self._occupied(history)
            case NotDelivered() as failed:
                return self._failed(history, failed)

    def _mark(self, history: History, event: HandingOver) -> bool:
        """Return False if the file must not be moved in: a consent in it was withdrawn since `history` was read."""
        now = self._ledger.of_check(history.check_id)
        if now is None or now.withdrawn != history.withdrawn:
            return False
        if now.handing_over is None or now.handing_over.event != event:
            self._ledger.handing_over(event)
        return True

    async def _noted(self, history: History, digest: str) -> DeliveryOutcome:
        name = _name(history)
        await self._books.run(self._ledger.delivered, history.check_id, name, digest)
        self.astray.pop(history.check_id, None)
        return DeliveryOutcome(DeliveryStage.DELIVERED, name)

    def _occupied(self, history: History) -> DeliveryOutcome:
        log.error("another file is in the place of the result file; it is not changed")
        self.folder.trouble = DeliveryFailure.OCCUPIED
        return DeliveryOutcome(DeliveryStage.CONFIRMED)

    def _strays(self, history: History, failed: NotDelivered) -> DeliveryOutcome:
        if not history.without_card:  # staff asks again for such a one
            self.astray[history.check_id] = history
            self._tell_staff(ASTRAY, history.check_id)
        return self._failed(history, failed)

    def _failed(self, history: History, failed: NotDelivered) -> DeliveryOutcome:
        log.error("result file not delivered: %s; it will be delivered later", failed.reason)
        self.folder.trouble = failed.reason
        if failed.reason is DeliveryFailure.HANGS:
            self._tell_staff(ProblemCode.HANDOVER_HANGS.code, "")
        return DeliveryOutcome(DeliveryStage.CONFIRMED)


async def _nobody_reads(_reception: str, _stem: str) -> None:
    pass


def _has_substitute(result: QualificationResult) -> bool:
    """Return whether the service could not write the name or the address with all its characters."""
    texts = (text for one in result.qualifications for text in (one.name, one.name_of_other, one.address))
    return any(SUBSTITUTE in text for text in texts if text)


def _name(history: History) -> str:
    return f"{history.decision.event.result_file}.xml"
