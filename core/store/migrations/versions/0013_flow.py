"""What came by the minute; the rules' classes by the hour, counted from their labels once."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "minute_count",
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "minute", "shard", name=op.f("pk_minute_count")),
    )
    # One walk over the labels: minutes at 15 million messages. Nothing else writes this series meanwhile.
    op.execute(
        """
        INSERT INTO class_count (series, run_id, hour, klass, shard, n)
        SELECT 'rule', 0, COALESCE(message.sent_at, message.arrived_at) / 3600000 AS hour, said.klass, 0, COUNT(*)
        FROM (
            SELECT message_id, klass, ROW_NUMBER() OVER (PARTITION BY message_id ORDER BY id DESC) AS nth
            FROM label WHERE origin = 'rule'
        ) AS said
        JOIN message ON message.id = said.message_id
        WHERE said.nth = 1 AND said.klass IS NOT NULL
        GROUP BY 3, 4
        """
    )
