"""Verify the ledger against the service's receipts.

The hash chain alone does not reveal that the ledger was truncated or rewritten completely. Receipts signed by the
service reveal this, and they cover every answer.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from config.japan import JAPAN
from consent.ledger import LedgerFile
from consent.lifecycle import History, with_record
from consent.records import (
    WITHOUT_CARD,
    Decided,
    Event,
    LedgerHead,
    Lost,
    Opened,
    Record,
    RecordedAnswer,
    Restored,
    SubmissionConfirmed,
    TimeCorrected,
)
from consent.verification import LedgerBroken, LedgerIntact, verify_file
from terminal.qualification.client import QualificationClient
from terminal.qualification.contract import ConsentAnswer, DailyOpenings, PrescriptionForm, Receipt, Submission
from terminal.qualification.genuine import is_genuine_receipt, versioned_receipt_statement
from terminal.qualification.keys import verify
from terminal.qualification.statements import (
    decision_statement,
    key_changed_statement,
    submission_statement,
    wording_digest,
)
from terminal.qualification.statements_v1 import submission_statement_v1


@dataclass(frozen=True, slots=True)
class ForgedReceipt:
    """A receipt is not signed by the service and proves nothing."""

    check_id: str


@dataclass(frozen=True, slots=True)
class MissingChecks:
    """The service opened more checks for this terminal than the ledger contains.

    The ledger was truncated, or the terminal stopped between the service's answer and the first record.
    """

    opened: int
    recorded: int
    days: tuple[date, ...]
    """Days (Japan time) on which the counts differ."""


def consent_answer(answer: RecordedAnswer) -> ConsentAnswer:
    """Convert a recorded answer to the service's model."""
    return ConsentAnswer(
        item=answer.item, flag=1 if answer.granted else 0, consent_time=answer.answered_at if answer.granted else None
    )


def verify_with_receipts(
    path: Path,
    service_public_key: str,
    receipts: Sequence[Receipt] | None = None,
    opened: Sequence[DailyOpenings] | None = None,
) -> LedgerIntact | LedgerBroken | ForgedReceipt | MissingChecks:
    """Verify the chain, the service's signature on every confirmation, and `receipts`, if not None.

    `receipts` and `opened` are the complete data from `QualificationClient.audit`. Without them, truncation is not
    detected. Raises LedgerError if the file does not exist.
    """
    for receipt in receipts or ():
        if not is_genuine_receipt(service_public_key, receipt):
            return ForgedReceipt(receipt.check_id)
    chain = verify_file(path)
    if isinstance(chain, LedgerBroken):
        return chain
    lost = _lost_heads(path, chain.terminal_id, service_public_key)
    if isinstance(lost, LedgerBroken):
        return lost
    heads = {LedgerHead(receipt.ledger_count, receipt.ledger_head) for receipt in receipts or ()}
    chain = verify_file(path, receipts=heads - lost) if heads else chain
    if isinstance(chain, LedgerBroken):
        return chain
    confirmations = _confirmations(path, chain.terminal_id, service_public_key)
    if isinstance(confirmations, LedgerBroken):
        return confirmations
    without_receipt = None if receipts is None else _without_receipt(confirmations, receipts)
    return without_receipt or (None if opened is None else _missing_checks(path, opened)) or chain


def _missing_checks(path: Path, opened: Sequence[DailyOpenings]) -> MissingChecks | None:
    counted = Counter({opening.day: opening.checks for opening in opened})
    recorded = count_openings(LedgerFile(path).records())
    if counted.total() <= recorded.total():
        return None
    return MissingChecks(
        counted.total(), recorded.total(), tuple(sorted(day for day in counted if counted[day] > recorded[day]))
    )


def count_openings(records: Iterable[Record[Event]]) -> Counter[date]:
    """Count checks by day of opening (Japan time), including those lost in a restore.

    Uses the service's time if recorded, otherwise the terminal's.
    """
    counted: Counter[date] = Counter()
    for record in records:
        match record.event:
            case Opened(service_at=service_at, way=way) if way != WITHOUT_CARD:
                counted[(service_at or record.at).astimezone(JAPAN).date()] += 1
            case Restored(opened=lost):
                counted.update({opening.day: opening.checks for opening in lost})
            case _:
                continue
    return counted


def _lost_heads(path: Path, terminal_id: str, service_public_key: str) -> set[LedgerHead] | LedgerBroken:
    """Return the ledger heads of records lost in restores.

    Each loss must be proven by the service, which revoked the previous key and signed the receipts.
    """
    heads: set[LedgerHead] = set()
    restored: Restored | None = None
    for record in LedgerFile(path).records():
        match record.event:
            case Restored() as restored:
                if not verify(service_public_key, _restored_statement(restored, terminal_id), _signature(restored)):
                    return LedgerBroken(record.sequence, f"record {record.sequence}: no key was revoked")
            case Lost() as lost:
                predates_restore = restored is not None and lost.accepted_at <= restored.changed_at
                if not predates_restore or not verify(service_public_key, _lost_statement(lost), _signature(lost)):
                    return LedgerBroken(
                        record.sequence, f"record {record.sequence} is not a receipt for a lost decision"
                    )
                heads.add(LedgerHead(lost.ledger_count, lost.ledger_hash))
            case _:
                continue
    return heads


