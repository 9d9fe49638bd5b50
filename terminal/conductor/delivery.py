"""Submit decisions from the ledger to the service and hand over the results, with retries by the outbox.

All data sent is read from the ledger. A retry after a timeout or restart therefore sends the same data with the same
idempotency key. Submissions do not wait for handovers, so an unresponsive folder does not delay them.
"""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Container, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from consent.items import Item
from consent.ledger import Ledger
from consent.lifecycle import History
from consent.outbox import awaiting_confirmation, undecided, undelivered, unfinished_without_card, unsettled_withdrawals
from consent.records import (
    CardSignature,
    Cause,
    Decided,
    Opened,
    Record,
    RecordedAnswer,
    WithdrawalSettled,
    Withdrawn,
)
from consent.store import LedgerError
from terminal.conductor.clock import Clock
from terminal.conductor.handing_over import MAX_HANDOVER_WAIT, Handover
from terminal.conductor.outcome import DeliveryOutcome as DeliveryOutcome
from terminal.conductor.outcome import DeliveryStage as DeliveryStage
from terminal.conductor.time_correction import MAX_CLOCK_DIFFERENCE, correct_times
from terminal.conductor.worker import Worker
from terminal.handover.folder import DeliveryFailure
from terminal.handover.process import FolderProcess
from terminal.handover.result_name import result_file_stem
from terminal.problems import ProblemCode
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import (
    Challenge,
    NoAnswer,
    NoAnswerReason,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    WithdrawalReceipt,
)
from terminal.qualification.receipts import build_submission, to_confirmation

if TYPE_CHECKING:
    from terminal.handover.options import FaceOptions
    from terminal.handover.xml import Encoding

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
"""Signed refusals that a retry cannot resolve. The check is discarded. Other refusals leave the decision in the
outbox."""

MIN_COMPARISON_INTERVAL = 25.0
"""Minimum seconds between two comparisons with the service's clock. Both must find the consents expired."""
EXPIRED = "decision-expired"
"""Alert code for a decision that could not be sent before its consents expired."""


