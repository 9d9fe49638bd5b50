"""The simulated qualification-check service, independent of HTTP."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from pydantic import ValidationError

from config.japan import JAPAN
from consent.items import VIEWING, Item
from terminal.qualification.contract import (
    ActiveConsents,
    CertificateStatus,
    Challenge,
    CheckOpenedReply,
    KeyChange,
    KeyChanged,
    LookupRequest,
    OpenCheckRequest,
    Purpose,
    QualificationResult,
    Receipt,
    Receipts,
    RefusalReason,
    Refused,
    RegistrationReply,
    Submission,
    Withdrawal,
    WithdrawalReceipt,
)
from terminal.qualification.keys import SigningKey, verify
from terminal.qualification.statements import (
    RequestKind,
    lookup_statement,
    request_statement,
    statement_for_submission,
    statement_for_withdrawal,
    withdrawal_receipt_statement,
)
from terminal.qualification.statements_v1 import statement_v1_for_submission
from terminal.simulated.service.altered_answers import altered_match, altered_result, with_validity
from terminal.simulated.service.challenges import Challenges, Nonces
from terminal.simulated.service.key_change import change_key
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.misbehaviour import Operation
from terminal.simulated.service.people import InsuredPerson, People, fictitious_people
from terminal.simulated.service.proof_verification import ProofVerification
from terminal.simulated.service.proofs import (
    CertificateRules,
    opening_key,
    parse_certificate,
    verified_card_signature,
)
from terminal.simulated.service.receipt import signed_receipt
from terminal.simulated.service.refusals import refuse
from terminal.simulated.service.registry import CardEntry, RegistryFile, certificate_id
from terminal.simulated.service.result import facts_for, lookup_result, result_for
from terminal.simulated.service.storage.store import (
    AcceptedSubmission,
    Conflict,
    LookUpRecord,
    OpenedCheck,
    ServiceStore,
)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Sender of a request without a body, from its headers. Signature and nonce are empty if they are invalid."""

    terminal_id: str
    signature: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """Time limits and certificate requirements of the service."""

    challenge_life: timedelta = timedelta(minutes=5)
    check_life: timedelta = timedelta(hours=25)
    """Time limit for a submission: the 24 hours of a consent, plus time to send it."""
    clock_difference: timedelta = timedelta(minutes=5)
    """Maximum difference between a terminal's clock and this one."""
    certificates: CertificateRules = field(default_factory=CertificateRules)