def _restored_statement(event: Restored, terminal_id: str) -> bytes:
    return key_changed_statement(
        terminal_id=terminal_id,
        ended_key=bytes.fromhex(event.ended_key),
        key=bytes.fromhex(event.key),
        changed_at=event.changed_at,
    )


def _lost_statement(event: Lost) -> bytes:
    return versioned_receipt_statement(
        check_id=event.check_id,
        accepted_at=event.accepted_at,
        submission_digest=bytes.fromhex(event.submission_sha256),
        ledger_count=event.ledger_count,
        ledger_head=event.ledger_hash,
        card_signature=event.card_signature,
    )


def _signature(event: Restored | Lost) -> bytes:
    return base64.b64decode(event.signature)


def _confirmations(path: Path, terminal_id: str, service_public_key: str) -> dict[str, int] | LedgerBroken:
    """Verify all confirmations. Return their sequence numbers by check id, or the first invalid one."""
    unconfirmed: dict[str, History] = {}
    confirmed: dict[str, int] = {}
    for record in LedgerFile(path).records():
        match record.event:
            case Opened() | Decided() | TimeCorrected():
                unconfirmed[record.event.check_id] = with_record(unconfirmed.get(record.event.check_id), record)
            case SubmissionConfirmed() as event:
                history = unconfirmed.pop(event.check_id, None)
                if history is None or not _confirms(event, history.decision, terminal_id, service_public_key):
                    return LedgerBroken(
                        record.sequence,
                        f"record {record.sequence} is not the service's confirmation of the decision",
                    )
                confirmed[event.check_id] = record.sequence
            case _:
                continue
    return confirmed


def _confirms(event: SubmissionConfirmed, decided: Record[Decided], terminal_id: str, service_public_key: str) -> bool:
    decision = decided.event
    fields: dict[str, Any] = {
        "check_id": decision.check_id,
        "terminal_id": terminal_id,
        "decided_at": decision.decided_at,
        "answers": [consent_answer(answer) for answer in decision.answers],
        "by_law": decision.by_law,
        "prescription_form": PrescriptionForm(decision.prescription_form) if decision.prescription_form else None,
        "ledger_count": decided.sequence,
        "ledger_head": decided.hash,
    }
    wording = decision_wording_digest(decision)
    if event.card_signature is None:  # version 1
        submitted = submission_statement_v1(**fields)
    else:
        submitted = submission_statement(wording_sha256=wording, dispense=decision.dispense, **fields)
    statement = versioned_receipt_statement(
        check_id=event.check_id,
        accepted_at=event.accepted_at,
        submission_digest=sha256(submitted).digest(),
        ledger_count=event.ledger_count,
        ledger_head=event.ledger_hash,
        card_signature=event.card_signature,
    )
    return verify(service_public_key, statement, base64.b64decode(event.signature))


def build_submission(
    client: QualificationClient, decided: Record[Decided], card_signature: bytes | None = None
) -> Submission:
    """Build the submission for a recorded decision. Retries differ only in the card's signature."""
    event = decided.event
    return client.submission(
        event.check_id,
        decided_at=event.decided_at,
        answers=[consent_answer(answer) for answer in event.answers],
        by_law=event.by_law,
        prescription_form=PrescriptionForm(event.prescription_form) if event.prescription_form else None,
        dispense=event.dispense,
        wording_sha256=decision_wording_digest(event),
        card_signature=card_signature,
        ledger_count=decided.sequence,
        ledger_head=decided.hash,
    )


def decision_to_sign(decision: Decided) -> bytes:
    """Return the statement for the card to sign."""
    return decision_statement(
        check_id=decision.check_id,
        wording_sha256=decision_wording_digest(decision),
        answers=[(answer.item, answer.granted) for answer in decision.answers],
    )


def decision_wording_digest(decision: Decided) -> bytes:
    """Return the `wording_digest` of the decision's questions."""
    return wording_digest(
        (answer.item, answer.question_id, answer.language or "", answer.wording) for answer in decision.answers
    )


def _without_receipt(confirmed: dict[str, int], receipts: Iterable[Receipt]) -> LedgerBroken | None:
    with_receipt = {receipt.check_id for receipt in receipts}
    for check_id, sequence in confirmed.items():
        if check_id not in with_receipt:
            return LedgerBroken(sequence, f"record {sequence} confirms a check without a receipt from the service")
    return None


def to_confirmation(receipt: Receipt) -> SubmissionConfirmed:
    """Convert a receipt to a ledger record."""
    return SubmissionConfirmed(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        ledger_count=receipt.ledger_count,
        ledger_hash=receipt.ledger_head,
        signature=base64.b64encode(receipt.signature).decode("ascii"),
        card_signature=receipt.card_signature,
    )
