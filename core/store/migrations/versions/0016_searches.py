"""Searches under a budget and their trials."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("label_cutoff", BIG, nullable=False),
        sa.Column("train_size", sa.BigInteger(), nullable=False),
        sa.Column("folds_planned", sa.Integer(), nullable=False),
        sa.Column("budget_ms", sa.BigInteger(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_search_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
    )
    op.create_index("ix_search_dataset_id_id", "search", ["dataset_id", "id"])
    op.create_index(op.f("ix_search_fingerprint"), "search", ["fingerprint"])
    op.create_table(
        "trial",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("search_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("warm", sa.Boolean(), nullable=False),
        sa.Column("linear", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stop", sa.String(length=16), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("folds", sa.JSON(), nullable=False),
        sa.Column("macro_f1", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("model_bytes", sa.BigInteger(), nullable=True),
        sa.Column("out_of_fold", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_trial_search_id_search")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    op.create_index("ix_trial_search_id_number", "trial", ["search_id", "number"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
