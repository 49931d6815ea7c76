"""The pipeline at work: who works, which tasks there are, how each stands, what was asked of them."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


class TaskState(enum.StrEnum):
    """Where a task of the pipeline stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskAsk(enum.StrEnum):
    """What a person asks of a task."""

    RERUN = "rerun"
    CANCEL = "cancel"


class PipelineWorker(Base):
    """A process that works, or watches; alive until `seen_until` by the database's clock, which it moves on."""

    __tablename__ = "pipeline_worker"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host: Mapped[Name]
    pid: Mapped[int] = mapped_column(Integer)
    account: Mapped[Name]
    watches: Mapped[bool] = mapped_column(Boolean)
    started_at: Mapped[Now]
    seen_until: Mapped[int] = mapped_column(BigInteger)


class PipelineRun(Base):
    """A process went over the line: who, when, what was stale.

    `times`: a watcher that finds only new messages to follow adds to its last one.
    """

    __tablename__ = "pipeline_run"
    __table_args__ = (Index("ix_pipeline_run_dataset_id_id", "dataset_id", "id"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    worker_id: Mapped[str] = mapped_column(String(36))
    host: Mapped[Name]
    pid: Mapped[int] = mapped_column(Integer)
    account: Mapped[Name]
    watches: Mapped[bool] = mapped_column(Boolean)
    stale: Mapped[list[str]] = mapped_column(JSON)
    times: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    started_at: Mapped[Now]
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)


class PipelineTask(Base):
    """A task of the pipeline's graph, by the fingerprint of all that it is made from.

    Whoever runs it holds it until `lease_until` (the database's clock) and moves that on; `token` grows with each
    claim, and what is written under an older one is refused. `attempt` counts from the last time it began anew; a
    failed task is tried again after `due_at`. `peak_memory`: in bytes, of its newest attempt. `run_id` and `place`: the
    going-over that listed it last, and where.
    """

    __tablename__ = "pipeline_task"
    __table_args__ = (
        Index("ix_pipeline_task_dataset_id_family_run_id", "dataset_id", "family", "run_id"),
        Index("ix_pipeline_task_state", "state"),
    )

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    family: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    waits_for: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    run_id: Mapped[BigRef] = mapped_column(server_default=text("0"))
    place: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    holder: Mapped[str] = mapped_column(String(36), server_default="")
    host: Mapped[str] = mapped_column(String(200), server_default="")
    pid: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    lease_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    token: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    attempt: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    due_at: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    done: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    of: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    seconds: Mapped[float | None] = mapped_column(Float)
    peak_memory: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class PipelineLog(Base):
    """A line that a task said in an attempt, or of the traceback that ended it. Never a message's text."""

    __tablename__ = "pipeline_log"
    __table_args__ = (Index("ix_pipeline_log_fingerprint_id", "fingerprint", "id"),)

    id: Mapped[BigId]
    fingerprint: Mapped[str] = mapped_column(String(16))
    token: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(Integer)
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]


class PipelineAsk(Base):
    """A person asks for a task to be run again, or cancelled; `obeyed_at` once somebody has done so.

    `person_id` names a row of the desk's table of people, which the works do not know: so it is no foreign key.
    """

    __tablename__ = "pipeline_ask"
    __table_args__ = (Index("ix_pipeline_ask_fingerprint", "fingerprint"),)

    id: Mapped[BigId]
    fingerprint: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    by: Mapped[Name]
    at: Mapped[Now]
    obeyed_at: Mapped[int | None] = mapped_column(BigInteger)
