"""The signed receipt of a submission."""

from datetime import datetime
from hashlib import sha256

from terminal.qualification.contract import CardSignature, Receipt, Submission
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import receipt_statement


def signed_receipt(
    check_id: str, submission: Submission, statement: bytes, vouched: CardSignature, key: SigningKey, now: datetime
) -> Receipt:
    """`statement` is the submission's; `vouched` is the finding about the card's signature."""
    digest = sha256(statement).digest()
    signed = receipt_statement(
        check_id=check_id,
        accepted_at=now,
        submission_digest=digest,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
        card_signature=vouched,
    )
    return Receipt(
        check_id=check_id,
        accepted_at=now,
        submission_digest=digest,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
        card_signature=vouched,
        signature=key.sign(signed),
        simulated=True,
    )
