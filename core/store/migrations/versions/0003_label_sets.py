"""Frozen label sets, withdrawals, the cursors of webhooks."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index(
        "ix_label_given",
        "label",
        ["message_id", "origin", "id"],
        postgresql_where=sa.text("origin <> 'rule'"),
        sqlite_where=sa.text("origin <> 'rule'"),
    )
    op.add_column("run", sa.Column("label_set", sa.String(length=16), nullable=True))
    op.create_table(
        "label_set",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("label_cutoff", BIG, nullable=False),
        sa.Column("verdict_cutoff", BIG, nullable=False),
        sa.Column("withdrawal_cutoff", BIG, nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_label_set_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_set")),
        sa.UniqueConstraint("dataset_id", "name", name=op.f("uq_label_set_dataset_id_name")),
    )
    op.create_table(
        "withdrawn_rule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("withdrawal_id", BIG, nullable=False),
        sa.Column("back_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_withdrawn_rule")),
    )
    op.create_table(
        "withdrawal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("takes_back", sa.BigInteger(), nullable=True),
        sa.Column("verdict_cutoff", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("derived_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_withdrawal_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("takes_back", name=op.f("uq_withdrawal_takes_back")),
    )
    op.create_table(
        "withdrawn_verdict",
        sa.Column("verdict_id", BIG, autoincrement=False, nullable=False),
        sa.Column("withdrawal_id", BIG, autoincrement=False, nullable=False),
        sa.Column("back_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdict.id"], name=op.f("fk_withdrawn_verdict_verdict_id_verdict")),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["withdrawal.id"], name=op.f("fk_withdrawn_verdict_withdrawal_id_withdrawal")
        ),
        sa.PrimaryKeyConstraint("verdict_id", "withdrawal_id", name=op.f("pk_withdrawn_verdict")),
    )
    op.create_index("ix_withdrawn_verdict_withdrawal_id", "withdrawn_verdict", ["withdrawal_id", "verdict_id"])
    op.create_table(
        "webhook_cursor",
        sa.Column("hook", sa.String(length=16), nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("holder", sa.String(length=36), server_default="", nullable=False),
        sa.Column("held_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("hook", name=op.f("pk_webhook_cursor")),
    )
