"""Data stored by the service: used challenges, opened checks, registrations, submissions, withdrawals, look-ups.

Every method is one transaction. Changes are durable when the method returns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consent.items import Item
from terminal.qualification.contract import CertificateStanding, OpenedOn, Purpose, Receipt, Submission, Way
from terminal.simulated.service.storage.database import Database, Transaction
from terminal.simulated.service.storage.statements import MAX_RECEIPTS as MAX_RECEIPTS

_EPOCH = date(1970, 1, 1)
_FORGET_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OpenedCheck:
    check_id: str
    terminal_id: str
    institution_code: str
    purpose: Purpose
    way: Way
    person: str
    standing: CertificateStanding
    registered: bool
    """As of the last read."""
    opened_at: datetime
    decision_key: bytes | None = None
    """Public half of the key that opened it, DER; None for checks opened before the service spoke version 2."""


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """An accepted submission and its receipt."""

    submission: Submission
    receipt: Receipt
    idempotency_key: str


class Conflict:
    """Another submission already exists for this check or key."""


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """Everything stored about one check."""

    check: OpenedCheck
    accepted: AcceptedSubmission | None
    withdrawn: frozenset[Item]


@dataclass(frozen=True, slots=True)
class LookUpRecord:
    """A look-up of a person without a card."""

    check_id: str
    terminal_id: str
    institution_code: str
    person: str | None
    limit_consent: bool
    asked_at: datetime


class ServiceStore:
    """On one database; see `Database` for `url`. Close it when done."""

    def __init__(self, url: str | None) -> None:
        self._database = Database(url)
        self._forgotten_at: datetime | None = None

    def close(self) -> None:
        """Can be called twice."""
        self._database.close()

    async def spend(self, challenge: bytes, ends_at: datetime, now: datetime) -> bool:
        """Mark the challenge as used; return True the first time."""
        forget = self._time_to_forget(now)
        return await self._database.write(lambda t: _spend(t, challenge, ends_at, now if forget else None))

    async def open(self, challenge: bytes, ends_at: datetime, check: OpenedCheck) -> OpenedCheck | None:
        """Use the challenge and store the check; return None if the challenge was used before.

        The returned check has the stored value of `registered`.
        """
        forget = self._time_to_forget(check.opened_at)

        def work(t: Transaction) -> OpenedCheck | None:
            if not _spend(t, challenge, ends_at, check.opened_at if forget else None):
                return None
            t.change(t.sql.add_check, _values_of(check))
            return _check(t, check.check_id)

        return await self._database.write(work)

    async def check(self, check_id: str) -> OpenedCheck | None:
        return await self._database.read(lambda t: _check(t, check_id))

    async def register(self, check: OpenedCheck, now: datetime) -> OpenedCheck:
        """Register the card; repeatable. Returns the check with `registered` updated."""

        def work(t: Transaction) -> OpenedCheck:
            t.change(t.sql.register, {"person": check.person, "registered_at": _to_ms(now)})
            return _check(t, check.check_id) or check

        return await self._database.write(work)

    async def accept(
        self, check_id: str, digest: bytes, before: bytes, accepted: AcceptedSubmission
    ) -> AcceptedSubmission | Conflict:
        """Store the submission, or return the stored one: the first, if key and decision are the same.

        `before` is the digest of the decision in version 1 of the contract.
        """
        return await self._database.write(lambda t: _accept(t, check_id, (digest, before), accepted))

    async def kept(self, check_id: str) -> StoredCheck | None:
        """Return None for an unknown check."""
        return await self._database.read(lambda t: _kept(t, check_id))

    async def withdraw(self, check_id: str, items: Iterable[Item], withdrawn_at: datetime) -> None:
        """Repeatable; the first time of withdrawal is kept. The check must have a submission."""
        rows = [{"check_id": check_id, "item": item.value, "withdrawn_at": _to_ms(withdrawn_at)} for item in items]

        def work(t: Transaction) -> None:
            for row in rows:
                t.change(t.sql.withdraw, row)

        await self._database.write(work)

    async def receipts(self, terminal_id: str, after: int) -> tuple[tuple[Receipt, ...], bool, tuple[OpenedOn, ...]]:
        """Return a terminal's receipts with a ledger count above `after`, ascending; whether there are more; and how
        many receptions it opened per day.

        Receipts with the same count, from before and after a backup was restored, are in the same answer.
        """
        asked = {"terminal_id": terminal_id, "after": after}
        whose = {"terminal_id": terminal_id, "purpose": Purpose.RECEPTION.value}
        rows, counts = await self._database.read(
            lambda t: (t.rows(t.sql.receipts, asked), t.rows(t.sql.opened_by_day, whose))
        )
        receipts = tuple(Receipt.model_validate_json(row[0]) for row in rows)
        more = len(receipts) == MAX_RECEIPTS
        if more and receipts[0].ledger_count != receipts[-1].ledger_count:
            last = receipts[-1].ledger_count
            receipts = tuple(receipt for receipt in receipts if receipt.ledger_count != last)
        return (
            receipts,
            more,
            tuple(OpenedOn(day=_EPOCH + timedelta(days=int(row[0])), checks=row[1]) for row in counts),
        )

    async def add_lookup(self, lookup: LookUpRecord) -> None:
        values = {
            "check_id": lookup.check_id,
            "terminal_id": lookup.terminal_id,
            "institution_code": lookup.institution_code,
            "person": lookup.person,
            "limit_consent": lookup.limit_consent,
            "asked_at": _to_ms(lookup.asked_at),
        }
        await self._database.write(lambda t: t.change(t.sql.add_lookup, values))

    def _time_to_forget(self, now: datetime) -> bool:
        if self._forgotten_at is not None and abs(now - self._forgotten_at) < _FORGET_EVERY:
            return False
        self._forgotten_at = now
        return True


def _spend(t: Transaction, challenge: bytes, ends_at: datetime, forget_before: datetime | None) -> bool:
    if forget_before is not None:
        t.change(t.sql.forget_challenges, {"now": _to_ms(forget_before)})
    return t.change(t.sql.spend_challenge, {"challenge": challenge, "ends_at": _to_ms(ends_at)}) == 1


def _values_of(check: OpenedCheck) -> dict[str, Any]:
    return {
        "check_id": check.check_id,
        "terminal_id": check.terminal_id,
        "institution_code": check.institution_code,
        "purpose": check.purpose.value,
        "way": check.way.value,
        "person": check.person,
        "standing": check.standing.value,
        "card_registered": check.registered,
        "opened_at": _to_ms(check.opened_at),
        "decision_key": check.decision_key,
    }


def _check(t: Transaction, check_id: str) -> OpenedCheck | None:
    row = t.row(t.sql.check, {"check_id": check_id})
    if row is None:
        return None
    _, terminal_id, institution_code, purpose, way, person, standing, card_registered, opened_at, key, registered = row
    return OpenedCheck(
        check_id=check_id,
        terminal_id=terminal_id,
        institution_code=institution_code,
        purpose=Purpose(purpose),
        way=Way(way),
        person=person,
        standing=CertificateStanding(standing),
        registered=bool(card_registered or registered),
        opened_at=_from_ms(opened_at),
        decision_key=None if key is None else bytes(key),
    )


def _accept(
    t: Transaction, check_id: str, digests: tuple[bytes, bytes], accepted: AcceptedSubmission
) -> AcceptedSubmission | Conflict:
    submission, key = accepted.submission, accepted.idempotency_key
    row = {
        "check_id": check_id,
        "terminal_id": submission.terminal_id,
        "idempotency_key": key,
        "submission_digest": digests[0],
        "ledger_count": submission.ledger_count,
        # the card's signature is checked once and not stored
        "submission": submission.model_dump_json(exclude={"card_signature"}),
        "receipt": accepted.receipt.model_dump_json(),
    }
    if t.change(t.sql.add_submission, row) == 1:
        return accepted
    asked = {"check_id": check_id, "terminal_id": submission.terminal_id, "idempotency_key": key}
    rivals = t.rows(t.sql.rivals, asked)
    same = bool(rivals) and all(
        (found[0], found[1], found[2]) == (check_id, submission.terminal_id, key) and bytes(found[3]) in digests
        for found in rivals
    )
    return _from_row(rivals[0]) if same else Conflict()


def _kept(t: Transaction, check_id: str) -> StoredCheck | None:
    check = _check(t, check_id)
    if check is None:
        return None
    asked = {"check_id": check_id}
    row = t.row(t.sql.submission, asked)
    withdrawn = frozenset(Item(found[0]) for found in t.rows(t.sql.withdrawn, asked)) if row else frozenset()
    return StoredCheck(check, None if row is None else _from_row(row), withdrawn)


def _from_row(row: tuple[Any, ...]) -> AcceptedSubmission:
    return AcceptedSubmission(
        submission=Submission.model_validate_json(row[4]),
        receipt=Receipt.model_validate_json(row[5]),
        idempotency_key=row[2],
    )


def _to_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
