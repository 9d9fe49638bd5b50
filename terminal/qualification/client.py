"""Client of the qualification-check service. No call raises for a failed request.

Answers are models of the contract, or `NoAnswer` if there is none. Bodies are never logged.
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
    Challenge,
    CheckOpenedReply,
    ChipProof,
    ConsentAnswer,
    InsuredSearch,
    KeyChange,
    KeyChanged,
    LookUp,
    NoAnswer,
    OpenCheckRequest,
    OpenedOn,
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
    Silence,
    StandingConsents,
    Submission,
    Way,
    Withdrawal,
    WithdrawalReceipt,
)
from terminal.qualification.genuine import receipt_is_for, signed_of_key_change
from terminal.qualification.keys import SigningKey, key_digest, verify
from terminal.qualification.statements import (
    Asked,
    key_change_statement,
    lookup_statement,
    statement_of_withdrawal,
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
    """What the service has recorded for a terminal."""

    receipts: tuple[Receipt, ...]
    """Sorted by ledger count. Their signatures are not verified here."""
    opened: tuple[OpenedOn, ...]
    """Number of checks opened for receptions, by day."""


class QualificationClient:
    """Client with one connection pool, for use in one event loop. Use with `async with`, or call `aclose()`.

    `service_public_key` (PEM) is the key pinned at enrolment; answers not signed with it are ignored. `tls` is the
    context for https (`LineKeys.client_context()`); without it, the system's authorities are trusted and no client
    certificate is sent. Raises `ValueError` for a URL that is neither https nor http on loopback.
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
        self._line = ServiceConnection(
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
        """Load what the first request needs, to make it faster."""
        await self._line.warm_up()

    async def aclose(self) -> None:
        await self._line.aclose()

    # --- calls -----------------------------------------------------------------------------------------------

    async def challenge(self) -> Challenge | Refused | NoAnswer:
        """Fetch a challenge. Also sets `clock` to the service's time."""
        answer = await self._line.ask("POST", f"{PREFIX}/challenges", Challenge)
        if isinstance(answer, Challenge):
            self.clock.learn(answer)
        return answer

    async def open_check(
        self,
        *,
        challenge: bytes,
        certificate: bytes,
        proof: PinProof | ChipProof | PhoneProof,
        purpose: Purpose = Purpose.RECEPTION,
    ) -> CheckOpenedReply | Refused | NoAnswer:
        """Open a check. `certificate` is DER. The challenge cannot be used again, even after a refusal."""
        body = OpenCheckRequest(
            terminal_id=self.terminal_id,
            institution_code=self.institution_code,
            purpose=purpose,
            challenge=challenge,
            certificate=certificate,
            proof=proof,
        )
        return await self._line.ask("POST", f"{PREFIX}/checks", CheckOpenedReply, body=body)

    async def register(self, check_id: str) -> RegistrationReply | Refused | NoAnswer:
        """Register the card as an insurance card. May be repeated."""
        path = f"{_check(check_id)}/registration"
        return await self._ask("POST", path, RegistrationReply, Asked.REGISTRATION, check_id, check_id)

    async def submit(self, check_id: str, submission: Submission, idempotency_key: str) -> Receipt | Refused | NoAnswer:
        """Submit the decision. Repeating it with the same key and decision returns the same receipt."""
        answer = await self._line.ask(
            "PUT",
            f"{_check(check_id)}/submission",
            Receipt,
            check_id=check_id,
            body=submission,
            headers={IDEMPOTENCY_HEADER: idempotency_key},
        )
        if isinstance(answer, Receipt) and not self._is_receipt_for(check_id, submission, answer):
            return NoAnswer(Silence.NOT_VERIFIED)
        return answer

    async def result(self, check_id: str) -> QualificationResult | Refused | NoAnswer:
        """Fetch the result. It is the same at every call, so that a failed hand-over can fetch it again."""
        path = f"{_check(check_id)}/result"
        answer = await self._ask("GET", path, QualificationResult, Asked.RESULT, check_id, check_id)
        if isinstance(answer, QualificationResult) and answer.check_id != check_id:
            return NoAnswer(Silence.NOT_VERIFIED)
        return answer

    async def withdraw(self, check_id: str, withdrawal: Withdrawal) -> WithdrawalReceipt | Refused | NoAnswer:
        """Withdraw consents. May be repeated."""
        path = f"{_check(check_id)}/withdrawal"
        answer = await self._line.ask("POST", path, WithdrawalReceipt, check_id=check_id, body=withdrawal)
        if isinstance(answer, WithdrawalReceipt) and not self._is_end_of(check_id, withdrawal, answer):
            return NoAnswer(Silence.NOT_VERIFIED)
        return answer

    async def look_up(
        self,
        search: InsuredSearch,
        *,
        limit_consent: bool,
        asked_at: datetime,
        confirmation_date: date | None = None,
    ) -> QualificationResult | Refused | NoAnswer:
        """Request a check without a card. `limit_consent`: whether the patient orally agreed to provide the limit.

        `confirmation_date`: day of care, if it is not today.
        """
        facts: dict[str, Any] = {
            "terminal_id": self.terminal_id,
            "institution_code": self.institution_code,
            "search": search,
            "limit_consent": 1 if limit_consent else 0,
            "asked_at": asked_at,
            "confirmation_date": confirmation_date,
        }
        request = LookUp(signature=self._key.sign(lookup_statement(**facts)), **facts)
        return await self._line.ask("POST", f"{PREFIX}/lookups", QualificationResult, body=request)

    @property
    def answers(self) -> bool | None:
        """Whether the service answered the last request; None before the first."""
        return self._line.answers

    async def standing(self, check_id: str) -> StandingConsents | Refused | NoAnswer:
        """Return the consents of a check that are in force, even if another terminal opened the check."""
        path = f"{_check(check_id)}/consents"
        answer = await self._ask("GET", path, StandingConsents, Asked.CONSENTS, check_id, check_id)
        if isinstance(answer, StandingConsents) and answer.check_id != check_id:
            return NoAnswer(Silence.NOT_VERIFIED)
        return answer

    async def audit(self) -> Audit | Refused | NoAnswer:
        """Return everything the service has recorded for this terminal."""
        found: list[Receipt] = []
        while True:
            after = found[-1].ledger_count if found else 0
            path = f"{PREFIX}/receipts?after={after}"
            answer = await self._ask("GET", path, Receipts, Asked.RECEIPTS, str(after))
            if not isinstance(answer, Receipts):
                return answer
            found += answer.receipts
            if not answer.more or not answer.receipts:
                return Audit(tuple(found), answer.opened)

    async def receipts(self) -> tuple[Receipt, ...] | Refused | NoAnswer:
        """Return only the receipts of `audit`."""
        answer = await self.audit()
        return answer.receipts if isinstance(answer, Audit) else answer

    async def change_key(self, next_key: SigningKey, ended_key: bytes) -> KeyChanged | Refused | NoAnswer:
        """Replace the key with digest `ended_key` by `next_key`. May be repeated, also by a client using `next_key`."""
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
        answer = await self._line.ask("POST", f"{PREFIX}/keys", KeyChanged, body=change)
        if isinstance(answer, KeyChanged) and not self._is_change(change, answer):
            return NoAnswer(Silence.NOT_VERIFIED)
        return answer

    async def service_now(self) -> datetime | None:
        """Return the service's time, requesting it if unknown, or None if the service does not answer."""
        if self.clock.now() is None:
            await self.challenge()
        return self.clock.now()

    # --- signing ---------------------------------------------------------------------------------------------

    def vouch(
        self, *, challenge: bytes, way: Way, chip_public_key: bytes, certificate: bytes, reason: str = ""
    ) -> bytes:
        """Sign that the person was confirmed as the holder (`ChipProof.verdict_signature`).

        `chip_public_key` is DER SubjectPublicKeyInfo, `certificate` DER.
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
        """Build a signed submission. Built again from the same facts, it counts as the same decision, with or without
        the card's signature.
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
        """Build a signed withdrawal of consents that were submitted."""
        listed = tuple(sorted(set(items)))
        statement = withdrawal_statement(
            check_id=check_id, terminal_id=self.terminal_id, withdrawn_at=withdrawn_at, items=listed
        )
        return Withdrawal(
            terminal_id=self.terminal_id,
            withdrawn_at=withdrawn_at,
            items=listed,
            signature=self._key.sign(statement),
        )

    # --- inside ----------------------------------------------------------------------------------------------

    def _is_receipt_for(self, check_id: str, submission: Submission, receipt: Receipt) -> bool:
        return receipt_is_for(self._service_public_key, check_id, submission, receipt)

    def _is_end_of(self, check_id: str, withdrawal: Withdrawal, receipt: WithdrawalReceipt) -> bool:
        digest = sha256(statement_of_withdrawal(check_id, withdrawal)).digest()
        statement = withdrawal_receipt_statement(
            check_id=check_id, accepted_at=receipt.accepted_at, withdrawal_digest=digest
        )
        same = (receipt.check_id, receipt.withdrawal_digest) == (check_id, digest)
        return same and verify(self._service_public_key, statement, receipt.signature)

    def _is_change(self, change: KeyChange, changed: KeyChanged) -> bool:
        requested = (change.terminal_id, change.ended_key, key_digest(change.public_key))
        return (changed.terminal_id, changed.ended_key, changed.key) == requested and verify(
            self._service_public_key, signed_of_key_change(changed), changed.signature
        )

    async def _ask(
        self, method: str, path: str, model: type[AnswerT], asked: Asked, subject: str, check_id: str = ""
    ) -> AnswerT | Refused | NoAnswer:
        """Send a request without a body, dated by the service's clock. Repeat it once if its time is rejected."""
        answer: AnswerT | Refused | NoAnswer = NoAnswer(Silence.TIMEOUT)
        for last in (False, True):
            nonce = new_nonce()
            headers = request_headers(
                self._key,
                asked=asked,
                subject=subject,
                terminal_id=self.terminal_id,
                nonce=nonce,
                asked_at=await self.service_now() or datetime.now(UTC),
            )
            answer = await self._line.ask(method, path, model, check_id=check_id, headers=headers, nonce=nonce)
            if last or not (isinstance(answer, Refused) and answer.reason is RefusalReason.IMPLAUSIBLE_TIME):
                break
            await self.challenge()
        return answer


def _check(check_id: str) -> str:
    return f"{PREFIX}/checks/{quote(check_id, safe='')}"
