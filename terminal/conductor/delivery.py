"""From a decision in the ledger to a result file: submit, confirm, fetch, hand over - now, or again later.

Everything sent is read from the ledger, so a repetition after silence or a restart says the same under the same key.
"""

import asyncio
import base64
import logging
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.items import Item
from consent.ledger import Ledger
from consent.outbox import unconfirmed, undecided, undelivered, untold
from consent.records import Cause, Confirmed, Decided, Opened, Record, RecordedAnswer, WithdrawalSettled, Withdrawn
from consent.store import LedgerError
from terminal.conductor.clock import Clock
from terminal.conductor.worker import Worker
from terminal.handover.folder import AlreadyThere, Delivered, NotDelivered, ResultFolder, Undelivered
from terminal.handover.name import result_file_stem
from terminal.handover.result_xml import Encoding, FaceOptions, result_document
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    ServiceSilent,
)
from terminal.qualification.contract import Withdrawn as WithdrawalReceipt
from terminal.qualification.receipts import submission_of

log = logging.getLogger(__name__)

FINAL_REFUSALS = frozenset(
    {
        RefusalReason.CONFLICT,
        RefusalReason.NO_SUCH_CHECK,
        RefusalReason.NOT_ALLOWED,
        RefusalReason.NOT_REGISTERED,
        RefusalReason.MALFORMED,
    }
)
"""Refusals that no repetition can mend: the check is discarded. Any other keeps the decision in the outbox."""


class Stage(StrEnum):
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    """The service has it; the result file could not be written yet."""
    SILENT = "silent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    stage: Stage
    file_name: str = ""
    reason: RefusalReason | None = None


