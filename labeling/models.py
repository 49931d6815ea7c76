"""The desk's tables: people, queues, tasks, leases, verdicts.

`lease` and `verdict` are facts, appended and never changed. `task.free` and `open_lease` are state derived from
them, kept so that a claim is one short transaction; the database itself forbids that a place at a task is handed
out twice (primary key of `open_lease`).
"""

from __future__ import annotations

import enum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

import labeling.group_models  # noqa: F401  # so that the metadata is whole
from core.store.models.base import Base, BigId, BigRef, Name, Now


class Role(enum.StrEnum):
    """What a person may do, each including the ones before."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    LEAD = "lead"
    ADMIN = "admin"


class VerdictKind(enum.StrEnum):
    """What a person did with a message."""

    LABEL = "label"
    SKIP = "skip"
    FLAG = "flag"
    UNDO = "undo"


class QueueState(enum.StrEnum):
    """Whether a queue hands out messages."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Person(Base):
    """Somebody at the desk. Simulated colleagues are marked, here and wherever they appear."""

    __tablename__ = "person"

    id: Mapped[BigId]
    name: Mapped[Name] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(16))
    simulated: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[Now]


class DoorLink(Base):
    """A link that lets one person in once. Only the token's hash is kept."""

    __tablename__ = "door_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class DoorSession(Base):
    """A browser that was let in. Only the cookie's hash is kept."""

    __tablename__ = "door_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class Queue(Base):
    """A pile of messages to judge, and how they are handed out."""

    __tablename__ = "queue"

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    name: Mapped[Name] = mapped_column(unique=True)
    purpose: Mapped[str] = mapped_column(String(32))
    order_name: Mapped[str] = mapped_column(String(32))
    overlap: Mapped[int] = mapped_column(Integer)
    blind_share: Mapped[float] = mapped_column(Float)
    lease_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[Now]


class Task(Base):
    """A message in a queue. `free` counts the places (of `overlap`) neither held nor judged."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("queue_id", "message_id"),
        Index(
            "ix_task_claim",
            "queue_id",
            "rank",
            "id",
            postgresql_where=text("free > 0"),
            sqlite_where=text("free > 0"),
        ),
        Index(
            "ix_task_template",
            "queue_id",
            "template_id",
            "id",
            postgresql_where=text("free > 0"),
            sqlite_where=text("free > 0"),
        ),
    )

    id: Mapped[BigId]
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), index=True)
    rank: Mapped[float] = mapped_column(Float)
    draw_probability: Mapped[float | None] = mapped_column(Float)
    overlap: Mapped[int] = mapped_column(Integer)
    free: Mapped[int] = mapped_column(Integer)
    judged: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Now]


class Lease(Base):
    """A message was handed to a person. Its id is the fencing token: a later hand-out has a higher one."""

    __tablename__ = "lease"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[BigId]
    task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"), index=True)
    slot: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    blind: Mapped[bool] = mapped_column(Boolean)
    shown_run_id: Mapped[int | None] = mapped_column(BigInteger)
    shown_klass: Mapped[str | None] = mapped_column(String(200))
    shown_confidence: Mapped[float | None] = mapped_column(Float)
    granted_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)


class OpenLease(Base):
    """The leases out now. One place at a task is one row: the database forbids a second."""

    __tablename__ = "open_lease"
    __table_args__ = (
        UniqueConstraint("task_id", "person_id"),
        Index("ix_open_lease_person_id", "person_id"),
        Index("ix_open_lease_expires_at", "expires_at"),
    )

    task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"), primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lease_id: Mapped[BigRef] = mapped_column(ForeignKey("lease.id"), unique=True)
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[int] = mapped_column(BigInteger)


class Verdict(Base):
    """What a person said of a message. `uuid` comes from the browser: the same one is stored once.

    `supersedes` names the verdict that an undo takes back. `late` marks one whose lease had expired.
    `group_id` names the group that it was given with (labeling/group_models.py).
    """

    __tablename__ = "verdict"
    __table_args__ = (
        Index("ix_verdict_task_id_person_id", "task_id", "person_id"),
        Index("ix_verdict_message_id", "message_id"),
        Index("ix_verdict_person_id_id", "person_id", "id"),
        Index(
            "ix_verdict_group_id",
            "group_id",
            postgresql_where=text("group_id IS NOT NULL"),
            sqlite_where=text("group_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[BigId]
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    lease_id: Mapped[BigRef] = mapped_column(ForeignKey("lease.id"))
    task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"))
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    klass: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    blind: Mapped[bool] = mapped_column(Boolean)
    shown_klass: Mapped[str | None] = mapped_column(String(200))
    late: Mapped[bool] = mapped_column(Boolean)
    seconds: Mapped[float | None] = mapped_column(Float)
    supersedes: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    group_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Now]
