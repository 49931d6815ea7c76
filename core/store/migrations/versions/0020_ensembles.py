"""How sure a trial may be, so that it can be a member of an ensemble; a run's candidate may have a long name."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trial", sa.Column("temperature", sa.Float(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":  # SQLite heeds no length
        op.alter_column("run", "candidate", type_=sa.Text())


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
