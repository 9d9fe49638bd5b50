"""Does the service confirm what the ledger says? A chain alone cannot tell that its tail was cut off or that all of it
was written anew; receipts signed by the service can, and they cover every answer.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from consent.ledger import LedgerFile
from consent.records import Confirmed, Decided, LedgerHead, Record, RecordedAnswer
from consent.verification import LedgerBroken, LedgerIntact, verify_file
from terminal.qualification.contract import ConsentAnswer, PrescriptionForm, Receipt
from terminal.qualification.keys import verify
from terminal.qualification.statements import receipt_statement, submission_statement


@dataclass(frozen=True, slots=True)
class ReceiptNotGenuine:
    """Handed in as the service's, and not signed by its key: it proves nothing for or against the ledger."""

    check_id: str


def consent_answer(answer: RecordedAnswer) -> ConsentAnswer:
    """What the service is told of a recorded answer."""
    return ConsentAnswer(
        item=answer.item, flag=1 if answer.granted else 0, consent_time=answer.answered_at if answer.granted else None
    )


def verify_with_receipts(
    path: Path, service_public_key: str, receipts: Sequence[Receipt] | None = None
) -> LedgerIntact | LedgerBroken | ReceiptNotGenuine:
    """Verify the chain, the service's signature on every confirmation in it, and `receipts` if there are any.

    `receipts` are all that the service has of this terminal (`QualificationClient.receipts`). None where it cannot be
    asked: then a tail that was cut off stays unseen. Raises `LedgerError` if there is no file.
    """
    for receipt in receipts or ():
        if not _is_genuine(service_public_key, receipt):
            return ReceiptNotGenuine(receipt.check_id)
    heads = [LedgerHead(receipt.ledger_count, receipt.ledger_head) for receipt in receipts or ()]
    chain = verify_file(path, receipts=heads)
    if isinstance(chain, LedgerBroken):
        return chain
    confirmations = _confirmations(path, chain.terminal_id, service_public_key)
    if isinstance(confirmations, LedgerBroken):
        return confirmations
    return chain if receipts is None else _unknown_to_the_service(confirmations, receipts) or chain


def _is_genuine(service_public_key: str, receipt: Receipt) -> bool:
    statement = receipt_statement(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        submission_digest=receipt.submission_digest,
        ledger_count=receipt.ledger_count,
        ledger_head=receipt.ledger_head,
    )
    return verify(service_public_key, statement, receipt.signature)


def _confirmations(path: Path, terminal_id: str, service_public_key: str) -> dict[str, int] | LedgerBroken:
    """Check ids and sequences of the confirmations, each with a genuine signature."""
    decisions: dict[str, Record[Decided]] = {}
    confirmed: dict[str, int] = {}
    for record in LedgerFile(path).records():
        match record.event:
            case Decided() as event:
                decisions[event.check_id] = Record(record.sequence, record.at, record.previous, record.hash, event)
            case Confirmed() as event:
                decided = decisions.pop(event.check_id, None)
                if decided is None or not _confirms(event, decided, terminal_id, service_public_key):
                    return LedgerBroken(
                        record.sequence,
                        f"record {record.sequence} is no confirmation by the service of what was decided",
                    )
                confirmed[event.check_id] = record.sequence
            case _:
                continue
    return confirmed


def _confirms(event: Confirmed, decided: Record[Decided], terminal_id: str, service_public_key: str) -> bool:
    decision = decided.event
    submitted = submission_statement(
        check_id=decision.check_id,
        terminal_id=terminal_id,
        decided_at=decision.decided_at,
        answers=[consent_answer(answer) for answer in decision.answers],
        by_law=decision.by_law,
        prescription_form=PrescriptionForm(decision.prescription_form) if decision.prescription_form else None,
        ledger_count=decided.sequence,
        ledger_head=decided.hash,
    )
    statement = receipt_statement(
        check_id=event.check_id,
        accepted_at=event.accepted_at,
        submission_digest=sha256(submitted).digest(),
        ledger_count=event.ledger_count,
        ledger_head=event.ledger_hash,
    )
    return verify(service_public_key, statement, base64.b64decode(event.signature))


def _unknown_to_the_service(confirmed: dict[str, int], receipts: Iterable[Receipt]) -> LedgerBroken | None:
    known = {receipt.check_id for receipt in receipts}
    for check_id, sequence in confirmed.items():
        if check_id not in known:
            return LedgerBroken(sequence, f"record {sequence} confirms a check that the service has no receipt of")
    return None
