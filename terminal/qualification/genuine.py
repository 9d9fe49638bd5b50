"""Verify the service's signatures."""

from hashlib import sha256
from typing import Any

from terminal.qualification.contract import CardSignature, KeyChanged, Receipt, Submission
from terminal.qualification.keys import verify
from terminal.qualification.statements import key_changed_statement, receipt_statement, statement_for_submission
from terminal.qualification.statements_v1 import receipt_statement_v1, statement_v1_for_submission


def is_receipt_for(service_public_key: str, check_id: str, submission: Submission, receipt: Receipt) -> bool:
    """Return whether the service signed this receipt for this decision and ledger head."""
    version_1 = receipt.card_signature is None
    statement_for = statement_v1_for_submission if version_1 else statement_for_submission
    digest = sha256(statement_for(check_id, submission)).digest()
    expected = (check_id, digest, submission.ledger_count, submission.ledger_head)
    received = (receipt.check_id, receipt.submission_digest, receipt.ledger_count, receipt.ledger_head)
    return received == expected and is_genuine_receipt(service_public_key, receipt)


def is_genuine_receipt(service_public_key: str, receipt: Receipt) -> bool:
    """Return whether the service signed this receipt (version 1 or 2)."""
    statement = versioned_receipt_statement(
        check_id=receipt.check_id,
        accepted_at=receipt.accepted_at,
        submission_digest=receipt.submission_digest,
        ledger_count=receipt.ledger_count,
        ledger_head=receipt.ledger_head,
        card_signature=receipt.card_signature,
    )
    return verify(service_public_key, statement, receipt.signature)


def versioned_receipt_statement(*, card_signature: CardSignature | None, **facts: Any) -> bytes:
    """Return the signed statement for a receipt: version 1 if `card_signature` is None, otherwise version 2."""
    if card_signature is None:
        return receipt_statement_v1(**facts)
    return receipt_statement(card_signature=card_signature, **facts)


def key_changed_statement_for(changed: KeyChanged) -> bytes:
    return key_changed_statement(
        terminal_id=changed.terminal_id, ended_key=changed.ended_key, key=changed.key, changed_at=changed.changed_at
    )