class StubService:
    """The service. Use one instance per process, on one event loop. `clock` returns aware times."""

    def __init__(
        self,
        registry: RegistryFile,
        store: ServiceStore,
        key: SigningKey,
        *,
        people: People | None = None,
        clock: Clock = utc_now,
        rules: ServiceRules | None = None,
    ) -> None:
        self.registry = registry
        self.people = fictitious_people() if people is None else people
        self._store = store
        self._key = key
        self._clock = clock
        self._rules = rules or ServiceRules()
        self._challenges = Challenges(key.secret(), self._rules.challenge_life)
        self._nonces = Nonces()
        self._proofs = ProofVerification(self._rules.certificates)

    @property
    def public_key(self) -> str:
        """The public key (PEM) that verifies the service's signatures."""
        return self._key.public_pem

    def sign(self, statement: bytes) -> bytes:
        return self._key.sign(statement)

    def close(self) -> None:
        self._store.close()

    def challenge(self) -> Challenge:
        now = self._clock()
        challenge, ends_at = self._challenges.issue(now)
        return Challenge(challenge=challenge, expires_at=ends_at, now=now, simulated=True)

    async def open(self, request: OpenCheckRequest) -> CheckOpenedReply | Refused:
        now = self._clock()
        ends_at = self._challenges.expiry(request.challenge)
        if ends_at is None or now > ends_at:
            return refuse(RefusalReason.BAD_CHALLENGE)
        verified = self._proofs.verify(request, self.registry.current(), self.people, now)
        if isinstance(verified, RefusalReason):
            is_unused = await self._store.spend(request.challenge, ends_at, now)
            return refuse(verified if is_unused else RefusalReason.BAD_CHALLENGE)
        card, standing = verified
        person = with_validity(self.people[card.person], self._today())
        registered = person.registered if card.registered is None else card.registered
        check = OpenedCheck(
            check_id=secrets.token_hex(16),
            terminal_id=request.terminal_id,
            institution_code=request.institution_code,
            purpose=request.purpose,
            way=request.proof.way,
            person=card.person,
            standing=standing,
            registered=registered,
            opened_at=now,
            decision_key=opening_key(request),
        )
        opened = await self._store.open(request.challenge, ends_at, check)
        if opened is None:
            return refuse(RefusalReason.BAD_CHALLENGE)
        facts = facts_for(opened, person)
        return CheckOpenedReply(check_id=opened.check_id, opened_at=now, facts=facts, simulated=True)

    async def register(self, check_id: str, caller: Caller) -> RegistrationReply | Refused:
        found = await self._find(check_id)
        if isinstance(found, RefusalReason):
            return refuse(found)
        check, person = found
        refusal = self._caller_refusal(RequestKind.REGISTRATION, check_id, check.terminal_id, caller)
        if refusal is not None:
            return refuse(refusal)
        if check.purpose is Purpose.INQUIRY or check.standing is CertificateStatus.GRACE:
            return refuse(RefusalReason.NOT_ALLOWED)
        registered = await self._store.register(check, self._clock())
        return RegistrationReply(facts=facts_for(registered, person), simulated=True)

    async def submit(self, check_id: str, submission: Submission, idempotency_key: str) -> Receipt | Refused:
        found = await self._find(check_id)
        if isinstance(found, RefusalReason):
            return refuse(found)
        check, person = found
        statement = statement_for_submission(check_id, submission)
        refusal = self._submission_refusal(check, person, submission, statement)
        if refusal is not None:
            return refuse(refusal)
        card_signature = verified_card_signature(check.decision_key, check_id, submission)
        receipt = signed_receipt(check_id, submission, statement, card_signature, self._key, self._clock())
        accepted = AcceptedSubmission(submission, receipt, idempotency_key)
        # a repeated submission may have been accepted with a version 1 statement
        digest_v1 = sha256(statement_v1_for_submission(check_id, submission)).digest()
        stored = await self._store.accept(check_id, sha256(statement).digest(), digest_v1, accepted)
        return refuse(RefusalReason.CONFLICT) if isinstance(stored, Conflict) else stored.receipt

    async def result(self, check_id: str, caller: Caller) -> QualificationResult | Refused:
        stored = await self._store.stored_check(check_id)
        person = self.people.get(stored.check.person) if stored else None
        if stored is None or person is None:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        refusal = self._caller_refusal(RequestKind.RESULT, check_id, stored.check.terminal_id, caller)
        if refusal is not None:
            return refuse(refusal)
        if stored.accepted is None:
            return refuse(RefusalReason.NOT_SUBMITTED)
        result = result_for(stored.check, with_validity(person, self._today()), stored.accepted, stored.withdrawn)
        return altered_result(result)

    async def withdraw(self, check_id: str, withdrawal: Withdrawal) -> WithdrawalReceipt | Refused:
        now = self._clock()
        stored = await self._store.stored_check(check_id)
        if stored is None:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        statement = statement_for_withdrawal(check_id, withdrawal)
        refusal = self._sender_refusal(withdrawal.terminal_id, stored.check, statement, withdrawal.signature)
        if refusal is not None:
            return refuse(refusal)
        if not set(withdrawal.items) <= _granted(stored.accepted.submission if stored.accepted else None):
            return refuse(RefusalReason.NOT_ALLOWED)
        if not self._is_plausible(withdrawal.withdrawn_at, stored.check.opened_at, now):
            return refuse(RefusalReason.IMPLAUSIBLE_TIME)
        await self._store.withdraw(check_id, withdrawal.items, withdrawal.withdrawn_at)
        digest = sha256(statement).digest()
        signed = withdrawal_receipt_statement(check_id=check_id, accepted_at=now, withdrawal_digest=digest)
        return WithdrawalReceipt(
            check_id=check_id,
            accepted_at=now,
            withdrawal_digest=digest,
            signature=self._key.sign(signed),
            simulated=True,
        )

    async def active_consents(self, check_id: str, caller: Caller) -> ActiveConsents | Refused:
        """Return the consents of a check that have not been withdrawn, for services that provide data."""
        refusal = self._caller_refusal(RequestKind.CONSENTS, check_id, caller.terminal_id, caller)
        if refusal is not None:
            return refuse(refusal)
        stored = await self._store.stored_check(check_id)
        if stored is None:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        valid = _granted(stored.accepted.submission if stored.accepted else None) - stored.withdrawn
        return ActiveConsents(check_id=check_id, items=tuple(sorted(valid)), simulated=True)

    async def look_up(self, request: LookupRequest) -> QualificationResult | Refused:
        now = self._clock()
        key = self.registry.current().terminals.get(request.terminal_id)
        if key is None:
            return refuse(RefusalReason.UNKNOWN_TERMINAL)
        statement = lookup_statement(
            terminal_id=request.terminal_id,
            institution_code=request.institution_code,
            search=request.search,
            limit_consent=request.limit_consent,
            asked_at=request.asked_at,
            confirmation_date=request.confirmation_date,
        )
        if not verify(key, statement, request.signature):
            return refuse(RefusalReason.BAD_SIGNATURE)
        if not self._is_plausible(request.asked_at, now, now):
            return refuse(RefusalReason.IMPLAUSIBLE_TIME)
        day = request.confirmation_date or self._today()
        found = altered_match(look_up(request.search, self.people, day), day)
        check_id = secrets.token_hex(16)
        await self._store.add_lookup(
            LookUpRecord(
                check_id=check_id,
                terminal_id=request.terminal_id,
                institution_code=request.institution_code,
                person=found.person,
                limit_consent=request.limit_consent == 1,
                asked_at=request.asked_at,
            )
        )
        person = self.people[found.person] if found.person else None
        return altered_result(lookup_result(check_id, request, found, person, now))

    async def receipts(self, after: int, caller: Caller) -> Receipts | Refused:
        """Return the receipts of the calling terminal for an audit."""
        refusal = self._caller_refusal(RequestKind.RECEIPTS, str(after), caller.terminal_id, caller)
        if refusal is not None:
            return refuse(refusal)
        found, more, opened = await self._store.receipts(caller.terminal_id, after)
        return Receipts(receipts=found, more=more, opened=opened, simulated=True)

    def change_key(self, change: KeyChange) -> KeyChanged | Refused:
        """Replace the key of a terminal that was restored from a backup, and save the registry."""
        now = self._clock()
        if not self._is_plausible(change.asked_at, now, now):
            return refuse(RefusalReason.IMPLAUSIBLE_TIME)
        return change_key(self.registry, change, self._key, now)

    def adopt(self, certificate: bytes, person: str) -> str | Refused:
        """Register a certificate (DER) for a fictitious person and return its registry key.

        Stores only the hash of the certificate. The card is trusted without a chain, but can be used only by PIN
        because its chip key is unknown.
        """
        if parse_certificate(certificate) is None:
            return refuse(RefusalReason.MALFORMED)
        if person not in self.people:
            return refuse(RefusalReason.UNKNOWN_HOLDER)
        self.registry.add_card(certificate, CardEntry(person=person, adopted=True))
        return certificate_id(certificate)

    async def person_for(self, operation: Operation, check_id: str, body: bytes) -> str | None:
        """Return the insured person that a call concerns, or None if unknown."""
        try:
            match operation:
                case Operation.OPEN:
                    card = self.registry.current().card(OpenCheckRequest.model_validate_json(body).certificate)
                    return card.person if card else None
                case Operation.LOOK_UP:
                    search = LookupRequest.model_validate_json(body).search
                    return look_up(search, self.people, self._today()).person
        except ValidationError:
            return None
        check = await self._store.check(check_id) if check_id else None
        return check.person if check else None

    # --- helpers ---------------------------------------------------------------------------------------------

    async def _find(self, check_id: str) -> tuple[OpenedCheck, InsuredPerson] | RefusalReason:
        check = await self._store.check(check_id)
        if check is None or self._clock() > check.opened_at + self._rules.check_life:
            return RefusalReason.NO_SUCH_CHECK
        person = self.people.get(check.person)
        return RefusalReason.NO_SUCH_CHECK if person is None else (check, with_validity(person, self._today()))

    def _today(self) -> date:
        """Return today's date in Japan."""
        return self._clock().astimezone(JAPAN).date()

    def _caller_refusal(
        self, asked: RequestKind, subject: str, terminal_id: str, caller: Caller
    ) -> RefusalReason | None:
        """Return the reason to refuse a caller that is not `terminal_id` or did not recently sign this request."""
        key = self.registry.current().terminals.get(terminal_id)
        if key is None or caller.terminal_id != terminal_id:
            return RefusalReason.UNKNOWN_TERMINAL
        statement = request_statement(
            kind=asked, subject=subject, terminal_id=terminal_id, nonce=caller.nonce, asked_at=caller.asked_at
        )
        if not verify(key, statement, caller.signature):
            return RefusalReason.UNKNOWN_TERMINAL
        now = self._clock()
        if not self._is_plausible(caller.asked_at, now, now):
            return RefusalReason.IMPLAUSIBLE_TIME
        is_unused = self._nonces.use(caller.nonce, now, caller.asked_at + self._rules.clock_difference)
        return None if is_unused else RefusalReason.BAD_CHALLENGE

    def _sender_refusal(
        self, terminal_id: str, check: OpenedCheck, statement: bytes, signature: bytes
    ) -> RefusalReason | None:
        """Return the reason to refuse a message that is not signed by the terminal that opened the check."""
        key = self.registry.current().terminals.get(check.terminal_id)
        if key is None or terminal_id != check.terminal_id:
            return RefusalReason.UNKNOWN_TERMINAL
        return None if verify(key, statement, signature) else RefusalReason.BAD_SIGNATURE

    def _submission_refusal(
        self, check: OpenedCheck, person: InsuredPerson, submission: Submission, statement: bytes
    ) -> RefusalReason | None:
        refusal = self._sender_refusal(submission.terminal_id, check, statement, submission.signature)
        if refusal is not None:
            return refusal
        if check.purpose is Purpose.INQUIRY:
            return RefusalReason.NOT_ALLOWED
        if not check.registered:
            return RefusalReason.NOT_REGISTERED
        if _granted(submission).intersection(VIEWING) and not facts_for(check, person).may_share:
            return RefusalReason.NOT_ALLOWED
        if not {entry.id for entry in person.prescriptions}.issuperset(submission.dispense or ()):
            return RefusalReason.NOT_ALLOWED
        times = [answer.consent_time for answer in submission.answers if answer.consent_time is not None]
        now = self._clock()
        if not all(self._is_plausible(time, check.opened_at, now) for time in (*times, submission.decided_at)):
            return RefusalReason.IMPLAUSIBLE_TIME
        return None

    def _is_plausible(self, time: datetime, not_before: datetime, not_after: datetime) -> bool:
        """Return whether a time is within these limits, allowing for a small clock difference."""
        tolerance = self._rules.clock_difference
        return not_before - tolerance <= time <= not_after + tolerance


def _granted(submission: Submission | None) -> set[Item]:
    return {answer.item for answer in submission.answers if answer.flag == 1} if submission else set()