class Delivery:
    """Delivers decisions for receptions and for the outbox. Never delivers a check twice concurrently."""

    def __init__(
        self,
        ledger: Ledger,
        ledger_worker: Worker,
        client: QualificationClient,
        folder: FolderProcess,
        clock: Clock,
        institution_code: str,
        encoding: "Encoding" = "UTF-8",
        options: "FaceOptions | None" = None,
        *,
        signature_required: bool = False,
        max_reception_wait: float = MAX_HANDOVER_WAIT,
    ) -> None:
        """`max_reception_wait`: maximum seconds a reception waits for other handovers."""
        self.ledger = ledger
        self.on_problem: Callable[[str], None] = lambda code: None
        """Called with an alert code, at most once per code and check."""
        self._ledger_worker = ledger_worker
        self._client = client
        self._folder = folder
        self._clock = clock
        self._signature_required = signature_required
        self._hand_over = Handover(
            ledger,
            ledger_worker,
            client,
            folder,
            institution_code,
            self._alert_staff,
            encoding,
            options,
            max_reception_wait,
        )
        self._submitting = asyncio.Lock()
        self._alerted: set[tuple[str, str]] = set()
        self.without_card: set[str] = set()
        """Ids of checks without a card in progress. The outbox skips them."""
        self._decided_at: dict[str, datetime] = {}
        """Decision times by the service's clock, for decisions made in this run."""
        self._found_expired: dict[str, float] = {}
        """Monotonic time of the first comparison that found a check's consents expired."""

    async def warm_up(self) -> None:
        await self._hand_over.warm_up()

    def listen_for_names(self, on_unreadable_name: Callable[[str, str], Awaitable[None]]) -> None:
        """Set the listener called with reception and file stem before a result with ● in a name is handed over."""
        self._hand_over.on_unreadable_name = on_unreadable_name

    def close(self) -> None:
        """Stop the handover process. Abandon it if it does not respond."""
        self._hand_over.close()

    async def deliver(
        self, check_id: str, card_signature: bytes | None = None, *, again: bool = False
    ) -> DeliveryOutcome:
        """Deliver the check as far as possible. Raises `consent.store.LedgerError` if the ledger cannot be written.
        `card_signature` is sent with the first submission and not stored. The outbox sets `again`.
        """
        service_now = self._client.clock.now()
        if not again and service_now is not None:
            self._decided_at.setdefault(check_id, service_now)
        async with self._submitting:
            history = await self._history(check_id)
            if history.closed:
                return DeliveryOutcome(DeliveryStage.DELIVERED if history.delivered else DeliveryStage.REFUSED)
            if history.confirmed is None:
                refused = await self._submit(history, card_signature)
                if refused is not None:
                    return refused
        return await self._hand_over.deliver(check_id, patient_waits=not again)

    async def _history(self, check_id: str) -> History:
        history = await self._ledger_worker.run(self.ledger.history, check_id)
        if history is None or history.decided is None:
            raise LookupError(f"check {check_id} has no decision to deliver")
        return history

    async def _submit(self, history: History, card_signature: bytes | None = None) -> DeliveryOutcome | None:
        decided = history.decision
        event = decided.event
        submission = build_submission(self._client, decided, card_signature)
        answer = await self._client.submit(event.check_id, submission, event.idempotency_key)
        match answer:
            case NoAnswer(reason=silence):
                log.warning("submission not confirmed: %s. The outbox will retry it.", silence)
                if silence is NoAnswerReason.NOT_VERIFIED:
                    self._alert_staff(ProblemCode.RESULT_UNSIGNED.code, event.check_id)
                return DeliveryOutcome(DeliveryStage.SILENT)
            case Refused(reason=RefusalReason.IMPLAUSIBLE_TIME) if await self._correct_time(history):
                return await self._submit(await self._history(event.check_id), card_signature)
            case Refused(reason=reason):
                log.error("submission refused: %s", reason)
                if reason in FINAL_REFUSALS:
                    await self._ledger_worker.run(self.ledger.discarded, event.check_id, f"refused-{reason}")
                return DeliveryOutcome(DeliveryStage.REFUSED, reason=reason)
            case Receipt():
                await self._ledger_worker.run(self.ledger.confirmed, to_confirmation(answer))
                self._forget(event.check_id)
                if self._signature_required and answer.card_signature is not CardSignature.VALID and event.granted:
                    log.warning("withdrawing consents: the card's signature on the decision is missing or invalid")
                    await self.withdraw(event.check_id, event.granted)
                return None

    def _forget(self, check_id: str) -> None:
        self._decided_at.pop(check_id, None)
        self._found_expired.pop(check_id, None)

    def _alert_staff(self, code: str, check_id: str) -> None:
        if (code, check_id) not in self._alerted:
            self._alerted.add((code, check_id))
            log.error("staff alerted: %s", code)
            self.on_problem(code)

    # --- time -----------------------------------------------------------------------------------------------

    async def _correct_time(self, history: History) -> bool:
        """Correct the decision's times, at most twice. Return whether a correction was recorded."""
        self._alert_staff(ProblemCode.CLOCK_WRONG.code, history.check_id)
        now = await self._service_time()
        if now is None:
            return False
        decided_at = None if history.corrected is not None else self._decided_at.get(history.check_id)
        correction = correct_times(history, now, decided_at)
        if correction is None:
            return False
        await self._ledger_worker.run(self.ledger.time_corrected, correction)
        return True

    async def _service_time(self) -> datetime | None:
        """Return the service's current time, or None if it does not answer."""
        answer = await self._client.challenge()
        return answer.now if isinstance(answer, Challenge) else None

    async def _find_expired(self, histories: Iterable[History], service_now: datetime) -> list[str]:
        """Return the ids of checks whose consents have expired by the service's clock.

        Two comparisons at least `MIN_COMPARISON_INTERVAL` monotonic seconds apart must agree.
        """
        expired, monotonic_now = [], self._clock.now().monotonic
        for history in histories:
            if history.decision.event.sendable_until > service_now:
                self._found_expired.pop(history.check_id, None)
                continue
            decided_at = self._decided_at.get(history.check_id)
            if (
                history.corrected is None
                and _clock_difference(history, decided_at) > MAX_CLOCK_DIFFERENCE
                and await self._correct_time(history)
            ):
                continue  # the consent seemed expired only because the terminal's clock was wrong
            first_found = self._found_expired.setdefault(history.check_id, monotonic_now)
            if monotonic_now - first_found >= MIN_COMPARISON_INTERVAL:
                expired.append(history.check_id)
        return expired

    # --- the outbox -----------------------------------------------------------------------------------------

    async def settle_interrupted(self, institution_code: str, under_way: Container[str] = ()) -> int:
        """Record a decision without consent for each check that was opened but not decided and is not `under_way`.

        Return the number of such checks.
        """
        records = await self._ledger_worker.run(undecided, self.ledger)
        interrupted = [record for record in records if record.event.reception_id not in under_way]
        for record in interrupted:
            await self._ledger_worker.run(self.ledger.decided, self._interrupted_decision(record, institution_code))
        return len(interrupted)

    def _interrupted_decision(self, record: Record[Opened], institution_code: str) -> Decided:
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

    async def process_outbox(self) -> tuple[DeliveryOutcome, ...]:
        """Send unconfirmed decisions and withdrawals, hand over undelivered results, and expire old decisions."""
        histories = await self._ledger_worker.run(awaiting_confirmation, self.ledger)
        pending = await self._sendable(histories) if histories else []
        outcomes = [outcome for check_id in pending if (outcome := await self._retry(check_id)) is not None]
        await self._send_withdrawals()
        for confirmed in await self._ledger_worker.run(undelivered, self.ledger):
            if confirmed.decided.event.check_id not in pending:
                outcome = await self._retry(confirmed.decided.event.check_id)
                outcomes += [outcome] if outcome is not None else []
        await self._settle_unfinished()
        await self._hand_over.clean()
        return tuple(outcomes)

    async def _sendable(self, histories: tuple[History, ...]) -> list[str]:
        """Return the ids of checks that may be sent now. Nothing expires while the service's time is unknown."""
        service_now = await self._service_time()
        if service_now is None:
            return [history.check_id for history in histories]
        for check_id in await self._find_expired(histories, service_now):
            await self._ledger_worker.run(self.ledger.expired, check_id)
            self._forget(check_id)
            self._alert_staff(EXPIRED, check_id)
        return [history.check_id for history in histories if history.check_id not in self._found_expired]

    async def _send_withdrawals(self) -> None:
        now = self._client.clock.now()
        for withdrawal in await self._ledger_worker.run(unsettled_withdrawals, self.ledger, now or self._clock.wall()):
            # while the service's time is unknown, assume that the consent has not expired
            if withdrawal.expired and now is not None:
                await self._settle(withdrawal.withdrawn)
            else:
                await self._send_withdrawal(withdrawal.withdrawn)

    async def _retry(self, check_id: str) -> DeliveryOutcome | None:
        """Deliver one check. Return None after an internal error, so that other checks are still delivered."""
        try:
            return await self.deliver(check_id, again=True)
        except LedgerError:
            raise
        except Exception as error:
            log.critical("outbox: failed to deliver a check: %s", type(error).__name__)
            return None

    async def hand_over(self, check_id: str, result: QualificationResult) -> DeliveryOutcome:
        """Hand over the result of a check without a card. If that fails, discard the check. Staff can repeat it."""
        outcome = await self._hand_over.hand_over(check_id, result)
        if outcome.stage is not DeliveryStage.DELIVERED:
            await self.give_up(check_id, "not-handed-over")
        return outcome

    @property
    def uncertain(self) -> dict[str, History]:
        """Uncertain handovers by check id. Staff decide whether to repeat them."""
        return self._hand_over.uncertain

    async def decide_hand_over(self, check_id: str, *, again: bool) -> DeliveryOutcome:
        """Apply staff's decision on an uncertain handover: repeat or close it. Raises `LifeCycleError`."""
        await self._hand_over.decide(check_id, again=again)
        return await self.deliver(check_id, again=True)

    async def give_up(self, check_id: str, reason: str) -> None:
        """Discard a check without a card. `reason` is a reason code."""
        await self._ledger_worker.run(self.ledger.discarded, check_id, reason)

    async def _settle_unfinished(self) -> None:
        for history in await self._ledger_worker.run(unfinished_without_card, self.ledger):
            if history.check_id not in self.without_card and not await self._hand_over.settle(history):
                await self._ledger_worker.run(self.ledger.discarded, history.check_id, "interrupted")

    async def withdraw(self, check_id: str, items: Iterable[Item]) -> bool:
        """Record the withdrawal of consents and send it to the service. Return False if it must be sent again later.

        Raises `LifeCycleError` for items that were not granted or were withdrawn before.
        """
        record = await self._ledger_worker.run(self.ledger.withdrawn, check_id, tuple(items))
        return await self._send_withdrawal(record)

    async def _send_withdrawal(self, record: Record[Withdrawn]) -> bool:
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
            case NoAnswer(reason=silence):
                log.warning("withdrawal not confirmed: %s. It will be sent again.", silence)
                return False

    async def _settle(
        self, record: Record[Withdrawn], accepted_at: datetime | None = None, signature: str = ""
    ) -> None:
        event = WithdrawalSettled(
            check_id=record.event.check_id, items=record.event.items, accepted_at=accepted_at, signature=signature
        )
        await self._ledger_worker.run(self.ledger.withdrawal_settled, event)

    @property
    def failure(self) -> DeliveryFailure | None:
        """Why the last result file could not be handed over, or None."""
        return self._folder.failure

    def backlog(self) -> int:
        """Return the number of uncompleted checks."""
        return len(self.ledger.unfinished())


def _clock_difference(history: History, decided_at: datetime | None) -> timedelta:
    """Return the difference between terminal and service clock at the decision or opening, or 0 if unknown."""
    if decided_at is not None and history.decided is not None:
        return abs(decided_at - history.decided.event.decided_at)
    service_at = history.opened.event.service_at
    return timedelta() if service_at is None else abs(service_at - history.opened.at)
