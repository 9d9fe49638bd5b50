"""What the service remembers: spent challenges, opened checks, registrations, submissions. The only file with SQL.

One thread writes and reads, so every method is one transaction, and a later group commit has one place to live.
No name, number or birth date is stored: a person is an id of the people file.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from terminal.qualification.contract import CertificateStanding, Purpose, Receipt, Submission, Way

ReturnT = TypeVar("ReturnT")

_metadata = sa.MetaData()
_spent = sa.Table(
    "spent_challenges",
    _metadata,
    sa.Column("challenge", sa.LargeBinary, primary_key=True),
    sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
)
_checks = sa.Table(
    "checks",
    _metadata,
    sa.Column("check_id", sa.String(64), primary_key=True),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("institution_code", sa.String(10), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("person", sa.String(100), nullable=False),
    sa.Column("standing", sa.String(20), nullable=False),
    sa.Column("card_registered", sa.Boolean, nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
)
_registrations = sa.Table(
    "registrations",
    _metadata,
    sa.Column("person", sa.String(100), primary_key=True),
    sa.Column("registered_at", sa.BigInteger, nullable=False),
)
_submissions = sa.Table(
    "submissions",
    _metadata,
    sa.Column("check_id", sa.String(64), sa.ForeignKey("checks.check_id"), primary_key=True),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("idempotency_key", sa.String(200), nullable=False),
    sa.Column("submission_digest", sa.LargeBinary(32), nullable=False),
    sa.Column("submission", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.UniqueConstraint("terminal_id", "idempotency_key"),
)


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
    """As of the last reading."""
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission the service has, and the receipt it gave."""

    submission: Submission
    receipt: Receipt
    idempotency_key: str


class Conflict:
    """Another submission stands where this one wanted to."""


class Store:
    """SQLite in a file (synchronous=FULL), or in memory when `path` is None. Close it when done."""

    def __init__(self, path: Path | None) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qualification-store")
        self._connection = self._thread.submit(_connect, path).result()

    async def spend_challenge(self, challenge: bytes, ends_at: datetime, now: datetime) -> bool:
        """True the first time. Forgets the challenges that have ended."""
        return await self._do(lambda connection: _spend(connection, challenge, ends_at, now))

    async def add_check(self, check: OpenedCheck) -> None:
        await self._do(lambda connection: _add_check(connection, check))

    async def check(self, check_id: str) -> OpenedCheck | None:
        return await self._do(lambda connection: _check(connection, check_id))

    async def is_registered(self, person: str) -> bool:
        """Through this service; the person's record may say so too."""
        return await self._do(lambda connection: _is_registered(connection, person))

    async def register(self, person: str, now: datetime) -> None:
        """May be repeated."""
        await self._do(lambda connection: _register(connection, person, now))

    async def accept(self, check_id: str, digest: bytes, accepted: Accepted) -> Accepted | Conflict:
        """Keep it, or answer what is kept already: the first one when key and decision are the same."""
        return await self._do(lambda connection: _accept(connection, check_id, digest, accepted))

    async def accepted(self, check_id: str) -> Accepted | None:
        return await self._do(lambda connection: _accepted(connection, check_id))

    def close(self) -> None:
        """May be called twice."""
        if self._connection.closed:
            return
        self._thread.submit(_disconnect, self._connection).result()
        self._thread.shutdown()

    async def _do(self, work: Callable[[sa.Connection], ReturnT]) -> ReturnT:
        def transaction() -> ReturnT:
            with self._connection.begin():
                return work(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)


def _connect(path: Path | None) -> sa.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine("sqlite://" if path is None else f"sqlite:///{path}")
    connection = engine.connect()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    _metadata.create_all(connection)
    connection.commit()
    return connection


def _disconnect(connection: sa.Connection) -> None:
    connection.close()
    connection.engine.dispose()


def _spend(connection: sa.Connection, challenge: bytes, ends_at: datetime, now: datetime) -> bool:
    connection.execute(_spent.delete().where(_spent.c.ends_at < _to_ms(now)))
    added = connection.execute(
        insert(_spent).values(challenge=challenge, ends_at=_to_ms(ends_at)).on_conflict_do_nothing()
    )
    return added.rowcount == 1


def _add_check(connection: sa.Connection, check: OpenedCheck) -> None:
    connection.execute(
        _checks.insert().values(
            check_id=check.check_id,
            terminal_id=check.terminal_id,
            institution_code=check.institution_code,
            purpose=check.purpose.value,
            way=check.way.value,
            person=check.person,
            standing=check.standing.value,
            card_registered=check.registered,
            opened_at=_to_ms(check.opened_at),
        )
    )


def _check(connection: sa.Connection, check_id: str) -> OpenedCheck | None:
    row = connection.execute(_checks.select().where(_checks.c.check_id == check_id)).mappings().one_or_none()
    if row is None:
        return None
    return OpenedCheck(
        check_id=check_id,
        terminal_id=row["terminal_id"],
        institution_code=row["institution_code"],
        purpose=Purpose(row["purpose"]),
        way=Way(row["way"]),
        person=row["person"],
        standing=CertificateStanding(row["standing"]),
        registered=row["card_registered"] or _is_registered(connection, row["person"]),
        opened_at=_from_ms(row["opened_at"]),
    )


def _is_registered(connection: sa.Connection, person: str) -> bool:
    found = sa.select(sa.literal(1)).where(_registrations.c.person == person)
    return connection.execute(found).first() is not None


def _register(connection: sa.Connection, person: str, now: datetime) -> None:
    connection.execute(insert(_registrations).values(person=person, registered_at=_to_ms(now)).on_conflict_do_nothing())


def _accept(connection: sa.Connection, check_id: str, digest: bytes, accepted: Accepted) -> Accepted | Conflict:
    terminal_id, key = accepted.submission.terminal_id, accepted.idempotency_key
    rows = (
        connection.execute(
            _submissions.select().where(
                sa.or_(
                    _submissions.c.check_id == check_id,
                    sa.and_(_submissions.c.terminal_id == terminal_id, _submissions.c.idempotency_key == key),
                )
            )
        )
        .mappings()
        .all()
    )
    if not rows:
        connection.execute(
            _submissions.insert().values(
                check_id=check_id,
                terminal_id=terminal_id,
                idempotency_key=key,
                submission_digest=digest,
                submission=accepted.submission.model_dump_json(),
                receipt=accepted.receipt.model_dump_json(),
            )
        )
        return accepted
    same = all(
        (row["check_id"], row["terminal_id"], row["idempotency_key"], row["submission_digest"])
        == (check_id, terminal_id, key, digest)
        for row in rows
    )
    return _from_row(rows[0]) if same else Conflict()


def _accepted(connection: sa.Connection, check_id: str) -> Accepted | None:
    row = connection.execute(_submissions.select().where(_submissions.c.check_id == check_id)).mappings().first()
    return None if row is None else _from_row(row)


def _from_row(row: sa.RowMapping | Any) -> Accepted:
    return Accepted(
        submission=Submission.model_validate_json(row["submission"]),
        receipt=Receipt.model_validate_json(row["receipt"]),
        idempotency_key=row["idempotency_key"],
    )


def _to_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
