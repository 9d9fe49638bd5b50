"""Find the records that a restored ledger lacks, using the service's receipts. No I/O."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.lifecycle import History, histories
from consent.records import Event, Lost, LostOpenings, Record, Restored, SubmissionConfirmed
from terminal.qualification.client import Audit
from terminal.qualification.contract import KeyChanged, Receipt
from terminal.qualification.receipts import count_openings, to_confirmation


@dataclass(frozen=True, slots=True)
class LedgerConflict:
    """The ledger contradicts the service's receipts for this check."""

    check_id: str


@dataclass(frozen=True, slots=True)
class Gap:
    confirmed: tuple[SubmissionConfirmed, ...]
    """Receipts for decisions that are unconfirmed in the ledger."""
    lost: tuple[Lost, ...]
    opened: tuple[LostOpenings, ...]

    def to_record(self, backup_at: datetime, changed: KeyChanged, restore_id: str) -> Restored:
        """Return the ledger record that describes the gap."""
        return Restored(
            check_id=restore_id,
            backup_at=backup_at,
            lost=len(self.lost),
            opened=self.opened,
            ended_key=changed.ended_key.hex(),
            key=changed.key.hex(),
            changed_at=changed.changed_at,
            signature=_to_base64(changed.signature),
        )


def find_gap(records: Iterable[Record[Event]], audit: Audit) -> Gap | LedgerConflict:
    """Compare the ledger with the service's data about the terminal. Verify the receipts before calling this."""
    records = tuple(records)
    histories_by_check = histories(records)
    lost_check_ids = {record.event.check_id for record in records if isinstance(record.event, Lost)}
    confirmed: list[SubmissionConfirmed] = []
    lost: list[Lost] = []
    for receipt in audit.receipts:
        history = histories_by_check.get(receipt.check_id)
        if history is None or history.confirmed is None:
            if receipt.check_id in lost_check_ids or (history is not None and history.closed):
                continue
            if history is not None and _confirms(receipt, history):
                confirmed.append(to_confirmation(receipt))
            else:
                lost.append(_to_lost(receipt))
        elif (history.confirmed.event.ledger_count, history.confirmed.event.ledger_hash) != _head(receipt):
            return LedgerConflict(receipt.check_id)
    receipts = {receipt.check_id for receipt in audit.receipts}
    for history in histories_by_check.values():
        if history.confirmed is not None and history.check_id not in receipts:
            return LedgerConflict(history.check_id)
    recorded = count_openings(records)
    days = tuple(
        LostOpenings(day=opening.day, checks=opening.checks - recorded[opening.day])
        for opening in audit.opened
        if opening.checks > recorded[opening.day]
    )
    return Gap(tuple(confirmed), tuple(lost), days)


def _confirms(receipt: Receipt, history: History) -> bool:
    return history.decided is not None and _head(receipt) == (history.decision.sequence, history.decision.hash)


def _head(receipt: Receipt) -> tuple[int, str]:
    return receipt.ledger_count, receipt.ledger_head


def _to_lost(receipt: Receipt) -> Lost:
    return Lost(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        submission_sha256=receipt.submission_digest.hex(),
        ledger_count=receipt.ledger_count,
        ledger_hash=receipt.ledger_head,
        card_signature=receipt.card_signature,
        signature=_to_base64(receipt.signature),
    )


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
