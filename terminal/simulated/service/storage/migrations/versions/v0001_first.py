"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "spent_challenges",
        sa.Column("challenge", sa.LargeBinary, primary_key=True),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_spent_challenges_ends_at", "spent_challenges", ["ends_at"])
    op.create_table(
        "checks",
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
    op.create_table(
        "registrations",
        sa.Column("person", sa.String(100), primary_key=True),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "submissions",
        sa.Column("check_id", sa.String(64), sa.ForeignKey("checks.check_id"), primary_key=True),
        sa.Column("terminal_id", sa.String(40), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("submission_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("ledger_count", sa.BigInteger, nullable=False),
        sa.Column("submission", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.UniqueConstraint("terminal_id", "idempotency_key"),
    )
    op.create_index("ix_submissions_ledger", "submissions", ["terminal_id", "ledger_count"])
    op.create_table(
        "withdrawals",
        sa.Column("check_id", sa.String(64), sa.ForeignKey("submissions.check_id"), primary_key=True),
        sa.Column("item", sa.String(20), primary_key=True),
        sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lookups",
        sa.Column("check_id", sa.String(64), primary_key=True),
        sa.Column("terminal_id", sa.String(40), nullable=False),
        sa.Column("institution_code", sa.String(10), nullable=False),
        sa.Column("person", sa.String(100), nullable=True),
        sa.Column("limit_consent", sa.Boolean, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )
