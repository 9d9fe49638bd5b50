"""Database tables of the service. They contain person ids, but no names, numbers or birth dates.

Times are milliseconds since 1970. The schema is created by the migrations; a test compares both.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

spent_challenges = sa.Table(
    "spent_challenges",
    metadata,
    sa.Column("challenge", sa.LargeBinary, primary_key=True),
    sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
)
checks = sa.Table(
    "checks",
    metadata,
    sa.Column("check_id", sa.String(64), primary_key=True),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("institution_code", sa.String(10), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("person", sa.String(100), nullable=False),
    sa.Column("standing", sa.String(20), nullable=False),
    sa.Column("card_registered", sa.Boolean, nullable=False),
    sa.Column("opened_at", sa.BigInteger, nullable=False),
    sa.Column("decision_key", sa.LargeBinary, nullable=True),
)
registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("person", sa.String(100), primary_key=True),
    sa.Column("registered_at", sa.BigInteger, nullable=False),
)
submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("check_id", sa.String(64), sa.ForeignKey("checks.check_id"), primary_key=True),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("idempotency_key", sa.String(200), nullable=False),
    sa.Column("submission_digest", sa.LargeBinary(32), nullable=False),
    sa.Column("ledger_count", sa.BigInteger, nullable=False),
    sa.Column("submission", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.UniqueConstraint("terminal_id", "idempotency_key"),
    sa.Index("ix_submissions_ledger", "terminal_id", "ledger_count"),
)
withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("check_id", sa.String(64), sa.ForeignKey("submissions.check_id"), primary_key=True),
    sa.Column("item", sa.String(20), primary_key=True),
    sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
)
lookups = sa.Table(
    "lookups",
    metadata,
    sa.Column("check_id", sa.String(64), primary_key=True),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("institution_code", sa.String(10), nullable=False),
    sa.Column("person", sa.String(100), nullable=True),
    sa.Column("limit_consent", sa.Boolean, nullable=False),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
)
