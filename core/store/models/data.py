"""Messages and what is known of them: datasets, quarantine, labels, truth."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


class Origin(enum.StrEnum):
    """Who said so. The order is the precedence: people over imported labels over rules."""

    VERDICT = "verdict"
    IMPORTED = "imported"
    RULE = "rule"


PRECEDENCE = {Origin.VERDICT: 0, Origin.IMPORTED: 1, Origin.RULE: 2}


class Dataset(Base):
    """A dataset: what one data dictionary describes."""

    __tablename__ = "dataset"

    id: Mapped[BigId]
    name: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[Now]


class Snapshot(Base):
    """One ingestion: which dictionary read how many rows, and what was healed or set aside."""

    __tablename__ = "snapshot"

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(16))
    rows_read: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[int] = mapped_column(BigInteger)
    sampled_out: Mapped[int] = mapped_column(BigInteger)
    quarantined: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Now]


class Message(Base):
    """A message: as it came (`body`) and as the models read it (`text`)."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("dataset_id", "source", "key"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    source: Mapped[Name]
    key: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sender: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    arrived_at: Mapped[Now]


class Quarantine(Base):
    """A row that could not be taken, with its place and the reason."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("ix_quarantine_dataset_id_id", "dataset_id", "id"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    snapshot_id: Mapped[BigRef] = mapped_column(ForeignKey("snapshot.id"))
    source: Mapped[Name]
    line: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Now]


class Label(Base):
    """Somebody says what a message is. Appended only; no class means that the earlier label is withdrawn.

    `origin_ref` names who exactly: a rule, an import, a queue.
    """

    __tablename__ = "label"
    __table_args__ = (
        Index("ix_label_message_id_origin_id", "message_id", "origin", "id"),
        # What people and sources gave, without the rules' labels, which may be as many as there are messages.
        Index(
            "ix_label_given",
            "message_id",
            "origin",
            "id",
            postgresql_where=text("origin <> 'rule'"),
            sqlite_where=text("origin <> 'rule'"),
        ),
    )

    id: Mapped[BigId]
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"))
    origin: Mapped[str] = mapped_column(String(16))
    origin_ref: Mapped[str] = mapped_column(Text, server_default="")
    klass: Mapped[str | None] = mapped_column(String(200))
    confidence: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[Now]


class Truth(Base):
    """What a message is held to be now: the label that takes precedence. Derived from `label`."""

    __tablename__ = "truth"
    __table_args__ = (Index("ix_truth_origin_klass_message_id", "origin", "klass", "message_id"),)

    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    klass: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(16))
    label_id: Mapped[BigRef] = mapped_column(ForeignKey("label.id"))


class Stage(Base):
    """A finished stage of the pipeline, under the fingerprint of all that it was made from."""

    __tablename__ = "stage"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[Name] = mapped_column(index=True)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    seconds: Mapped[float] = mapped_column(Float)
    finished_at: Mapped[Now]


class Event(Base):
    """Something that a page may care about, written in the transaction that did it."""

    __tablename__ = "event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[Now]
