"""What each fold said of all classes, not only how sure it was of the one it chose."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fold_prediction", sa.Column("margins", sa.LargeBinary(), nullable=True))
