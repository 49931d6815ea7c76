"""Alarms that rules raise, duties that one server of several has, predictions counted on their own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # From the roll-up, not from the predictions: seconds on a store with millions.
    op.execute(
        "INSERT INTO tally (name, shard, n)"
        " SELECT 'predictions', 0, SUM(n) FROM class_count WHERE series = 'predicted' HAVING SUM(n) > 0"
    )
    op.create_table(
        "duty",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=36), server_default="", nullable=False),
        sa.Column("held_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duty")),
    )
    op.add_column("alarm", sa.Column("rule", sa.String(length=80), nullable=True))
    for name in ("over_at", "told_at", "mailed_at", "acknowledged_at"):
        op.add_column("alarm", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("alarm", sa.Column("acknowledged_by", BIG, nullable=True))
    # Nobody is told now of what was there before.
    op.execute("UPDATE alarm SET told_at = opened_at, mailed_at = opened_at")
    standing = sa.text("over_at IS NULL AND rule IS NOT NULL")
    op.create_index("uq_alarm_rule", "alarm", ["rule"], unique=True, postgresql_where=standing, sqlite_where=standing)
