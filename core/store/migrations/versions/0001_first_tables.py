"""The first tables."""

import sqlalchemy as sa
from alembic import op

from core.store.models.base import now_ms

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "class_count",
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column(
            "run_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "run_id", "hour", "klass", "shard", name=op.f("pk_class_count")),
    )
    op.create_table(
        "confusion_count",
        sa.Column(
            "run_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("against", sa.String(length=16), nullable=False),
        sa.Column("truth", sa.String(length=200), nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "against", "truth", "klass", "shard", name=op.f("pk_confusion_count")),
    )
    op.create_table(
        "dataset",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("name", name=op.f("uq_dataset_name")),
    )
    op.create_table(
        "event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "person",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "stage",
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_stage")),
    )
    with op.batch_alter_table("stage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stage_name"), ["name"], unique=False)

    op.create_table(
        "tally",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "shard", name=op.f("pk_tally")),
    )
    op.create_table(
        "door_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_door_link_person_id_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_door_link")),
    )
    op.create_table(
        "door_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_door_session_person_id_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_door_session")),
    )
    op.create_table(
        "message",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_message_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dataset_id", "source", "key", name=op.f("uq_message_dataset_id_source_key")),
    )
    op.create_table(
        "queue",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("order_name", sa.String(length=32), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("blind_share", sa.Float(), nullable=False),
        sa.Column("lease_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_queue_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue")),
        sa.UniqueConstraint("name", name=op.f("uq_queue_name")),
    )
    op.create_table(
        "run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("candidate", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("label_cutoff", BIG, nullable=False),
        sa.Column("train_size", sa.BigInteger(), nullable=False),
        sa.Column("folds_planned", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_run_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("dataset_id", "candidate", "version", name=op.f("uq_run_dataset_id_candidate_version")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_run_fingerprint")),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("sampled_out", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_snapshot_dataset_id_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
    )
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snapshot_dataset_id"), ["dataset_id"], unique=False)

    op.create_table(
        "fold",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("fold", sa.Integer(), nullable=False),
        sa.Column("fraction", sa.Float(), nullable=False),
        sa.Column("train_size", sa.BigInteger(), nullable=False),
        sa.Column("test_size", sa.BigInteger(), nullable=False),
        sa.Column("fit_seconds", sa.Float(), nullable=False),
        sa.Column("predict_seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_fold_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fold")),
        sa.UniqueConstraint("run_id", "repeat", "fold", "fraction", name=op.f("uq_fold_run_id_repeat_fold_fraction")),
    )
    op.create_table(
        "fold_prediction",
        sa.Column(
            "run_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("repeat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "message_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("truth", sa.String(length=200), nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_fold_prediction_message_id_message")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_fold_prediction_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "repeat", "message_id", name=op.f("pk_fold_prediction")),
    )
    with op.batch_alter_table("fold_prediction", schema=None) as batch_op:
        batch_op.create_index("ix_fold_prediction_cell", ["run_id", "truth", "klass", "message_id"], unique=False)

    op.create_table(
        "label",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("origin_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_label_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index("ix_label_message_id_origin_id", ["message_id", "origin", "id"], unique=False)

    op.create_table(
        "model",
        sa.Column(
            "run_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_model_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_model")),
    )
    op.create_table(
        "prediction",
        sa.Column(
            "run_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "message_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_prediction_message_id_message")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_prediction_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "message_id", name=op.f("pk_prediction")),
    )
    with op.batch_alter_table("prediction", schema=None) as batch_op:
        batch_op.create_index("ix_prediction_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_prediction_run_id_confidence", ["run_id", "confidence", "message_id"], unique=False)

    op.create_table(
        "promotion",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("promoted_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_promotion_dataset_id_dataset")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_promotion_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    with op.batch_alter_table("promotion", schema=None) as batch_op:
        batch_op.create_index("ix_promotion_dataset_id_id", ["dataset_id", "id"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("dataset_id", BIG, nullable=False),
        sa.Column("snapshot_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_quarantine_dataset_id_dataset")),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name=op.f("fk_quarantine_snapshot_id_snapshot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index("ix_quarantine_dataset_id_id", ["dataset_id", "id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("draw_probability", sa.Float(), nullable=True),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_task_message_id_message")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_task_queue_id_queue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("queue_id", "message_id", name=op.f("uq_task_queue_id_message_id")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_claim",
            ["queue_id", "rank", "id"],
            unique=False,
            postgresql_where=sa.text("free > 0"),
            sqlite_where=sa.text("free > 0"),
        )
        batch_op.create_index(batch_op.f("ix_task_message_id"), ["message_id"], unique=False)

    op.create_table(
        "lease",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("shown_run_id", sa.BigInteger(), nullable=True),
        sa.Column("shown_klass", sa.String(length=200), nullable=True),
        sa.Column("shown_confidence", sa.Float(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lease_person_id_person")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_lease_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_task_id"), ["task_id"], unique=False)

    op.create_table(
        "score",
        sa.Column(
            "fold_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("metric", sa.String(length=40), nullable=False),
        sa.Column("klass", sa.String(length=200), server_default="", nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["fold_id"], ["fold.id"], name=op.f("fk_score_fold_id_fold")),
        sa.PrimaryKeyConstraint("fold_id", "metric", "klass", name=op.f("pk_score")),
    )
    op.create_table(
        "truth",
        sa.Column(
            "message_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("klass", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("label_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_truth_label_id_label")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_truth_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_truth")),
    )
    with op.batch_alter_table("truth", schema=None) as batch_op:
        batch_op.create_index("ix_truth_origin_klass_message_id", ["origin", "klass", "message_id"], unique=False)

    op.create_table(
        "open_lease",
        sa.Column(
            "task_id",
            BIG,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lease_id", BIG, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name=op.f("fk_open_lease_lease_id_lease")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_open_lease_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_open_lease_queue_id_queue")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_open_lease_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "slot", name=op.f("pk_open_lease")),
        sa.UniqueConstraint("lease_id", name=op.f("uq_open_lease_lease_id")),
        sa.UniqueConstraint("task_id", "person_id", name=op.f("uq_open_lease_task_id_person_id")),
    )
    with op.batch_alter_table("open_lease", schema=None) as batch_op:
        batch_op.create_index("ix_open_lease_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_open_lease_person_id", ["person_id"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("lease_id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("queue_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("klass", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("shown_klass", sa.String(length=200), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), server_default=now_ms(), nullable=False),
        sa.ForeignKeyConstraint(["lease_id"], ["lease.id"], name=op.f("fk_verdict_lease_id_lease")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_verdict_message_id_message")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_verdict_person_id_person")),
        sa.ForeignKeyConstraint(["queue_id"], ["queue.id"], name=op.f("fk_verdict_queue_id_queue")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_verdict_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_verdict_supersedes")),
        sa.UniqueConstraint("uuid", name=op.f("uq_verdict_uuid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index("ix_verdict_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_verdict_person_id_id", ["person_id", "id"], unique=False)
        batch_op.create_index("ix_verdict_task_id_person_id", ["task_id", "person_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("the first tables have nothing before them")
