"""Statements of contract version 1, for verifying receipts in ledgers of version 0.1."""

from collections.abc import Sequence
from datetime import datetime

from consent.items import Item
from terminal.qualification.contract import ConsentAnswer, PrescriptionForm, Submission
from terminal.qualification.statements import encode_answers, encode_integer, encode_time, join_fields

_DOMAIN = b"uketsuke/1/"


def submission_statement_v1(
    *,
    check_id: str,
    terminal_id: str,
    decided_at: datetime,
    answers: Sequence[ConsentAnswer],
    by_law: Sequence[Item],
    prescription_form: PrescriptionForm | None,
    ledger_count: int,
    ledger_head: str,
) -> bytes:
    return join_fields(
        [
            _DOMAIN + b"submission",
            check_id.encode(),
            terminal_id.encode(),
            encode_time(decided_at),
            encode_answers(answers),
            join_fields(item.encode() for item in sorted(by_law)),
            (prescription_form or "").encode(),
            encode_integer(ledger_count),
            ledger_head.encode(),
        ]
    )


def statement_v1_for_submission(check_id: str, submission: Submission) -> bytes:
    return submission_statement_v1(
        check_id=check_id,
        terminal_id=submission.terminal_id,
        decided_at=submission.decided_at,
        answers=submission.answers,
        by_law=submission.by_law,
        prescription_form=submission.prescription_form,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
    )


def receipt_statement_v1(
    *, check_id: str, accepted_at: datetime, submission_digest: bytes, ledger_count: int, ledger_head: str
) -> bytes:
    return join_fields(
        [
            _DOMAIN + b"receipt",
            check_id.encode(),
            encode_time(accepted_at),
            submission_digest,
            encode_integer(ledger_count),
            ledger_head.encode(),
        ]
    )
