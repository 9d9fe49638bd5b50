"""Client for the qualification-check service. Failed requests raise no exceptions.

Calls return a contract model, `Refused` or `NoAnswer`. Bodies are never logged.
"""

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from consent.items import Item
from terminal.qualification.connection import AnswerT, ServiceClock, ServiceConnection
from terminal.qualification.contract import (
    IDEMPOTENCY_HEADER,
    PREFIX,
    ActiveConsents,
    Challenge,
    CheckOpenedReply,
    ChipProof,
    ConsentAnswer,
    DailyOpenings,
    InsuredSearch,
    KeyChange,
    KeyChanged,
    LookupRequest,
    NoAnswer,
    NoAnswerReason,
    OpenCheckRequest,
    PhoneProof,
    PinProof,
    PrescriptionForm,
    Purpose,
    QualificationResult,
    Receipt,
    Receipts,
    RefusalReason,
    Refused,
    RegistrationReply,
    Submission,
    Way,
    Withdrawal,
    WithdrawalReceipt,
)
from terminal.qualification.genuine import is_receipt_for, key_changed_statement_for
from terminal.qualification.keys import SigningKey, key_digest, verify
from terminal.qualification.statements import (
    RequestKind,
    key_change_statement,
    lookup_statement,
    statement_for_withdrawal,
    submission_statement,
    verdict_statement,
    withdrawal_receipt_statement,
    withdrawal_statement,
)
from terminal.qualification.wire import new_nonce, request_headers

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Audit:
    """Data that the service has recorded for a terminal."""

    receipts: tuple[Receipt, ...]
    """Sorted by ledger count, with unverified signatures."""
    opened: tuple[DailyOpenings, ...]
    """Number of checks opened for receptions, by day."""


