"""How much memory a task took at most."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pipeline_task", sa.Column("peak_memory", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
