"""Queues with a purpose, gold messages, adaptive overlap, draws, alarms."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

QUEUE: tuple[sa.Column[Any], ...] = (
    sa.Column("adaptive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    sa.Column("sure_at", sa.Float(), server_default=sa.text("0.95"), nullable=False),
    sa.Column("gold_share", sa.Float(), server_default=sa.text("0"), nullable=False),
    sa.Column("explore_share", sa.Float(), server_default=sa.text("0"), nullable=False),
    sa.Column("guide", sa.Text()),
    sa.Column("target", sa.Integer()),
    sa.Column("deadline", sa.BigInteger()),
    sa.Column("assigned", sa.String(length=8), server_default="all", nullable=False),
    sa.Column("team", sa.String(length=80)),
    sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
    sa.Column("top_up", sa.Integer()),
    sa.Column("source", sa.Text()),
    sa.Column("alarm_id", sa.BigInteger()),
    sa.Column("applied", sa.String(length=16)),
)
TASK: tuple[sa.Column[Any], ...] = (
    sa.Column("drawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    sa.Column("drawn_at", sa.BigInteger()),
    sa.Column("gold", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    sa.Column("for_person_id", sa.BigInteger()),
    sa.Column("for_until", sa.BigInteger()),
)


def upgrade() -> None:
    # No column here refers to another table, so that SQLite can add them in place: making `queue` or `task` anew
    # would drop a table that others refer to.
    for table, columns in (("queue", QUEUE), ("task", TASK)):
        for column in columns:
            op.add_column(table, column)
    op.add_column("lease", sa.Column("draw_probability", sa.Float()))
    # What is kept is now the probability of the single draw, one of all there were; it was that of all draws together.
    op.execute("UPDATE task SET drawn = true, drawn_at = created_at WHERE draw_probability IS NOT NULL")
    op.execute(
        """UPDATE task SET draw_probability = draw_probability / (
            SELECT count(*) FROM task other WHERE other.queue_id = task.queue_id AND other.created_at = task.created_at
        ) WHERE drawn"""
    )
    op.execute("UPDATE queue SET explore_share = CASE WHEN order_name = 'random' THEN 1.0 ELSE 0.1 END")
    op.drop_index("ix_task_claim", table_name="task")
    _indexes()
    _tables()
    _count_verdicts()


def _indexes() -> None:
    free, named = sa.text("free > 0"), sa.text("for_person_id IS NOT NULL")
    claim = ["queue_id", "drawn", "rank", "id"]
    op.create_index("ix_task_claim", "task", claim, postgresql_where=free, sqlite_where=free)
    op.create_index("ix_task_for_person_id", "task", ["for_person_id"], postgresql_where=named, sqlite_where=named)


def _tables() -> None:
    op.create_table(
        "team_member",
        sa.Column("team", sa.String(length=80), nullable=False),
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_team_member_person_id_person")),
        sa.PrimaryKeyConstraint("team", "person_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "queue_member",
        sa.Column("queue_id", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_queue_member_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_queue_member_queue_id_queue")),
        sa.PrimaryKeyConstraint("queue_id", "person_id", name=op.f("pk_queue_member")),
    )
    op.create_table(
        "queue_change",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("person_id", BIG),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_queue_change_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_queue_change_queue_id_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_change")),
    )
    op.create_index("ix_queue_change_queue_id_id", "queue_change", ["queue_id", "id"])
    op.create_table(
        "gold",
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("set_by", BIG),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_gold_message_id_message")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_gold_set_by_person")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_gold")),
    )
    op.create_table(
        "opinion_asked",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("sure", sa.Float(), nullable=False),
        sa.Column("person_id", BIG),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_opinion_asked_person_id_person")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_opinion_asked_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_asked")),
    )
    op.create_index("ix_opinion_asked_task_id_id", "opinion_asked", ["task_id", "id"])
    op.create_table(
        "alarm",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("note", sa.Text()),
        sa.Column("opened_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index("ix_queue_alarm_id", "queue", ["alarm_id"])
    op.create_index("ix_alarm_state_id", "alarm", ["state", "id"])


def _count_verdicts() -> None:
    """The verdicts of each queue are counted from now on: count those that are there."""
    op.execute(
        r"""INSERT INTO tally (name, shard, n)
        SELECT 'queue\:' || queue_id || '\:verdicts', 0, count(*) FROM verdict
        WHERE kind = 'label' AND NOT EXISTS (SELECT 1 FROM verdict later WHERE later.supersedes = verdict.id)
        GROUP BY queue_id"""
    )


def downgrade() -> None:
    raise NotImplementedError("a store goes forward only")
