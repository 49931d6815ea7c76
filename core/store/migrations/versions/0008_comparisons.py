"""Comparisons of two runs: what the office was asked, notes, decisions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "comparison",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first_run", BIG, nullable=False),
        sa.Column("second_run", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        _refers("comparison", "dataset_id", "dataset"),
        _refers("comparison", "first_run", "run"),
        _refers("comparison", "second_run", "run"),
        _refers("comparison", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
        sa.UniqueConstraint("dataset_id", "name", name=op.f("uq_comparison_dataset_id_name")),
    )
    op.create_table(
        "comparison_asking",
        sa.Column("comparison_id", BIG, autoincrement=False, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("disagree", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("equivalent", sa.Float(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        _refers("comparison_asking", "comparison_id", "comparison"),
        _refers("comparison_asking", "queue_id", "queue"),
        _refers("comparison_asking", "person_id", "person"),
        sa.PrimaryKeyConstraint("comparison_id", name=op.f("pk_comparison_asking")),
        sa.UniqueConstraint("queue_id", name=op.f("uq_comparison_asking_queue_id")),
    )
    _appended("comparison_note", sa.Column("text", sa.Text(), nullable=False))
    _appended(
        "comparison_decision",
        sa.Column("choice", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=True),
    )


def _appended(table: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        table,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("comparison_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        *columns,
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        _refers(table, "comparison_id", "comparison"),
        _refers(table, "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uuid", name=op.f(f"uq_{table}_uuid")),
    )
    op.create_index(f"ix_{table}_comparison_id_id", table, ["comparison_id", "id"])


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
