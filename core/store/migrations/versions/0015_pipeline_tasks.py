"""The pipeline's tasks: who runs which, until when, how far, what was asked of them; a fold's temperature."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, kind: type[sa.Integer] = sa.BigInteger, default: str = "0") -> sa.Column[int]:
    return sa.Column(name, kind(), server_default=sa.text(default), nullable=False)


def _dataset(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f(f"fk_{table}_dataset_id_dataset"))


def _process() -> list[sa.Column[Any]]:
    return [
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("watches", sa.Boolean(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "pipeline_worker",
        sa.Column("id", sa.String(length=36), nullable=False),
        *_process(),
        sa.Column("started_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("seen_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_worker")),
    )
    op.create_table(
        "pipeline_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        *_process(),
        sa.Column("stale", sa.JSON(), nullable=False),
        _number("times", sa.Integer, "1"),
        sa.Column("started_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        _dataset("pipeline_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_run")),
    )
    op.create_index("ix_pipeline_run_dataset_id_id", "pipeline_run", ["dataset_id", "id"])
    op.create_table(
        "pipeline_task",
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("waits_for", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_id", BIG, server_default=sa.text("0"), nullable=False),
        _number("place", sa.Integer),
        sa.Column("holder", sa.String(length=36), server_default="", nullable=False),
        sa.Column("host", sa.String(length=200), server_default="", nullable=False),
        _number("pid", sa.Integer),
        *map(_number, ("lease_until", "token")),
        _number("attempt", sa.Integer),
        *map(_number, ("due_at", "done", "of")),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        _dataset("pipeline_task"),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_pipeline_task")),
    )
    op.create_index("ix_pipeline_task_dataset_id_family_run_id", "pipeline_task", ["dataset_id", "family", "run_id"])
    op.create_index("ix_pipeline_task_state", "pipeline_task", ["state"])
    op.create_table(
        "pipeline_log",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_log")),
    )
    op.create_index("ix_pipeline_log_fingerprint_id", "pipeline_log", ["fingerprint", "id"])
    op.create_table(
        "pipeline_ask",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("obeyed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_ask")),
    )
    op.create_index("ix_pipeline_ask_fingerprint", "pipeline_ask", ["fingerprint"])
    op.add_column("fold", sa.Column("temperature", sa.Float(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
