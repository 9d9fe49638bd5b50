"""Find records missing from a restored ledger, by the service's signed receipts. Pure functions."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.lifecycle import History, histories
from consent.records import Event, Lost, LostOpenings, Record, Restored, SubmissionConfirmed
from terminal.qualification.client import Audit
from terminal.qualification.contract import KeyChanged, Receipt
from terminal.qualification.receipts import confirmation_of, count_openings


@dataclass(frozen=True, slots=True)
class OtherLedger:
    """The ledger and the service's receipts contradict each other at this check."""

    check_id: str


@dataclass(frozen=True, slots=True)
class Gap:
    confirmed: tuple[SubmissionConfirmed, ...]
    """Receipts of decisions that the ledger has as unconfirmed."""
    lost: tuple[Lost, ...]
    opened: tuple[LostOpenings, ...]

    def restored(self, backup_at: datetime, changed: KeyChanged, restoring: str) -> Restored:
        """Return the ledger record of the gap. `restoring`: a unique id for it."""
        return Restored(
            check_id=restoring,
            backup_at=backup_at,
            lost=len(self.lost),
            opened=self.opened,
            ended_key=changed.ended_key.hex(),
            key=changed.key.hex(),
            changed_at=changed.changed_at,
            signature=_text(changed.signature),
        )


def gap_of(records: Iterable[Record[Event]], audit: Audit) -> Gap | OtherLedger:
    """Compare the ledger with `audit`, everything the service has from the terminal, its receipts verified."""
    records = tuple(records)
    known = histories(records)
    lost_before = {record.event.check_id for record in records if isinstance(record.event, Lost)}
    confirmed: list[SubmissionConfirmed] = []
    lost: list[Lost] = []
    for receipt in audit.receipts:
        history = known.get(receipt.check_id)
        if history is None or history.confirmed is None:
            if receipt.check_id in lost_before or (history is not None and history.closed):
                continue
            if history is not None and _confirms(receipt, history):
                confirmed.append(confirmation_of(receipt))
            else:
                lost.append(_lost(receipt))
        elif (history.confirmed.event.ledger_count, history.confirmed.event.ledger_hash) != _head(receipt):
            return OtherLedger(receipt.check_id)
    receipts = {receipt.check_id for receipt in audit.receipts}
    for history in known.values():
        if history.confirmed is not None and history.check_id not in receipts:
            return OtherLedger(history.check_id)
    recorded = count_openings(records)
    days = tuple(
        LostOpenings(day=one.day, checks=one.checks - recorded[one.day])
        for one in audit.opened
        if one.checks > recorded[one.day]
    )
    return Gap(tuple(confirmed), tuple(lost), days)


def _confirms(receipt: Receipt, history: History) -> bool:
    return history.decided is not None and _head(receipt) == (history.decision.sequence, history.decision.hash)


def _head(receipt: Receipt) -> tuple[int, str]:
    return receipt.ledger_count, receipt.ledger_head


def _lost(receipt: Receipt) -> Lost:
    return Lost(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        submission_sha256=receipt.submission_digest.hex(),
        ledger_count=receipt.ledger_count,
        ledger_hash=receipt.ledger_head,
        card_signature=receipt.card_signature,
        signature=_text(receipt.signature),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
