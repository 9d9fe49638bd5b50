"""Create the signed receipt of a submission."""

from datetime import datetime
from hashlib import sha256

from terminal.qualification.contract import CardSignature, Receipt, Submission
from terminal.qualification.keys import SigningKey
from terminal.qualification.statements import receipt_statement


def signed_receipt(
    check_id: str,
    submission: Submission,
    statement: bytes,
    card_signature: CardSignature,
    key: SigningKey,
    now: datetime,
) -> Receipt:
    """Return the receipt. `statement`: signed statement of the submission."""
    digest = sha256(statement).digest()
    receipt = receipt_statement(
        check_id=check_id,
        accepted_at=now,
        submission_digest=digest,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
        card_signature=card_signature,
    )
    return Receipt(
        check_id=check_id,
        accepted_at=now,
        submission_digest=digest,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
        card_signature=card_signature,
        signature=key.sign(receipt),
        simulated=True,
    )
