"""Full-text search over messages, and messages by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_stale",
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_search_stale_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_stale")),
    )
    # The terms are ours (core/search): the databases keep and compare them. No text is kept a second time.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE message_search USING fts5(terms, content='', columnsize=0, tokenize='ascii')")
    else:
        op.execute("CREATE TABLE message_search (message_id bigint PRIMARY KEY, terms tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_message_search_terms ON message_search USING gin (terms)")
    # For a stretch of time: without it, an hour of years ago is found by reading all that came since.
    op.execute("CREATE INDEX ix_message_time ON message (coalesce(sent_at, arrived_at), id)")
    op.create_index("ix_fold_prediction_newest", "fold_prediction", ["run_id", "message_id", "repeat"])
    op.create_index(
        "ix_fold_prediction_confidence", "fold_prediction", ["run_id", "confidence", "message_id", "repeat"]
    )
