"""Who gave the label that a fold was held against; labels that are probably wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_suspect_{column}_{to}"))


def upgrade() -> None:
    op.add_column("fold_prediction", sa.Column("origin", sa.String(length=16), nullable=True))
    op.create_table(
        "suspect",
        sa.Column("run_id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("given", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("likely", sa.String(length=200), nullable=False),
        sa.Column("sure", sa.Float(), nullable=False),
        _refers("run_id", "run"),
        _refers("message_id", "message"),
        sa.PrimaryKeyConstraint("run_id", "message_id", name=op.f("pk_suspect")),
    )
    op.create_index("ix_suspect_sure", "suspect", ["run_id", "sure", "message_id"])


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
