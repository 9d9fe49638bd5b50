"""Perform ledger effects: record opened checks, decisions and discarded receptions on disk before the next step."""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from config.files import create_atomically
from config.profiles import Profile
from consent.card_hashes import card_hash
from consent.items import Answer, Item, Wording
from consent.ledger import Ledger
from consent.lifecycle import LifeCycleError
from consent.records import WITHOUT_CARD, AskedQuestion, Cause, Decided, Opened, RecordedAnswer
from consent.store import LedgerError
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.handover.result_name import result_file_stem
from terminal.qualification.contract import Way
from terminal.session.effects import Decision, RecordDecision, RecordDiscarded, RecordOpenedCheck
from terminal.words.catalogue import wording_lines

log = logging.getLogger(__name__)

_FACE_AND_PIN = "face-and-pin"
ASKED_BY_STAFF = "limit-asked-by-staff"
"""Question id of the high-cost limit in a check without a card. Staff ask this question orally."""


class LedgerDesk:
    def __init__(self, ledger: Ledger, card_key: bytes, profile: Profile, institution_code: str) -> None:
        self.ledger = ledger
        self.worker = Worker("ledger")
        self._card_key = card_key
        self._profile = profile
        self._institution_code = institution_code

    async def record_opened(self, effect: RecordOpenedCheck, patient: Patient) -> bool:
        """Record an opened check. Return False if it could not be written or the patient has been wiped."""
        if patient.certificate is None:
            return False
        from cryptography import x509

        serial = x509.load_der_x509_certificate(patient.certificate).serial_number
        event = Opened(
            check_id=effect.check_id,
            reception_id=effect.reception,
            card=card_hash(self._card_key, serial),
            profile=self._profile,
            way=_FACE_AND_PIN if effect.way is Way.PIN and effect.face_matched else effect.way.value,
            questions=tuple(AskedQuestion.from_question(question) for question in effect.questions),
            by_law=effect.by_law,
            service_at=patient.opened_at,
        )
        return await self._write(lambda: self.ledger.opened(event))

    async def draft_decision(self, effect: RecordDecision) -> Decided | None:
        """Return the record of this decision without writing it. Log and return None if the check was never opened."""
        try:
            return await self.worker.run(self._draft, effect.reception, effect.decision)
        except (LedgerError, LifeCycleError) as error:
            log.critical("ledger: %s", error)
            return None

    def way(self, check_id: str) -> str:
        """Return how the holder was confirmed, or an empty string if the check was never opened."""
        history = self.ledger.history(check_id)
        return "" if history is None else history.opened.event.way

    async def record_decision(self, event: Decided) -> bool:
        return await self._write(lambda: self.ledger.decided(event))

    def _draft(self, reception: str, decision: Decision) -> Decided:
        history = self.ledger.history(decision.check_id)
        if history is None:
            raise LifeCycleError(f"cannot record a decision for check {decision.check_id}: it was never opened")
        wordings = dict(decision.wordings)
        return Decided(
            check_id=decision.check_id,
            reception_id=reception,
            card=history.opened.event.card,
            profile=self._profile,
            idempotency_key=reception,
            decided_at=decision.decided_at,
            cause=decision.cause,
            answers=tuple(self._answer(answer, wordings[answer.question_id]) for answer in decision.answers),
            by_law=decision.by_law,
            prescription_form=decision.prescription.value if decision.prescription else None,
            dispense=decision.dispense,
            answered_by=decision.answered_by,
            result_file=result_file_stem(self._institution_code, decision.check_id, decision.decided_at),
        )

    def _answer(self, answer: Answer, wording: Wording) -> RecordedAnswer:
        return RecordedAnswer.from_answer(answer, wording.language, "\n".join(wording_lines(wording, self._profile)))

    async def record_without_card(self, check_id: str, *, limit: bool, asked_at: datetime, wording: str) -> bool:
        """Record the patient's oral answer about the limit, before the service is queried."""
        card = card_hash(self._card_key, check_id.encode())  # there is no card to identify
        answer = RecordedAnswer(
            item=Item.HIGH_COST_LIMIT,
            granted=limit,
            answered_at=asked_at,
            question_id=ASKED_BY_STAFF,
            language="ja",
            wording=wording,
        )
        opened = Opened(check_id=check_id, reception_id=check_id, card=card, profile=self._profile, way=WITHOUT_CARD)
        decided = Decided(
            check_id=check_id,
            reception_id=check_id,
            card=card,
            profile=self._profile,
            idempotency_key=check_id,
            decided_at=asked_at,
            cause=Cause.ANSWERED,
            answers=(answer,),
            result_file=result_file_stem(self._institution_code, check_id, asked_at),
        )
        return await self._write(lambda: self.ledger.opened(opened)) and await self.record_decision(decided)

    async def record_discarded(self, effect: RecordDiscarded) -> bool:
        return await self._write(lambda: self.ledger.discarded(effect.check_id, effect.reason))

    async def _write(self, write: Callable[[], object]) -> bool:
        try:
            await self.worker.run(write)
        except (LedgerError, LifeCycleError) as error:
            log.critical("ledger: %s", error)
            return False
        return True

    def close(self) -> None:
        self.worker.close()
        self.ledger.close()


CARD_KEY_BYTES = 32


class CardKeyDamaged(Exception):
    """The key for card hashes is damaged. The message contains instructions for recovery."""


def load_card_key(path: Path) -> bytes:
    """Return the secret key for card hashes in the ledger: 32 bytes, created on first use with mode 0600.

    Raises `CardKeyDamaged`.
    """
    if not path.exists():
        create_atomically(path, os.urandom(CARD_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != CARD_KEY_BYTES:
        raise CardKeyDamaged(
            f"{path} is damaged: {len(key)} bytes instead of {CARD_KEY_BYTES}. Restore it from a backup. If there is "
            "no backup, delete it. A new key is created, but it does not match cards in older records."
        )
    return key
