"""The public key that opened a check: the card's word for its decision is checked with it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("checks", sa.Column("decision_key", sa.LargeBinary, nullable=True))
