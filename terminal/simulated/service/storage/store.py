"""The service's store: used challenges, checks, registrations, submissions, withdrawals and look-ups.

Each method runs in a single transaction and returns when it has been committed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consent.items import Item
from terminal.qualification.contract import CertificateStatus, DailyOpenings, Purpose, Receipt, Submission, Way
from terminal.simulated.service.storage.database import Database, Transaction
from terminal.simulated.service.storage.statements import MAX_RECEIPTS as MAX_RECEIPTS

_EPOCH = date(1970, 1, 1)
_PRUNE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OpenedCheck:
    """A check as opened by a terminal."""

    check_id: str
    terminal_id: str
    institution_code: str
    purpose: Purpose
    way: Way
    person: str
    standing: CertificateStatus
    registered: bool
    """Whether the person was registered when the check was last read."""
    opened_at: datetime
    decision_key: bytes | None = None
    """Public key (DER) that opened the check; None for checks of contract version 1."""


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """An accepted submission and its receipt."""

    submission: Submission
    receipt: Receipt
    idempotency_key: str


class Conflict:
    """A different submission exists for this check or idempotency key."""


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """A check with its submission and withdrawals."""

    check: OpenedCheck
    accepted: AcceptedSubmission | None
    withdrawn: frozenset[Item]


@dataclass(frozen=True, slots=True)
class LookUpRecord:
    """A look-up by symbol and number."""

    check_id: str
    terminal_id: str
    institution_code: str
    person: str | None
    limit_consent: bool
    asked_at: datetime


class ServiceStore:
    """The service's store. Close it after use. `url`: see `Database`."""

    def __init__(self, url: str | None) -> None:
        self._database = Database(url)
        self._pruned_at: datetime | None = None

    def close(self) -> None:
        """Close the database. Safe to call repeatedly."""
        self._database.close()

    async def spend(self, challenge: bytes, ends_at: datetime, now: datetime) -> bool:
        """Mark a challenge as used. Returns whether it was unused."""
        prune = self._is_pruning_due(now)
        return await self._database.write(lambda t: _spend(t, challenge, ends_at, now if prune else None))

    async def open(self, challenge: bytes, ends_at: datetime, check: OpenedCheck) -> OpenedCheck | None:
        """Mark the challenge as used and store the check. Returns None if the challenge was used before.

        The returned check has the stored value of `registered`.
        """
        prune = self._is_pruning_due(check.opened_at)

        def work(t: Transaction) -> OpenedCheck | None:
            if not _spend(t, challenge, ends_at, check.opened_at if prune else None):
                return None
            t.change(t.sql.add_check, _check_row(check))
            return _check(t, check.check_id)

        return await self._database.write(work)

    async def check(self, check_id: str) -> OpenedCheck | None:
        return await self._database.read(lambda t: _check(t, check_id))

    async def register(self, check: OpenedCheck, now: datetime) -> OpenedCheck:
        """Register the person and return the updated check. Safe to repeat."""

        def work(t: Transaction) -> OpenedCheck:
            t.change(t.sql.register, {"person": check.person, "registered_at": _to_ms(now)})
            return _check(t, check.check_id) or check

        return await self._database.write(work)

    async def accept(
        self, check_id: str, digest: bytes, digest_v1: bytes, accepted: AcceptedSubmission
    ) -> AcceptedSubmission | Conflict:
        """Store a submission, or return the first one if it is repeated with the same key and decision.

        `digest_v1`: digest of the decision's statement in version 1 of the contract.
        """
        return await self._database.write(lambda t: _accept(t, check_id, (digest, digest_v1), accepted))

    async def stored_check(self, check_id: str) -> StoredCheck | None:
        """Return the check with its submission and withdrawals, or None if it is unknown."""
        return await self._database.read(lambda t: _stored(t, check_id))

    async def withdraw(self, check_id: str, items: Iterable[Item], withdrawn_at: datetime) -> None:
        """Store withdrawals for a check with a submission. Repeating a withdrawal does not change its time."""
        rows = [{"check_id": check_id, "item": item.value, "withdrawn_at": _to_ms(withdrawn_at)} for item in items]

        def work(t: Transaction) -> None:
            for row in rows:
                t.change(t.sql.withdraw, row)

        await self._database.write(work)

    async def receipts(
        self, terminal_id: str, after: int
    ) -> tuple[tuple[Receipt, ...], bool, tuple[DailyOpenings, ...]]:
        """Return a terminal's receipts, whether there are more of them, and its number of receptions per day.

        Only receipts with a ledger count above `after` are returned, in ascending order. Receipts that share a count,
        which happens after a backup was restored, are always returned together.
        """
        receipt_values = {"terminal_id": terminal_id, "after": after}
        count_values = {"terminal_id": terminal_id, "purpose": Purpose.RECEPTION.value}
        rows, counts = await self._database.read(
            lambda t: (t.rows(t.sql.receipts, receipt_values), t.rows(t.sql.opened_by_day, count_values))
        )
        receipts = tuple(Receipt.model_validate_json(row[0]) for row in rows)
        more = len(receipts) == MAX_RECEIPTS
        if more and receipts[0].ledger_count != receipts[-1].ledger_count:
            last = receipts[-1].ledger_count
            receipts = tuple(receipt for receipt in receipts if receipt.ledger_count != last)
        return (
            receipts,
            more,
            tuple(DailyOpenings(day=_EPOCH + timedelta(days=int(row[0])), checks=row[1]) for row in counts),
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

    def _is_pruning_due(self, now: datetime) -> bool:
        if self._pruned_at is not None and abs(now - self._pruned_at) < _PRUNE_EVERY:
            return False
        self._pruned_at = now
        return True


def _spend(t: Transaction, challenge: bytes, ends_at: datetime, prune_before: datetime | None) -> bool:
    if prune_before is not None:
        t.change(t.sql.forget_challenges, {"now": _to_ms(prune_before)})
    return t.change(t.sql.spend_challenge, {"challenge": challenge, "ends_at": _to_ms(ends_at)}) == 1


def _check_row(check: OpenedCheck) -> dict[str, Any]:
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
        standing=CertificateStatus(standing),
        registered=bool(card_registered or registered),
        opened_at=_from_ms(opened_at),
        decision_key=None if key is None else bytes(key),
    )


