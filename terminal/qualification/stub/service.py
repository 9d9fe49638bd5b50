"""The qualification-check service in simulation: contract models in, contract models out. No HTTP here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from terminal.qualification.contract import (
    CertificateStanding,
    Challenge,
    CheckOpened,
    ChipProof,
    OpenCheck,
    PinProof,
    Purpose,
    QualificationResult,
    Receipt,
    RefusalReason,
    Refused,
    Registered,
    Submission,
)
from terminal.qualification.keys import SigningKey, verify
from terminal.qualification.statements import receipt_statement, statement_of
from terminal.qualification.stub.challenges import Challenges
from terminal.qualification.stub.people import InsuredPerson, People, invented_people
from terminal.qualification.stub.proofs import (
    CertificateRules,
    check_chip_proof,
    check_pin_proof,
    is_trusted,
    parse_certificate,
    standing_of,
)
from terminal.qualification.stub.refusals import refuse
from terminal.qualification.stub.registry import CardEntry, CardStatus, Registry, RegistryFile, certificate_id
from terminal.qualification.stub.result import SHARED, facts_of, result_of
from terminal.qualification.stub.store import Accepted, Conflict, OpenedCheck, Store

Clock = Callable[[], datetime]

_STATUS_REFUSALS = {
    CardStatus.REVOKED: RefusalReason.REVOKED,
    CardStatus.SUSPENDED: RefusalReason.SUSPENDED,
    CardStatus.LAPSED: RefusalReason.LAPSED,
}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ServiceRules:
    challenge_life: timedelta = timedelta(minutes=5)
    check_life: timedelta = timedelta(hours=25)
    """How long an opened check may be submitted: the 24 hours a consent lasts, and time to send it."""
    certificates: CertificateRules = field(default_factory=CertificateRules)


class Service:
    """One per process; belongs to one event loop. The clock answers times with a zone."""

    def __init__(
        self,
        registry: RegistryFile,
        store: Store,
        key: SigningKey,
        *,
        people: People | None = None,
        clock: Clock = utc_now,
        rules: ServiceRules | None = None,
    ) -> None:
        self.registry = registry
        self.people = invented_people() if people is None else people
        self._store = store
        self._key = key
        self._clock = clock
        self._rules = rules or ServiceRules()
        self._challenges = Challenges(key.secret(), self._rules.challenge_life)

    @property
    def public_key(self) -> str:
        """PEM; receipts are signed with its private half."""
        return self._key.public_pem

    def close(self) -> None:
        self._store.close()

    def challenge(self) -> Challenge:
        challenge, ends_at = self._challenges.issue(self._clock())
        return Challenge(challenge=challenge, expires_at=ends_at, simulated=True)

    async def open(self, request: OpenCheck) -> CheckOpened | Refused:
        now = self._clock()
        if not await self._spend(request.challenge, now):
            return refuse(RefusalReason.BAD_CHALLENGE)
        believed = self._believe(request, self.registry.current(), now)
        if isinstance(believed, RefusalReason):
            return refuse(believed)
        card, standing = believed
        person = self.people[card.person]
        registered = person.registered if card.registered is None else card.registered
        check = OpenedCheck(
            check_id=secrets.token_hex(16),
            terminal_id=request.terminal_id,
            institution_code=request.institution_code,
            purpose=request.purpose,
            way=request.proof.way,
            person=card.person,
            standing=standing,
            registered=registered or await self._store.is_registered(card.person),
            opened_at=now,
        )
        await self._store.add_check(check)
        return CheckOpened(check_id=check.check_id, facts=facts_of(check, person), simulated=True)

    async def register(self, check_id: str) -> Registered | Refused:
        found = await self._find(check_id)
        if isinstance(found, RefusalReason):
            return refuse(found)
        check, person = found
        if check.purpose is Purpose.INQUIRY or check.standing is CertificateStanding.GRACE:
            return refuse(RefusalReason.NOT_ALLOWED)
        await self._store.register(check.person, self._clock())
        registered = await self._store.check(check_id)
        return Registered(facts=facts_of(registered or check, person), simulated=True)

    async def submit(self, check_id: str, submission: Submission, idempotency_key: str) -> Receipt | Refused:
        found = await self._find(check_id)
        if isinstance(found, RefusalReason):
            return refuse(found)
        check, person = found
        statement = statement_of(check_id, submission)
        refusal = self._refusal_of(check, person, submission, statement)
        if refusal is not None:
            return refuse(refusal)
        offered = Accepted(submission, self._receipt(check_id, submission, statement), idempotency_key)
        kept = await self._store.accept(check_id, sha256(statement).digest(), offered)
        return refuse(RefusalReason.CONFLICT) if isinstance(kept, Conflict) else kept.receipt

    async def result(self, check_id: str) -> QualificationResult | Refused:
        check = await self._store.check(check_id)
        person = self.people.get(check.person) if check else None
        if check is None or person is None:
            return refuse(RefusalReason.NO_SUCH_CHECK)
        accepted = await self._store.accepted(check_id)
        if accepted is None:
            return refuse(RefusalReason.NOT_SUBMITTED)
        return result_of(check, person, accepted)

    def adopt(self, certificate: bytes, person: str) -> str | Refused:
        """Bind a presented certificate (DER) to an invented person; answers its id in the registry.

        Only its hash is kept. Such a card is trusted without a chain, and its chip key stays unknown: PIN way alone.
        """
        if parse_certificate(certificate) is None:
            return refuse(RefusalReason.MALFORMED)
        if person not in self.people:
            return refuse(RefusalReason.UNKNOWN_HOLDER)
        self.registry.add_card(certificate, CardEntry(person=person, adopted=True))
        return certificate_id(certificate)

    # --- inside ----------------------------------------------------------------------------------------------

    async def _spend(self, challenge: bytes, now: datetime) -> bool:
        ends_at = self._challenges.end_of(challenge)
        return ends_at is not None and now <= ends_at and await self._store.spend_challenge(challenge, ends_at, now)

    def _believe(
        self, request: OpenCheck, registry: Registry, now: datetime
    ) -> tuple[CardEntry, CertificateStanding] | RefusalReason:
        rules = self._rules.certificates
        terminal_key = registry.terminals.get(request.terminal_id)
        if terminal_key is None:
            return RefusalReason.UNKNOWN_TERMINAL
        certificate = parse_certificate(request.certificate)
        card = registry.card(request.certificate)
        adopted = card is not None and card.adopted
        if certificate is None or not (adopted or is_trusted(certificate, registry.certificate_authorities, rules)):
            return RefusalReason.UNTRUSTED_CERTIFICATE
        standing = standing_of(certificate, now, rules)
        if standing is None:
            return RefusalReason.CERTIFICATE_EXPIRED
        if card is None or card.person not in self.people:
            return RefusalReason.UNKNOWN_HOLDER
        match request.proof:
            case PinProof() as proof:
                refusal = check_pin_proof(certificate, request.challenge, proof)
            case ChipProof() as proof:
                refusal = check_chip_proof(request, proof, card, terminal_key, registry.record_anchors)
        # Status last: only who holds the card learns it.
        refusal = refusal or _STATUS_REFUSALS.get(card.status)
        return refusal or (card, standing)

    async def _find(self, check_id: str) -> tuple[OpenedCheck, InsuredPerson] | RefusalReason:
        check = await self._store.check(check_id)
        if check is None or self._clock() > check.opened_at + self._rules.check_life:
            return RefusalReason.NO_SUCH_CHECK
        person = self.people.get(check.person)
        return RefusalReason.NO_SUCH_CHECK if person is None else (check, person)

    def _refusal_of(
        self, check: OpenedCheck, person: InsuredPerson, submission: Submission, statement: bytes
    ) -> RefusalReason | None:
        if submission.terminal_id != check.terminal_id:
            return RefusalReason.UNKNOWN_TERMINAL
        key = self.registry.current().terminals.get(check.terminal_id)
        if key is None:
            return RefusalReason.UNKNOWN_TERMINAL
        if not verify(key, statement, submission.signature):
            return RefusalReason.BAD_SIGNATURE
        if check.purpose is Purpose.INQUIRY:
            return RefusalReason.NOT_ALLOWED
        if not check.registered:
            return RefusalReason.NOT_REGISTERED
        granted = {answer.item for answer in submission.answers if answer.flag == 1}
        if granted & SHARED and not facts_of(check, person).may_share:
            return RefusalReason.NOT_ALLOWED
        return None

    def _receipt(self, check_id: str, submission: Submission, statement: bytes) -> Receipt:
        accepted_at = self._clock()
        digest = sha256(statement).digest()
        signed = receipt_statement(
            check_id=check_id,
            accepted_at=accepted_at,
            submission_digest=digest,
            ledger_count=submission.ledger_count,
            ledger_head=submission.ledger_head,
        )
        return Receipt(
            check_id=check_id,
            accepted_at=accepted_at,
            submission_digest=digest,
            ledger_count=submission.ledger_count,
            ledger_head=submission.ledger_head,
            signature=self._key.sign(signed),
            simulated=True,
        )
