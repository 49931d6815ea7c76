"""What the rules are worth, as it was looked at last, and which messages each of them hit."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rule_look",
        sa.Column("dataset_id", BIG, autoincrement=False, nullable=False),
        sa.Column("made_from", sa.String(length=16), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("hits", sa.LargeBinary(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_rule_look_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_rule_look")),
    )


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
