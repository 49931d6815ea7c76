"""Comparisons as sessions: more than two runs, who is there, a selection for all, whether it was settled."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "comparison_run",
        sa.Column("comparison_id", BIG, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        _refers("comparison_run", "comparison_id", "comparison"),
        _refers("comparison_run", "run_id", "run"),
        sa.PrimaryKeyConstraint("comparison_id", "place", name=op.f("pk_comparison_run")),
    )
    op.create_table(
        "comparison_presence",
        sa.Column("comparison_id", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.Column("server", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        _refers("comparison_presence", "comparison_id", "comparison"),
        _refers("comparison_presence", "person_id", "person"),
        sa.PrimaryKeyConstraint("comparison_id", "person_id", "server", name=op.f("pk_comparison_presence")),
    )
    op.create_table(
        "comparison_selection",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("comparison_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        _refers("comparison_selection", "comparison_id", "comparison"),
        _refers("comparison_selection", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_selection")),
    )
    op.create_index("ix_comparison_selection_comparison_id_id", "comparison_selection", ["comparison_id", "id"])
    op.add_column("comparison_decision", sa.Column("settled", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
