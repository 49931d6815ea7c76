"""Predictions counted by slice and day."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "slice",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_slice")),
    )
    op.create_table(
        "slice_count",
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("slice", sa.String(length=80), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "slice", "day", "klass", name=op.f("pk_slice_count")),
    )
