"""The terminal's side of the line: every call answers a value.

What the service says is a model of the contract; what it fails to say is `ServiceSilent`. Bodies are never logged.
"""

import asyncio
import base64
import ipaddress
import logging
import ssl
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from consent.items import Item
from terminal.qualification.contract import (
    IDEMPOTENCY_HEADER,
    PREFIX,
    SIGNATURE_HEADER,
    TERMINAL_HEADER,
    Challenge,
    CheckOpened,
    ChipProof,
    ConsentAnswer,
    InsuredSearch,
    LookUp,
    Model,
    OpenCheck,
    PhoneProof,
    PinProof,
    PrescriptionForm,
    Purpose,
    QualificationResult,
    Receipt,
    Receipts,
    Refused,
    Registered,
    ServiceSilent,
    Silence,
    Standing,
    Submission,
    Way,
    Withdrawal,
    Withdrawn,
)
from terminal.qualification.keys import SigningKey, verify
from terminal.qualification.statements import (
    Asked,
    lookup_statement,
    receipt_statement,
    request_statement,
    statement_of,
    statement_of_withdrawal,
    submission_statement,
    verdict_statement,
    withdrawal_receipt_statement,
    withdrawal_statement,
)

MAX_ANSWER = 256 * 1024
"""Bytes; a longer answer is not read to its end."""

# httpx logs every URL, and check ids stand in them.
logging.getLogger("httpx").setLevel(logging.WARNING)

AnswerT = TypeVar("AnswerT", bound=Model)
_REFUSED = TypeAdapter(Refused)


