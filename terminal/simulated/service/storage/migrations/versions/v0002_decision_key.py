"""Add the public key that opened a check. It verifies the card's signature on the decision."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("checks", sa.Column("decision_key", sa.LargeBinary, nullable=True))
