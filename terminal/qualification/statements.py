"""Byte strings to sign.

A statement is a sequence of fields, each prefixed with its length as four big-endian bytes. The first field is a domain
that distinguishes the types of statement. Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from consent.items import Item
from consent.records import CardSignature
from terminal.qualification.contract import (
    ConsentAnswer,
    InsuredSearch,
    PrescriptionForm,
    Submission,
    UserVerification,
    Way,
    Withdrawal,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pin_statement(challenge: bytes) -> bytes:
    """Signed by the card's user-authentication key after VERIFY."""
    return _statement("pin", [challenge])


def chip_statement(challenge: bytes, certificate_sha256: bytes) -> bytes:
    """Signed by the chip key of the face record: proves the presence of the chip, together with the certificate."""
    return _statement("chip", [challenge, certificate_sha256])


def phone_statement(challenge: bytes, user: UserVerification) -> bytes:
    """Signed by a phone's certificate key. `user` is the method of user verification."""
    return _statement("phone", [challenge, user.value.encode()])


def verdict_statement(
    *,
    challenge: bytes,
    way: Way,
    matched: bool,
    chip_key_sha256: bytes,
    certificate_sha256: bytes,
    terminal_id: str,
    reason: str = "",
) -> bytes:
    """Signed by the terminal's key: whether the person is the holder of this chip and certificate.

    `chip_key_sha256` is the SHA-256 of the DER SubjectPublicKeyInfo of the key in group 1 of the record.
    """
    return _statement(
        "verdict",
        [
            challenge,
            way.value.encode(),
            b"\x01" if matched else b"\x00",
            chip_key_sha256,
            certificate_sha256,
            terminal_id.encode(),
            reason.encode(),
        ],
    )


def submission_statement(
    *,
    check_id: str,
    terminal_id: str,
    decided_at: datetime,
    answers: Sequence[ConsentAnswer],
    by_law: Sequence[Item],
    prescription_form: PrescriptionForm | None,
    wording_sha256: bytes | None,
    ledger_count: int,
    ledger_head: str,
    dispense: Sequence[str] | None = None,
) -> bytes:
    """Signed by the terminal's key: the decision. The order of answers does not matter.

    The card's signature is not included, because it is unavailable for retries after a restart.
    """
    return _statement(
        "submission",
        [
            check_id.encode(),
            terminal_id.encode(),
            encode_time(decided_at),
            encode_answers(answers),
            join_fields(item.encode() for item in sorted(by_law)),
            (prescription_form or "").encode(),
            wording_sha256 or b"",
            encode_integer(ledger_count),
            ledger_head.encode(),
            *([] if dispense is None else [join_fields(prescription.encode() for prescription in dispense)]),
        ],
    )


def statement_for_submission(check_id: str, submission: Submission) -> bytes:
    """Return the `submission_statement(...)` for a submission."""
    return submission_statement(
        check_id=check_id,
        terminal_id=submission.terminal_id,
        decided_at=submission.decided_at,
        answers=submission.answers,
        by_law=submission.by_law,
        prescription_form=submission.prescription_form,
        wording_sha256=submission.wording_sha256,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
        dispense=submission.dispense,
    )


def receipt_statement(
    *,
    check_id: str,
    accepted_at: datetime,
    submission_digest: bytes,
    ledger_count: int,
    ledger_head: str,
    card_signature: CardSignature,
) -> bytes:
    """Signed by the service's key: acceptance of the submission, with the verdict on the card's signature."""
    return _statement(
        "receipt",
        [
            check_id.encode(),
            encode_time(accepted_at),
            submission_digest,
            encode_integer(ledger_count),
            ledger_head.encode(),
            card_signature.value.encode(),
        ],
    )


def wording_digest(questions: Iterable[tuple[Item, str, str, str]]) -> bytes:
    """Return the SHA-256 of the displayed questions: item, question id, language and wording, sorted by item."""
    return sha256(
        _statement("wording", (part.encode() for question in sorted(questions) for part in question))
    ).digest()


def decision_statement(*, check_id: str, wording_sha256: bytes, answers: Iterable[tuple[Item, bool]]) -> bytes:
    """Signed by the card: check, wording and answers. Hashing the check id prevents the service from choosing text."""
    encoded = join_fields(
        join_fields([item.encode(), b"\x01" if granted else b"\x00"]) for item, granted in sorted(answers)
    )
    return _statement("decision", [sha256(check_id.encode()).digest(), wording_sha256, encoded])


