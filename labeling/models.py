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
    )

    id: Mapped[BigId]
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), index=True)
    rank: Mapped[float] = mapped_column(Float)
    draw_probability: Mapped[float | None] = mapped_column(Float)
    overlap: Mapped[int] = mapped_column(Integer)
    free: Mapped[int] = mapped_column(Integer)
    judged: Mapped[int] = mapped_column(Integer, server_default=text("0"))
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


class WithdrawalKind(enum.StrEnum):
    """What a withdrawal takes out; `back` takes an earlier withdrawal back."""

    PERSON = "person"
    DAY = "day"
    RULE = "rule"
    BACK = "back"


class Withdrawal(Base):
    """Somebody's verdicts, a time's, or a rule's labels are to count as if they had never been given.

    A fact, appended; it concerns the verdicts with ids up to `verdict_cutoff`, given from `since` to before `until`.
    `derived_at` is state: when all labels had been derived anew.
    """

    __tablename__ = "withdrawal"

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    since: Mapped[int | None] = mapped_column(BigInteger)
    until: Mapped[int | None] = mapped_column(BigInteger)
    rule: Mapped[str | None] = mapped_column(Text)
    takes_back: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    verdict_cutoff: Mapped[BigRef]
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[Name]
    at: Mapped[Now]
    derived_at: Mapped[int | None] = mapped_column(BigInteger)


class WithdrawnVerdict(Base):
    """A verdict that a withdrawal concerns, until (`back_id`) that was taken back. Derived from `withdrawal`."""

    __tablename__ = "withdrawn_verdict"
    __table_args__ = (Index("ix_withdrawn_verdict_withdrawal_id", "withdrawal_id", "verdict_id"),)

    verdict_id: Mapped[BigRef] = mapped_column(ForeignKey("verdict.id"), primary_key=True, autoincrement=False)
    withdrawal_id: Mapped[BigRef] = mapped_column(ForeignKey("withdrawal.id"), primary_key=True, autoincrement=False)
    back_id: Mapped[int | None] = mapped_column(BigInteger)


class WebhookCursor(Base):
    """How far an address was told of events, and who tells it now (until when, by the database's clock)."""

    __tablename__ = "webhook_cursor"

    hook: Mapped[str] = mapped_column(String(16), primary_key=True)
    event_id: Mapped[BigRef]
    holder: Mapped[str] = mapped_column(String(36), server_default="")
    held_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Verdict(Base):
    """What a person said of a message. `uuid` comes from the browser: the same one is stored once.

    `supersedes` names the verdict that an undo takes back. `late` marks one whose lease had expired.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        Index("ix_verdict_task_id_person_id", "task_id", "person_id"),
        Index("ix_verdict_message_id", "message_id"),
        Index("ix_verdict_person_id_id", "person_id", "id"),
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
    at: Mapped[Now]