def _accept(
    t: Transaction, check_id: str, digests: tuple[bytes, bytes], accepted: AcceptedSubmission
) -> AcceptedSubmission | Conflict:
    submission, key = accepted.submission, accepted.idempotency_key
    new_row = {
        "check_id": check_id,
        "terminal_id": submission.terminal_id,
        "idempotency_key": key,
        "submission_digest": digests[0],
        "ledger_count": submission.ledger_count,
        # the card's signature was verified and is not stored
        "submission": submission.model_dump_json(exclude={"card_signature"}),
        "receipt": accepted.receipt.model_dump_json(),
    }
    if t.change(t.sql.add_submission, new_row) == 1:
        return accepted
    values = {"check_id": check_id, "terminal_id": submission.terminal_id, "idempotency_key": key}
    existing = t.rows(t.sql.existing_submissions, values)
    is_repeat = bool(existing) and all(
        (row[0], row[1], row[2]) == (check_id, submission.terminal_id, key) and bytes(row[3]) in digests
        for row in existing
    )
    return _from_row(existing[0]) if is_repeat else Conflict()


def _stored(t: Transaction, check_id: str) -> StoredCheck | None:
    check = _check(t, check_id)
    if check is None:
        return None
    values = {"check_id": check_id}
    row = t.row(t.sql.submission, values)
    withdrawn = frozenset(Item(item[0]) for item in t.rows(t.sql.withdrawn, values)) if row else frozenset()
    return StoredCheck(check, None if row is None else _from_row(row), withdrawn)


def _from_row(row: tuple[Any, ...]) -> AcceptedSubmission:
    return AcceptedSubmission(
        submission=Submission.model_validate_json(row[4]),
        receipt=Receipt.model_validate_json(row[5]),
        idempotency_key=row[2],
    )


def _to_ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