def answer_statement(*, nonce: bytes, check_id: str, request_sha256: bytes, status: int, body: bytes) -> bytes:
    """Signed by the service's key: the answer to a request. `check_id` is empty if the path has none."""
    fields = [nonce, check_id.encode(), request_sha256, encode_integer(status), sha256(body).digest()]
    return _statement("answer", fields)


def request_digest(*, method: str, target: str, headers: Iterable[str], body: bytes) -> bytes:
    """Return the SHA-256 of a request. `target` is path and query, `headers` are the values of `SIGNED_HEADERS`.

    This prevents a man in the middle from modifying a request and relaying the signed refusal.
    """
    parts = [method.encode(), target.encode(), *(header.encode() for header in headers), body]
    return sha256(_statement("request-as-it-came", parts)).digest()


def key_change_statement(*, terminal_id: str, ended_key: bytes, key: bytes, asked_at: datetime) -> bytes:
    """Signed by the key to revoke and by its replacement. Both are identified by `key_digest`."""
    return _statement("key-change", [terminal_id.encode(), ended_key, key, encode_time(asked_at)])


def key_changed_statement(*, terminal_id: str, ended_key: bytes, key: bytes, changed_at: datetime) -> bytes:
    """Signed by the service's key: the terminal's `ended_key` is revoked and `key` replaces it."""
    return _statement("key-changed", [terminal_id.encode(), ended_key, key, encode_time(changed_at)])


class RequestKind(StrEnum):
    """Purpose of a request without a body."""

    REGISTRATION = "registration"
    RESULT = "result"
    RECEIPTS = "receipts"
    CONSENTS = "consents"


def request_statement(*, kind: RequestKind, subject: str, terminal_id: str, nonce: bytes, asked_at: datetime) -> bytes:
    """Signed by the terminal's key: a request without a body. `subject` is a check id, or the ledger count."""
    return _statement("request", [kind.encode(), subject.encode(), terminal_id.encode(), nonce, encode_time(asked_at)])


def withdrawal_statement(*, check_id: str, terminal_id: str, withdrawn_at: datetime, items: Iterable[Item]) -> bytes:
    """Signed by the terminal's key: withdrawal of these consents, in any order."""
    encoded = join_fields(item.encode() for item in sorted(set(items)))
    return _statement("withdrawal", [check_id.encode(), terminal_id.encode(), encode_time(withdrawn_at), encoded])


def statement_for_withdrawal(check_id: str, withdrawal: Withdrawal) -> bytes:
    return withdrawal_statement(
        check_id=check_id,
        terminal_id=withdrawal.terminal_id,
        withdrawn_at=withdrawal.withdrawn_at,
        items=withdrawal.items,
    )


def withdrawal_receipt_statement(*, check_id: str, accepted_at: datetime, withdrawal_digest: bytes) -> bytes:
    """Signed by the service's key: the data is no longer provided."""
    return _statement("withdrawal-receipt", [check_id.encode(), encode_time(accepted_at), withdrawal_digest])


def lookup_statement(
    *,
    terminal_id: str,
    institution_code: str,
    search: InsuredSearch,
    limit_consent: int,
    asked_at: datetime,
    confirmation_date: date | None = None,
) -> bytes:
    """Signed by the terminal's key: look-up of a person for one day, and the consent to provide the limit."""
    day = [] if confirmation_date is None else [confirmation_date.isoformat().encode()]
    return _statement(
        "lookup",
        [
            terminal_id.encode(),
            institution_code.encode(),
            search.insurer_number.encode(),
            (search.insured_card_symbol or "").encode(),
            search.insured_identification_number.encode(),
            (search.insured_branch_number or "").encode(),
            search.birth_date.isoformat().encode(),
            bytes([limit_consent]),
            encode_time(asked_at),
            *day,
        ],
    )


def _statement(domain: str, fields: Iterable[bytes]) -> bytes:
    return join_fields([f"uketsuke/2/{domain}".encode(), *fields])


def encode_answers(answers: Sequence[ConsentAnswer]) -> bytes:
    return join_fields(
        join_fields([answer.item.encode(), bytes([answer.flag]), encode_time(answer.consent_time)])
        for answer in sorted(answers, key=lambda answer: answer.item)
    )


def join_fields(fields: Iterable[bytes]) -> bytes:
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def encode_integer(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def encode_time(value: datetime | None) -> bytes:
    """Encode a time, or None as empty. Raises ValueError for a naive time."""
    if value is None:
        return b""
    if value.tzinfo is None:
        raise ValueError("signed times must be timezone-aware")
    return str((value - _EPOCH) // timedelta(microseconds=1)).encode()
