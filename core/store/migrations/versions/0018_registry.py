"""What a run was made with; whether a champion was promoted or rolled back to, and by which person."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("run", sa.Column("made_with", sa.JSON(), nullable=True))
    op.add_column("promotion", sa.Column("person_id", BIG, nullable=True))
    op.add_column("promotion", sa.Column("act", sa.String(length=16), server_default="promoted", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