class Delivery:
    """One at a time: the reception's own delivery and the outbox never send the same check side by side."""

    def __init__(
        self,
        ledger: Ledger,
        books: Worker,
        client: QualificationClient,
        folder: ResultFolder,
        clock: Clock,
        encoding: Encoding = "UTF-8",
        options: FaceOptions | None = None,
    ) -> None:
        self.ledger = ledger
        self._books = books
        self._client = client
        self._folder = folder
        self._clock = clock
        self._encoding = encoding
        self._options = options
        self._one_at_a_time = asyncio.Lock()

    async def deliver(self, check_id: str) -> Outcome:
        """Take the check as far as it goes. Raises `consent.store.LedgerError` where the ledger cannot be written."""
        async with self._one_at_a_time:
            history = await self._books.run(self.ledger.of_check, check_id)
            if history is None or history.decided is None:
                raise LookupError(f"check {check_id} has no decision to deliver")
            if history.closed:
                return Outcome(Stage.DELIVERED if history.delivered else Stage.REFUSED)
            if history.confirmed is None:
                refused = await self._submit(history.decided)
                if refused is not None:
                    return refused
            return await self._hand_over(history.decided.event)

    async def _submit(self, decided: Record[Decided]) -> Outcome | None:
        event = decided.event
        submission = submission_of(self._client, decided)
        answer = await self._client.submit(event.check_id, submission, event.idempotency_key)
        match answer:
            case ServiceSilent(reason=silence):
                log.warning("submission not confirmed: %s; the outbox keeps it", silence)
                return Outcome(Stage.SILENT)
            case Refused(reason=reason):
                log.error("submission refused: %s", reason)
                if reason in FINAL_REFUSALS:
                    await self._books.run(self.ledger.discarded, event.check_id, f"refused-{reason}")
                return Outcome(Stage.REFUSED, reason=reason)
            case Receipt():
                await self._books.run(self.ledger.confirmed, _confirmed(answer))
                return None

    async def _hand_over(self, event: Decided) -> Outcome:
        result = await self._client.result(event.check_id)
        if not isinstance(result, QualificationResult):
            log.warning("result not fetched; it is fetched again later")
            return Outcome(Stage.CONFIRMED)
        document = result_document(result, self._encoding, self._options)
        if document.substituted:
            log.info("%d characters outside %s were replaced in a result file", document.substituted, self._encoding)
        name = f"{event.result_file}.xml"
        match await asyncio.to_thread(self._folder.deliver, name, document.data):
            case NotDelivered(reason=reason):
                log.error("result file not delivered: %s; it is delivered later", reason)
                return Outcome(Stage.CONFIRMED)
            case AlreadyThere(same=False):
                log.error("another file lies where the result file belongs; it is left alone")
                return Outcome(Stage.CONFIRMED)
            case AlreadyThere() | Delivered():
                await self._books.run(self.ledger.delivered, event.check_id, name)
                return Outcome(Stage.DELIVERED, name)

    # --- the outbox -----------------------------------------------------------------------------------------

    async def settle_interrupted(self, institution_code: str, under_way: Container[str] = ()) -> int:
        """What was opened and not decided, by no reception `under_way`, is decided 0 throughout. How many that were."""
        found = await self._books.run(undecided, self.ledger)
        interrupted = [record for record in found if record.event.reception_id not in under_way]
        for record in interrupted:
            await self._books.run(self.ledger.decided, self._interrupted(record, institution_code))
        return len(interrupted)

    def _interrupted(self, record: Record[Opened], institution_code: str) -> Decided:
        opened, now = record.event, self._clock.wall()
        return Decided(
            check_id=opened.check_id,
            reception_id=opened.reception_id,
            card=opened.card,
            profile=opened.profile,
            idempotency_key=opened.reception_id,
            decided_at=now,
            cause=Cause.INTERRUPTED,
            answers=tuple(
                RecordedAnswer(item=item, granted=False, answered_at=None, question_id=question.question_id)
                for question in opened.questions
                for item in question.items
            ),
            by_law=opened.by_law,
            result_file=result_file_stem(institution_code, opened.check_id, now),
        )

    async def work_off(self) -> tuple[Outcome, ...]:
        """Send what is not confirmed, hand over what is not delivered, expire what has lived too long."""
        waiting = await self._books.run(unconfirmed, self.ledger, self._clock.wall())
        for over in waiting.over:
            await self._books.run(self.ledger.expired, over.event.check_id)
        pending = [decided.event.check_id for decided in waiting.sendable]
        pending += [confirmed.decided.event.check_id for confirmed in await self._books.run(undelivered, self.ledger)]
        delivered = [outcome for check_id in pending if (outcome := await self._deliver_again(check_id)) is not None]
        for withdrawal in await self._books.run(untold, self.ledger, self._clock.wall()):
            if withdrawal.over:
                await self._settle(withdrawal.withdrawn)
            else:
                await self._tell_withdrawn(withdrawal.withdrawn)
        return tuple(delivered)

    async def _deliver_again(self, check_id: str) -> Outcome | None:
        """None after a defect: one check that cannot be delivered does not keep back the others."""
        try:
            return await self.deliver(check_id)
        except LedgerError:
            raise
        except Exception as error:
            log.critical("outbox: one check cannot be delivered: %s", type(error).__name__)
            return None

    async def withdraw(self, check_id: str, items: Iterable[Item]) -> bool:
        """Take consents back that were given: on disk first, then told to the service. False if it is told later.

        Raises `LifeCycleError` for what was not granted, or withdrawn before.
        """
        record = await self._books.run(self.ledger.withdrawn, check_id, tuple(items))
        return await self._tell_withdrawn(record)

    async def _tell_withdrawn(self, record: Record[Withdrawn]) -> bool:
        check_id, items = record.event.check_id, record.event.items
        withdrawal = self._client.withdrawal(check_id, withdrawn_at=record.at, items=items)
        answer = await self._client.withdraw(check_id, withdrawal)
        match answer:
            case WithdrawalReceipt():
                signature = base64.b64encode(answer.signature).decode("ascii")
                await self._settle(record, answer.accepted_at, signature)
                return True
            case Refused(reason=reason):
                log.error("withdrawal refused: %s", reason)
                if reason in FINAL_REFUSALS:
                    await self._settle(record)
                return False
            case ServiceSilent(reason=silence):
                log.warning("withdrawal not confirmed: %s; it is told again", silence)
                return False

    async def _settle(
        self, record: Record[Withdrawn], accepted_at: datetime | None = None, signature: str = ""
    ) -> None:
        event = WithdrawalSettled(
            check_id=record.event.check_id, items=record.event.items, accepted_at=accepted_at, signature=signature
        )
        await self._books.run(self.ledger.withdrawal_settled, event)

    @property
    def trouble(self) -> Undelivered | None:
        """Why the last result file could not be handed over; None when it could."""
        return self._folder.trouble

    def backlog(self) -> int:
        """Checks for which something remains to be done."""
        return len(self.ledger.unended())


def _confirmed(receipt: Receipt) -> Confirmed:
    return Confirmed(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        ledger_count=receipt.ledger_count,
        ledger_hash=receipt.ledger_head,
        signature=base64.b64encode(receipt.signature).decode("ascii"),
        card_signature=receipt.card_signature,
    )
