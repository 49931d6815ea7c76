"""Decisions of a lead, and when the truth was derived anew."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_decision_message_id_message")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_decision_supersedes")),
        sa.UniqueConstraint("uuid", name=op.f("uq_decision_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_message_id_id", "decision", ["message_id", "id"])
    op.create_table(
        "truth_rebuild",
        sa.Column("id", BIG, nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("verdict_cutoff", sa.BigInteger(), nullable=False),
        sa.Column("decision_cutoff", sa.BigInteger(), nullable=False),
        sa.Column("withdrawal_cutoff", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("derived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_truth_rebuild")),
    )


def downgrade() -> None:
    op.drop_table("truth_rebuild")
    op.drop_index("ix_decision_message_id_id", table_name="decision")
    op.drop_table("decision")