class QualificationClient:
    """Client with one connection pool, for use in one event loop. Use `async with`, or call `aclose()`.

    `service_public_key` (PEM) is the key pinned at enrolment. Answers without its signature are rejected. `tls` is the
    context for https (`TlsFiles.client_context()`); without it, the system's certificate authorities are trusted and no
    client certificate is sent. Raises `ValueError` for a URL that is neither https nor http on loopback.
    """

    def __init__(
        self,
        base_url: str,
        *,
        terminal_id: str,
        institution_code: str,
        terminal_key: SigningKey,
        service_public_key: str,
        timeout_seconds: float = 10.0,
        tls: ssl.SSLContext | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self.terminal_id = terminal_id
        self.institution_code = institution_code
        self.clock = ServiceClock()
        self._key = terminal_key
        self._service_public_key = service_public_key
        self._connection = ServiceConnection(
            base_url,
            service_public_key=service_public_key,
            timeout_seconds=timeout_seconds,
            tls=tls,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def warm_up(self) -> None:
        """Import libraries in advance, to speed up the first request."""
        await self._connection.warm_up()

    async def aclose(self) -> None:
        await self._connection.aclose()

    # --- calls -----------------------------------------------------------------------------------------------

    async def challenge(self) -> Challenge | Refused | NoAnswer:
        """Fetch a challenge and set `clock` to the service's time."""
        answer = await self._connection.send("POST", f"{PREFIX}/challenges", Challenge)
        if isinstance(answer, Challenge):
            self.clock.synchronize(answer)
        return answer

    async def open_check(
        self,
        *,
        challenge: bytes,
        certificate: bytes,
        proof: PinProof | ChipProof | PhoneProof,
        purpose: Purpose = Purpose.RECEPTION,
    ) -> CheckOpenedReply | Refused | NoAnswer:
        """Open a check. `certificate` is DER. The challenge is used up, even after a refusal."""
        body = OpenCheckRequest(
            terminal_id=self.terminal_id,
            institution_code=self.institution_code,
            purpose=purpose,
            challenge=challenge,
            certificate=certificate,
            proof=proof,
        )
        return await self._connection.send("POST", f"{PREFIX}/checks", CheckOpenedReply, body=body)

    async def register(self, check_id: str) -> RegistrationReply | Refused | NoAnswer:
        """Register the card as an insurance card. Idempotent."""
        path = f"{_check_path(check_id)}/registration"
        return await self._request("POST", path, RegistrationReply, RequestKind.REGISTRATION, check_id, check_id)

    async def submit(self, check_id: str, submission: Submission, idempotency_key: str) -> Receipt | Refused | NoAnswer:
        """Submit the decision. Idempotent: the same key and decision return the same receipt."""
        answer = await self._connection.send(
            "PUT",
            f"{_check_path(check_id)}/submission",
            Receipt,
            check_id=check_id,
            body=submission,
            headers={IDEMPOTENCY_HEADER: idempotency_key},
        )
        if isinstance(answer, Receipt) and not self._is_receipt_for(check_id, submission, answer):
            return NoAnswer(NoAnswerReason.NOT_VERIFIED)
        return answer

    async def result(self, check_id: str) -> QualificationResult | Refused | NoAnswer:
        """Fetch the result. Repeated calls return the same result until a consent is withdrawn."""
        path = f"{_check_path(check_id)}/result"
        answer = await self._request("GET", path, QualificationResult, RequestKind.RESULT, check_id, check_id)
        if isinstance(answer, QualificationResult) and answer.check_id != check_id:
            return NoAnswer(NoAnswerReason.NOT_VERIFIED)
        return answer

    async def withdraw(self, check_id: str, withdrawal: Withdrawal) -> WithdrawalReceipt | Refused | NoAnswer:
        """Withdraw consents. Idempotent."""
        path = f"{_check_path(check_id)}/withdrawal"
        answer = await self._connection.send("POST", path, WithdrawalReceipt, check_id=check_id, body=withdrawal)
        if isinstance(answer, WithdrawalReceipt) and not self._is_withdrawal_receipt_for(check_id, withdrawal, answer):
            return NoAnswer(NoAnswerReason.NOT_VERIFIED)
        return answer

    async def look_up(
        self,
        search: InsuredSearch,
        *,
        limit_consent: bool,
        asked_at: datetime,
        confirmation_date: date | None = None,
    ) -> QualificationResult | Refused | NoAnswer:
        """Request a check without a card.

        `limit_consent` is whether the patient consented orally to providing the limit. `confirmation_date` is the day
        of care; None means today.
        """
        fields: dict[str, Any] = {
            "terminal_id": self.terminal_id,
            "institution_code": self.institution_code,
            "search": search,
            "limit_consent": 1 if limit_consent else 0,
            "asked_at": asked_at,
            "confirmation_date": confirmation_date,
        }
        request = LookupRequest(signature=self._key.sign(lookup_statement(**fields)), **fields)
        return await self._connection.send("POST", f"{PREFIX}/lookups", QualificationResult, body=request)

    @property
    def is_responding(self) -> bool | None:
        """Whether the service answered the last request; None before the first request."""
        return self._connection.is_responding

    async def active_consents(self, check_id: str) -> ActiveConsents | Refused | NoAnswer:
        """Return the active consents of a check, which a different terminal may have opened."""
        path = f"{_check_path(check_id)}/consents"
        answer = await self._request("GET", path, ActiveConsents, RequestKind.CONSENTS, check_id, check_id)
        if isinstance(answer, ActiveConsents) and answer.check_id != check_id:
            return NoAnswer(NoAnswerReason.NOT_VERIFIED)
        return answer

    async def audit(self) -> Audit | Refused | NoAnswer:
        """Return all receipts and opening counts recorded for this terminal."""
        receipts: list[Receipt] = []
        while True:
            after = receipts[-1].ledger_count if receipts else 0
            path = f"{PREFIX}/receipts?after={after}"
            answer = await self._request("GET", path, Receipts, RequestKind.RECEIPTS, str(after))
            if not isinstance(answer, Receipts):
                return answer
            receipts += answer.receipts
            if not answer.more or not answer.receipts:
                return Audit(tuple(receipts), answer.opened)

    async def receipts(self) -> tuple[Receipt, ...] | Refused | NoAnswer:
        """Return only the receipts from `audit`."""
        answer = await self.audit()
        return answer.receipts if isinstance(answer, Audit) else answer

    async def change_key(self, next_key: SigningKey, ended_key: bytes) -> KeyChanged | Refused | NoAnswer:
        """Replace the key with digest `ended_key`. Idempotent, even for a client that uses `next_key`."""
        public_key = next_key.public_pem
        asked_at = await self.service_now() or datetime.now(UTC)
        statement = key_change_statement(
            terminal_id=self.terminal_id, ended_key=ended_key, key=key_digest(public_key), asked_at=asked_at
        )
        change = KeyChange(
            terminal_id=self.terminal_id,
            public_key=public_key,
            ended_key=ended_key,
            asked_at=asked_at,
            signature=self._key.sign(statement),
            next_signature=next_key.sign(statement),
        )
        answer = await self._connection.send("POST", f"{PREFIX}/keys", KeyChanged, body=change)
        if isinstance(answer, KeyChanged) and not self._is_change(change, answer):
            return NoAnswer(NoAnswerReason.NOT_VERIFIED)
        return answer

    async def service_now(self) -> datetime | None:
        """Return the service's time, fetching it if unknown, or None if the service does not answer."""
        if self.clock.now() is None:
            await self.challenge()
        return self.clock.now()

    # --- signing ---------------------------------------------------------------------------------------------

    def sign_verdict(
        self, *, challenge: bytes, way: Way, chip_public_key: bytes, certificate: bytes, reason: str = ""
    ) -> bytes:
        """Sign the verdict that the person is the cardholder (`ChipProof.verdict_signature`).

        `chip_public_key` is a DER SubjectPublicKeyInfo, `certificate` a DER certificate.
        """
        return self._key.sign(
            verdict_statement(
                challenge=challenge,
                way=way,
                matched=True,
                chip_key_sha256=sha256(chip_public_key).digest(),
                certificate_sha256=sha256(certificate).digest(),
                terminal_id=self.terminal_id,
                reason=reason,
            )
        )

    def submission(
        self,
        check_id: str,
        *,
        decided_at: datetime,
        answers: Sequence[ConsentAnswer],
        ledger_count: int,
        ledger_head: str,
        by_law: Sequence[Item] = (),
        prescription_form: PrescriptionForm | None = None,
        dispense: Sequence[str] | None = None,
        wording_sha256: bytes | None = None,
        card_signature: bytes | None = None,
    ) -> Submission:
        """Build a signed submission. The service treats submissions with the same values as the same decision, with or
        without the card's signature.
        """
        statement = submission_statement(
            check_id=check_id,
            terminal_id=self.terminal_id,
            decided_at=decided_at,
            answers=answers,
            by_law=by_law,
            prescription_form=prescription_form,
            dispense=dispense,
            wording_sha256=wording_sha256,
            ledger_count=ledger_count,
            ledger_head=ledger_head,
        )
        return Submission(
            terminal_id=self.terminal_id,
            decided_at=decided_at,
            answers=tuple(answers),
            by_law=tuple(by_law),
            prescription_form=prescription_form,
            dispense=dispense,
            wording_sha256=wording_sha256,
            ledger_count=ledger_count,
            ledger_head=ledger_head,
            card_signature=card_signature,
            signature=self._key.sign(statement),
        )

    def withdrawal(self, check_id: str, *, withdrawn_at: datetime, items: Iterable[Item]) -> Withdrawal:
        """Build a signed withdrawal of submitted consents."""
        sorted_items = tuple(sorted(set(items)))
        statement = withdrawal_statement(
            check_id=check_id, terminal_id=self.terminal_id, withdrawn_at=withdrawn_at, items=sorted_items
        )
        return Withdrawal(
            terminal_id=self.terminal_id,
            withdrawn_at=withdrawn_at,
            items=sorted_items,
            signature=self._key.sign(statement),
        )

    # --- verification and requests ---------------------------------------------------------------------------

    def _is_receipt_for(self, check_id: str, submission: Submission, receipt: Receipt) -> bool:
        return is_receipt_for(self._service_public_key, check_id, submission, receipt)

    def _is_withdrawal_receipt_for(self, check_id: str, withdrawal: Withdrawal, receipt: WithdrawalReceipt) -> bool:
        digest = sha256(statement_for_withdrawal(check_id, withdrawal)).digest()
        statement = withdrawal_receipt_statement(
            check_id=check_id, accepted_at=receipt.accepted_at, withdrawal_digest=digest
        )
        matches = (receipt.check_id, receipt.withdrawal_digest) == (check_id, digest)
        return matches and verify(self._service_public_key, statement, receipt.signature)

    def _is_change(self, change: KeyChange, changed: KeyChanged) -> bool:
        requested = (change.terminal_id, change.ended_key, key_digest(change.public_key))
        return (changed.terminal_id, changed.ended_key, changed.key) == requested and verify(
            self._service_public_key, key_changed_statement_for(changed), changed.signature
        )

    async def _request(
        self, method: str, path: str, model: type[AnswerT], kind: RequestKind, subject: str, check_id: str = ""
    ) -> AnswerT | Refused | NoAnswer:
        """Send a signed request without a body. If its time is rejected, synchronize the clock and retry once."""
        answer: AnswerT | Refused | NoAnswer = NoAnswer(NoAnswerReason.TIMEOUT)
        for last in (False, True):
            nonce = new_nonce()
            headers = request_headers(
                self._key,
                kind=kind,
                subject=subject,
                terminal_id=self.terminal_id,
                nonce=nonce,
                asked_at=await self.service_now() or datetime.now(UTC),
            )
            answer = await self._connection.send(method, path, model, check_id=check_id, headers=headers, nonce=nonce)
            if last or not (isinstance(answer, Refused) and answer.reason is RefusalReason.IMPLAUSIBLE_TIME):
                break
            await self.challenge()
        return answer


def _check_path(check_id: str) -> str:
    return f"{PREFIX}/checks/{quote(check_id, safe='')}"
