"""The desk's tables: people, queues, tasks, leases, verdicts.

`lease` and `verdict` are facts, appended and never changed. `task.free` and `open_lease` are state derived from
them, kept so that a claim is one short transaction; the database itself forbids that a place at a task is handed
out twice (primary key of `open_lease`).
"""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import (
    JSON,
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
from labeling import comparison_models as comparison_models  # so that whoever imports the desk's tables has these too
from labeling import group_models as group_models  # so that whoever imports the desk's tables has these too
from labeling import models_people as models_people  # so that whoever imports the desk's tables has the door's too
from labeling.truth_tables import Decision as Decision
from labeling.truth_tables import TruthRebuild as TruthRebuild
from labeling.withdrawal_models import Withdrawal as Withdrawal
from labeling.withdrawal_models import WithdrawalKind as WithdrawalKind
from labeling.withdrawal_models import WithdrawnVerdict as WithdrawnVerdict

BIG = BigInteger().with_variant(Integer, "sqlite")  # a reference that may be empty


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
    UNSURE = "unsure"
    UNDO = "undo"


class QueueState(enum.StrEnum):
    """Whether a queue hands out messages."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Purpose(enum.StrEnum):
    """What a queue's verdicts are for."""

    TRAINING = "training"
    EVALUATION = "evaluation"
    SETTLE = "settle"
    GOLD = "gold"
    LABEL_ERRORS = "label_errors"
    DRIFT = "drift"
    CELL = "cell"
    SEARCH = "search"


class Assigned(enum.StrEnum):
    """Whom a queue hands its messages to."""

    ALL = "all"
    TEAM = "team"
    PEOPLE = "people"


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
    """A browser that was let in. Only the cookie's hash is kept.

    It ends at `expires_at`, or when nobody used it for `idle_ms`, or when it is revoked. `role` is the person's role
    when it began: a session of another role is no longer good for anything but a new one.
    """

    __tablename__ = "door_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    seen_at: Mapped[int | None] = mapped_column(BigInteger)
    idle_ms: Mapped[int] = mapped_column(BigInteger, server_default=text("604800000"))
    role: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(String(64))
    agent: Mapped[str | None] = mapped_column(String(200))


class TeamMember(Base):
    """A person belongs to a team."""

    __tablename__ = "team_member"

    team: Mapped[str] = mapped_column(String(80), primary_key=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)


class Queue(Base):
    """A pile of messages to judge, and how they are handed out.

    With `adaptive`, `overlap` is the most opinions a message may get; a further one is asked for only while the
    posterior of its class is below `sure_at`. `explore_share` of the hand-outs is drawn at random, whatever the order.
    `top_up`: so many are kept waiting. `source` says where its messages came from; `alarm_id` names the alarm that
    its result closes; `applied` is the fingerprint of the room's settings that were last applied to it.
    """

    __tablename__ = "queue"

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    name: Mapped[Name] = mapped_column(unique=True)
    purpose: Mapped[str] = mapped_column(String(32))
    order_name: Mapped[str] = mapped_column(String(32))
    overlap: Mapped[int] = mapped_column(Integer)
    adaptive: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sure_at: Mapped[float] = mapped_column(Float, server_default=text("0.95"))
    blind_share: Mapped[float] = mapped_column(Float)
    gold_share: Mapped[float] = mapped_column(Float, server_default=text("0"))
    explore_share: Mapped[float] = mapped_column(Float, server_default=text("0"))
    lease_ms: Mapped[int] = mapped_column(BigInteger)
    guide: Mapped[str | None] = mapped_column(Text)
    target: Mapped[int | None] = mapped_column(Integer)
    deadline: Mapped[int | None] = mapped_column(BigInteger)
    assigned: Mapped[str] = mapped_column(String(8), server_default="all")
    team: Mapped[str | None] = mapped_column(String(80))
    priority: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    top_up: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str | None] = mapped_column(Text)
    alarm_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    applied: Mapped[str | None] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[Now]


