"""A search's process tells that it lives."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("search", sa.Column("alive_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
