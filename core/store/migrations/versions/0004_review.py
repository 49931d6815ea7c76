"""The second best class of a verdict."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # It refers to nothing, so that SQLite can add it in place.
    op.add_column("verdict", sa.Column("second", sa.String(length=200)))
