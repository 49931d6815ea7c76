"""When people were told that an alarm is over."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("end_told_at", "end_mailed_at"):
        op.add_column("alarm", sa.Column(name, sa.BigInteger(), nullable=True))
    # Nobody is told now of what ended before.
    op.execute("UPDATE alarm SET end_told_at = closed_at, end_mailed_at = closed_at")
    for name, begun, ended in (
        ("ix_alarm_end_untold", "told_at", "end_told_at"),
        ("ix_alarm_end_unmailed", "mailed_at", "end_mailed_at"),
    ):
        waiting = sa.text(f"{begun} IS NOT NULL AND {ended} IS NULL AND acknowledged_at IS NULL")
        op.create_index(name, "alarm", ["id"], postgresql_where=waiting, sqlite_where=waiting)


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
