"""SQL statements of the store, written in SQLAlchemy Core and compiled once for the database's dialect.

The text is passed directly to the driver, because compiling a statement takes longer than executing it.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from terminal.simulated.service.storage.tables import (
    checks,
    lookups,
    registrations,
    spent_challenges,
    submissions,
    withdrawals,
)

MAX_RECEIPTS = 500
"""Maximum number of receipts in one answer."""

SUBMISSION_COLUMNS = (
    submissions.c.check_id,
    submissions.c.terminal_id,
    submissions.c.idempotency_key,
    submissions.c.submission_digest,
    submissions.c.submission,
    submissions.c.receipt,
)


@dataclass(frozen=True, slots=True)
class Statements:
    """SQL texts with named parameters in the driver's style."""

    forget_challenges: str
    spend_challenge: str
    add_check: str
    check: str
    is_registered: str
    register: str
    add_submission: str
    existing_submissions: str
    """Submissions for the check or with the same terminal and idempotency key."""
    submission: str
    receipts: str
    opened_by_day: str
    """Number of checks by day in Japan, counted from 1 January 1970."""
    withdraw: str
    withdrawn: str
    add_lookup: str


def statements_for(dialect: sa.Dialect) -> Statements:
    """Return the statements for SQLite or PostgreSQL, with named parameters."""
    on_sqlite = dialect.name == "sqlite"

    def text(statement: sa.ClauseElement) -> str:
        return str(statement.compile(dialect=dialect))

    def insert(table: sa.Table, *, once: bool = False) -> str:
        """Return an INSERT statement. `once`: keep an existing row."""
        if not once:
            return text(table.insert())
        if on_sqlite:
            return text(sqlite_insert(table).on_conflict_do_nothing())
        return text(postgresql_insert(table).on_conflict_do_nothing())

    registered = sa.exists().where(registrations.c.person == checks.c.person)
    same_key = sa.and_(
        submissions.c.terminal_id == sa.bindparam("terminal_id"),
        submissions.c.idempotency_key == sa.bindparam("idempotency_key"),
    )
    of_check = submissions.c.check_id == sa.bindparam("check_id")
    return Statements(
        forget_challenges=text(spent_challenges.delete().where(spent_challenges.c.ends_at < sa.bindparam("now"))),
        spend_challenge=insert(spent_challenges, once=True),
        add_check=insert(checks),
        check=text(sa.select(*checks.c, registered).where(checks.c.check_id == sa.bindparam("check_id"))),
        is_registered=text(
            sa.select(registrations.c.registered_at).where(registrations.c.person == sa.bindparam("person"))
        ),
        register=insert(registrations, once=True),
        add_submission=insert(submissions, once=True),
        existing_submissions=text(sa.select(*SUBMISSION_COLUMNS).where(sa.or_(of_check, same_key))),
        submission=text(sa.select(*SUBMISSION_COLUMNS).where(of_check)),
        receipts=text(
            sa.select(submissions.c.receipt)
            .where(submissions.c.terminal_id == sa.bindparam("terminal_id"))
            .where(submissions.c.ledger_count > sa.bindparam("after"))
            .order_by(submissions.c.ledger_count)
        )
        + f" LIMIT {MAX_RECEIPTS}",
        opened_by_day=text(_opened_by_day()),
        withdraw=insert(withdrawals, once=True),
        withdrawn=text(sa.select(withdrawals.c.item).where(withdrawals.c.check_id == sa.bindparam("check_id"))),
        add_lookup=insert(lookups),
    )


def _opened_by_day() -> sa.ClauseElement:
    # literal text, because the constants would otherwise become parameters
    day_in_japan: sa.ColumnElement[int] = sa.literal_column("(opened_at + 32400000) / 86400000")
    return (
        sa.select(day_in_japan, sa.func.count())
        .where(checks.c.terminal_id == sa.bindparam("terminal_id"))
        .where(checks.c.purpose == sa.bindparam("purpose"))
        .group_by(sa.text("1"))
        .order_by(sa.text("1"))
    )