class QueueMember(Base):
    """A person named for a queue that is assigned to people."""

    __tablename__ = "queue_member"

    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)


class QueueChange(Base):
    """Somebody made a queue or changed one field of it. Nobody's name: the settings or the command did."""

    __tablename__ = "queue_change"
    __table_args__ = (Index("ix_queue_change_queue_id_id", "queue_id", "id"),)

    id: Mapped[BigId]
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"))
    person_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("person.id"))
    field: Mapped[str] = mapped_column(String(32))
    before: Mapped[Any] = mapped_column(JSON, nullable=True)
    after: Mapped[Any] = mapped_column(JSON, nullable=True)
    at: Mapped[Now]


class Gold(Base):
    """A message whose class is known. Who is asked about it cannot tell; the answers measure people, not messages."""

    __tablename__ = "gold"

    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    klass: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    set_by: Mapped[int | None] = mapped_column(BIG, ForeignKey("person.id"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    at: Mapped[Now]


class Task(Base):
    """A message in a queue. `free` counts the places (of `overlap`) neither held nor judged.

    `drawn`: it came in by a random draw, at `drawn_at`, which took it with `draw_probability` out of all that there was
    to draw from; others were chosen. A `gold` task has no places of
    its own (overlap 0, so never free): it is mixed in by the claim. Until `for_until` it waits for `for_person_id`, who
    would settle it most likely.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("queue_id", "message_id"),
        Index(
            "ix_task_claim",
            "queue_id",
            "drawn",
            "rank",
            "id",
            postgresql_where=text("free > 0"),
            sqlite_where=text("free > 0"),
        ),
        Index(
            "ix_task_for_person_id",
            "for_person_id",
            postgresql_where=text("for_person_id IS NOT NULL"),
            sqlite_where=text("for_person_id IS NOT NULL"),
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
    drawn: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    drawn_at: Mapped[int | None] = mapped_column(BigInteger)
    gold: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    overlap: Mapped[int] = mapped_column(Integer)
    free: Mapped[int] = mapped_column(Integer)
    judged: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    for_person_id: Mapped[int | None] = mapped_column(BigInteger)
    for_until: Mapped[int | None] = mapped_column(BigInteger)
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Now]


class OpinionAsked(Base):
    """After a verdict (or an undo) the number of opinions that a task of an adaptive queue needs became `overlap`.

    `sure` is the posterior of the likeliest class then; `person_id` who was to be asked first.
    """

    __tablename__ = "opinion_asked"
    __table_args__ = (Index("ix_opinion_asked_task_id_id", "task_id", "id"),)

    id: Mapped[BigId]
    task_id: Mapped[BigRef] = mapped_column(ForeignKey("task.id"))
    overlap: Mapped[int] = mapped_column(Integer)
    sure: Mapped[float] = mapped_column(Float)
    person_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("person.id"))
    at: Mapped[Now]


class Lease(Base):
    """A message was handed to a person. Its id is the fencing token: a later hand-out has a higher one.

    `draw_probability`: with which a draw took the message for its queue; 1 where it was chosen.
    """

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
    draw_probability: Mapped[float | None] = mapped_column(Float)
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


class WebhookCursor(Base):
    """How far an address was told of events, and who tells it now (until when, by the database's clock)."""

    __tablename__ = "webhook_cursor"

    hook: Mapped[str] = mapped_column(String(16), primary_key=True)
    event_id: Mapped[BigRef]
    holder: Mapped[str] = mapped_column(String(36), server_default="")
    held_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Verdict(Base):
    """What a person said of a message. `uuid` comes from the browser: the same one is stored once.

    `supersedes` names the verdict that an undo takes back, or that a change of mind replaces. `late` marks one whose
    lease had expired. `second` is the class that it would be if not `klass`.
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
    second: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    blind: Mapped[bool] = mapped_column(Boolean)
    shown_klass: Mapped[str | None] = mapped_column(String(200))
    late: Mapped[bool] = mapped_column(Boolean)
    seconds: Mapped[float | None] = mapped_column(Float)
    supersedes: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    group_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Now]