class QualificationClient:
    """One connection pool to the service; belongs to one event loop. Use as `async with`, or call `aclose()`.

    `service_public_key` (PEM) is the one pinned at enrolment: a receipt it did not sign is no receipt.
    `tls` is this end of an https line (`LineKeys.client_context()`); without it the system's authorities are trusted
    and no certificate is shown. Raises `ValueError` for a URL that is neither https nor http on loopback.
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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        require_safe_url(base_url)
        self.terminal_id = terminal_id
        self.institution_code = institution_code
        self._key = terminal_key
        self._service_public_key = service_public_key
        self._timeout = timeout_seconds
        self._http = httpx.AsyncClient(
            base_url=base_url,
            # retries: connecting alone is tried twice; a request that went out is never repeated from here.
            transport=transport or httpx.AsyncHTTPTransport(retries=1, verify=tls or _tls(base_url)),
            timeout=timeout_seconds,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    # --- calls -----------------------------------------------------------------------------------------------

    async def challenge(self) -> Challenge | Refused | ServiceSilent:
        return await self._call("POST", f"{PREFIX}/challenges", Challenge)

    async def open_check(
        self,
        *,
        challenge: bytes,
        certificate: bytes,
        proof: PinProof | PhoneProof | ChipProof,
        purpose: Purpose = Purpose.RECEPTION,
    ) -> CheckOpened | Refused | ServiceSilent:
        """`certificate` is DER. The challenge is spent whatever the answer."""
        body = OpenCheck(
            terminal_id=self.terminal_id,
            institution_code=self.institution_code,
            purpose=purpose,
            challenge=challenge,
            certificate=certificate,
            proof=proof,
        )
        return await self._call("POST", f"{PREFIX}/checks", CheckOpened, body)

    async def register(self, check_id: str) -> Registered | Refused | ServiceSilent:
        """First registration of the card as an insurance card. May be repeated."""
        signed = self._signed(Asked.REGISTRATION, check_id)
        return await self._call("POST", f"{_check(check_id)}/registration", Registered, headers=signed)

    async def submit(
        self, check_id: str, submission: Submission, idempotency_key: str
    ) -> Receipt | Refused | ServiceSilent:
        """May be repeated with the same key and the same decision; the answer is then the same receipt."""
        answer = await self._call(
            "PUT", f"{_check(check_id)}/submission", Receipt, submission, {IDEMPOTENCY_HEADER: idempotency_key}
        )
        if isinstance(answer, Receipt) and not self._is_receipt_for(check_id, submission, answer):
            return ServiceSilent(Silence.NOT_VERIFIED)
        return answer

    async def result(self, check_id: str) -> QualificationResult | Refused | ServiceSilent:
        """The same at every call, so a hand-over that failed can fetch it again."""
        signed = self._signed(Asked.RESULT, check_id)
        answer = await self._call("GET", f"{_check(check_id)}/result", QualificationResult, headers=signed)
        if isinstance(answer, QualificationResult) and answer.check_id != check_id:
            return ServiceSilent(Silence.NOT_VERIFIED)
        return answer

    async def withdraw(self, check_id: str, withdrawal: Withdrawal) -> Withdrawn | Refused | ServiceSilent:
        """May be repeated."""
        answer = await self._call("POST", f"{_check(check_id)}/withdrawal", Withdrawn, withdrawal)
        if isinstance(answer, Withdrawn) and not self._is_end_of(check_id, withdrawal, answer):
            return ServiceSilent(Silence.NOT_VERIFIED)
        return answer

    async def look_up(
        self,
        search: InsuredSearch,
        *,
        limit_consent: bool,
        asked_at: datetime,
        confirmation_date: date | None = None,
    ) -> QualificationResult | Refused | ServiceSilent:
        """A check without a card. `limit_consent`: the patient agreed, by word of mouth, to the limit being given.

        `confirmation_date`: the day of care that is asked about, where it is not today.
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
        return await self._call("POST", f"{PREFIX}/lookups", QualificationResult, request)

    async def standing(self, check_id: str) -> Standing | Refused | ServiceSilent:
        """Which consents of a check stand now; also of a check that another terminal opened."""
        signed = self._signed(Asked.CONSENTS, check_id)
        answer = await self._call("GET", f"{_check(check_id)}/consents", Standing, headers=signed)
        if isinstance(answer, Standing) and answer.check_id != check_id:
            return ServiceSilent(Silence.NOT_VERIFIED)
        return answer

    async def receipts(self) -> tuple[Receipt, ...] | Refused | ServiceSilent:
        """All that the service has of this terminal, by ledger count. Their signatures are the auditor's to verify."""
        found: list[Receipt] = []
        while True:
            after = found[-1].ledger_count if found else 0
            signed = self._signed(Asked.RECEIPTS, str(after))
            answer = await self._call("GET", f"{PREFIX}/receipts?after={after}", Receipts, headers=signed)
            if not isinstance(answer, Receipts):
                return answer
            found += answer.receipts
            if not answer.more or not answer.receipts:
                return tuple(found)

    # --- what the terminal signs -----------------------------------------------------------------------------

    def vouch(
        self, *, challenge: bytes, way: Way, chip_public_key: bytes, certificate: bytes, reason: str = ""
    ) -> bytes:
        """`ChipProof.verdict_signature`: this terminal saw that the person is the holder.

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
    ) -> Submission:
        """A signed submission. Built again from the same facts it is the same decision to the service."""
        statement = submission_statement(
            check_id=check_id,
            terminal_id=self.terminal_id,
            decided_at=decided_at,
            answers=answers,
            by_law=by_law,
            prescription_form=prescription_form,
            ledger_count=ledger_count,
            ledger_head=ledger_head,
        )
        return Submission(
            terminal_id=self.terminal_id,
            decided_at=decided_at,
            answers=tuple(answers),
            by_law=tuple(by_law),
            prescription_form=prescription_form,
            ledger_count=ledger_count,
            ledger_head=ledger_head,
            signature=self._key.sign(statement),
        )

    def withdrawal(self, check_id: str, *, withdrawn_at: datetime, items: Iterable[Item]) -> Withdrawal:
        """A signed withdrawal of consents that were submitted."""
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

    def _is_end_of(self, check_id: str, withdrawal: Withdrawal, told: Withdrawn) -> bool:
        digest = sha256(statement_of_withdrawal(check_id, withdrawal)).digest()
        statement = withdrawal_receipt_statement(
            check_id=check_id, accepted_at=told.accepted_at, withdrawal_digest=digest
        )
        same = (told.check_id, told.withdrawal_digest) == (check_id, digest)
        return same and verify(self._service_public_key, statement, told.signature)

    def _signed(self, asked: Asked, subject: str) -> dict[str, str]:
        statement = request_statement(asked=asked, subject=subject, terminal_id=self.terminal_id)
        signature = base64.b64encode(self._key.sign(statement)).decode("ascii")
        return {TERMINAL_HEADER: self.terminal_id, SIGNATURE_HEADER: signature}

    async def _call(
        self,
        method: str,
        path: str,
        model: type[AnswerT],
        body: Model | None = None,
        headers: dict[str, str] | None = None,
    ) -> AnswerT | Refused | ServiceSilent:
        content = body.model_dump_json().encode() if body is not None else None
        sent_headers = {"Content-Type": "application/json", **(headers or {})}
        try:
            # httpx counts its timeout anew with every piece that arrives; the patient does not.
            async with asyncio.timeout(self._timeout):
                async with self._http.stream(method, path, content=content, headers=sent_headers) as response:
                    answer = await _read(response)
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout):
            return ServiceSilent(Silence.TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return ServiceSilent(Silence.NO_CONNECTION)
        except httpx.HTTPError:
            return ServiceSilent(Silence.BROKEN_OFF)
        return answer if isinstance(answer, ServiceSilent) else _understand(response.status_code, answer, model)


def receipt_is_for(service_public_key: str, check_id: str, submission: Submission, receipt: Receipt) -> bool:
    """Whether the service signed this receipt for exactly this decision and ledger."""
    digest = sha256(statement_of(check_id, submission)).digest()
    statement = receipt_statement(
        check_id=check_id,
        accepted_at=receipt.accepted_at,
        submission_digest=digest,
        ledger_count=submission.ledger_count,
        ledger_head=submission.ledger_head,
    )
    told = (receipt.check_id, receipt.submission_digest, receipt.ledger_count, receipt.ledger_head)
    kept = (check_id, digest, submission.ledger_count, submission.ledger_head)
    return told == kept and verify(service_public_key, statement, receipt.signature)


def require_safe_url(url: str) -> None:
    """https anywhere, http on loopback alone; otherwise `ValueError`."""
    parsed = httpx.URL(url)
    if parsed.scheme == "https" and parsed.host:
        return
    if parsed.scheme == "http" and is_loopback(parsed.host):
        return
    raise ValueError(f"service URL {url!r}: use https; plain http is for this computer (127.0.0.1) only")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(url: str) -> ssl.SSLContext:
    """The system's authorities for https; for http an empty context, which trusts nobody and costs nothing to make."""
    if httpx.URL(url).scheme == "https":
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _check(check_id: str) -> str:
    return f"{PREFIX}/checks/{quote(check_id, safe='')}"


async def _read(response: httpx.Response) -> bytes | ServiceSilent:
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > MAX_ANSWER:
            return ServiceSilent(Silence.NOT_UNDERSTOOD)
    return bytes(data)


def _understand(status: int, data: bytes, model: type[AnswerT]) -> AnswerT | Refused | ServiceSilent:
    if status >= 500:
        return ServiceSilent(Silence.SERVER_ERROR)
    try:
        if 200 <= status < 300:
            return model.model_validate_json(data)
        if 400 <= status < 500:
            return _REFUSED.validate_json(data)
    except ValidationError:
        pass
    return ServiceSilent(Silence.NOT_UNDERSTOOD)
