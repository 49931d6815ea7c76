"""Templates of messages, and verdicts on whole groups of them."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _templates()
    _groups()
    # Plain ADD COLUMN on both: no table is copied, however long it is.
    op.add_column("task", sa.Column("template_id", sa.BigInteger(), nullable=True))
    op.add_column("verdict", sa.Column("group_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_task_template",
        "task",
        ["queue_id", "template_id", "id"],
        postgresql_where=sa.text("free > 0"),
        sqlite_where=sa.text("free > 0"),
    )
    op.create_index(
        "ix_verdict_group_id",
        "verdict",
        ["group_id"],
        postgresql_where=sa.text("group_id IS NOT NULL"),
        sqlite_where=sa.text("group_id IS NOT NULL"),
    )


def _templates() -> None:
    op.create_table(
        "template",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_template_dataset_id_dataset")),
        sa.ForeignKeyConstraint(["id"], ["message.id"], name=op.f("fk_template_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
    )
    op.create_table(
        "template_pattern",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name=op.f("fk_template_pattern_template_id_template")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_pattern")),
    )
    op.create_index("ix_template_pattern_template_id_id", "template_pattern", ["template_id", "id"])
    op.create_table(
        "template_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_key_template_id_template")),
        sa.PrimaryKeyConstraint("key", "template_id", name=op.f("pk_template_key")),
    )
    op.create_table(
        "message_template",
        sa.Column("message_id", BIG, autoincrement=False, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_template_message_id_message")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["template.id"], name=op.f("fk_message_template_template_id_template")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_template")),
    )
    op.create_index("ix_message_template_template_id_message_id", "message_template", ["template_id", "message_id"])
    op.create_table(
        "template_size",
        sa.Column("template_id", BIG, autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_template_size_template_id_template")),
        sa.PrimaryKeyConstraint("template_id", name=op.f("pk_template_size")),
    )


def _groups() -> None:
    op.create_table(
        "group_look",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token", sa.String(length=36), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("first_task_id", BIG, nullable=False),
        sa.Column("task_ids", sa.JSON(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["first_task_id"], ["task.id"], name=op.f("fk_group_look_first_task_id_task")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_group_look_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_group_look_queue_id_queue")),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_group_look_template_id_template")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_look")),
        sa.UniqueConstraint("token", name=op.f("uq_group_look_token")),
    )
    op.create_table(
        "verdict_group",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("look_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("unseen", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["group_look.id"], name=op.f("fk_verdict_group_look_id_group_look")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_verdict_group_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_verdict_group_queue_id_queue")),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_verdict_group_template_id_template")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_group")),
        sa.UniqueConstraint("look_id", name=op.f("uq_verdict_group_look_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_verdict_group_uuid")),
    )
    op.create_index("ix_verdict_group_template_id_id", "verdict_group", ["template_id", "id"])
    op.create_table(
        "spot_check",
        sa.Column("task_id", BIG, autoincrement=False, nullable=False),
        sa.Column("group_id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["verdict_group.id"], name=op.f("fk_spot_check_group_id_verdict_group")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_spot_check_message_id_message")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_spot_check_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "group_id", name=op.f("pk_spot_check")),
    )
    op.create_index("ix_spot_check_group_id", "spot_check", ["group_id"])


def downgrade() -> None:
    raise NotImplementedError("facts are never dropped")
