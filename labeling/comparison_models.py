"""The desk's tables for comparisons: what was compared, what the office was asked, what was said and decided."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


class Choice(enum.StrEnum):
    """What a comparison ends with."""

    PROMOTE = "promote"
    KEEP = "keep"
    ASK_MORE = "ask more"


class Comparison(Base):
    """Two runs compared under a name. Where it stands is told by what was appended to it."""

    __tablename__ = "comparison"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: Mapped[BigId]
    dataset_id: Mapped[BigRef] = mapped_column(ForeignKey("dataset.id"))
    name: Mapped[Name]
    first_run: Mapped[BigRef] = mapped_column(ForeignKey("run.id"))
    second_run: Mapped[BigRef] = mapped_column(ForeignKey("run.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Now]


class ComparisonAsking(Base):
    """The office was asked about the messages on which the two disagree, in a queue of their own.

    `compared` and `disagree` were counted then; `level` and `equivalent` were fixed then, before the first verdict.
    """

    __tablename__ = "comparison_asking"

    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"), primary_key=True, autoincrement=False)
    queue_id: Mapped[BigRef] = mapped_column(ForeignKey("queue.id"), unique=True)
    basis: Mapped[str] = mapped_column(String(16))
    compared: Mapped[int] = mapped_column(BigInteger)
    disagree: Mapped[int] = mapped_column(BigInteger)
    level: Mapped[float] = mapped_column(Float)
    equivalent: Mapped[float] = mapped_column(Float)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Now]


class ComparisonNote(Base):
    """What somebody had to say. `uuid` comes from the browser: the same one is stored once."""

    __tablename__ = "comparison_note"
    __table_args__ = (Index("ix_comparison_note_comparison_id_id", "comparison_id", "id"),)

    id: Mapped[BigId]
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]


class ComparisonDecision(Base):
    """A lead decides, for a reason; `evidence` is what the verdicts said at that moment. The newest one stands.

    `uuid` comes from the browser: the same one is stored once.
    """

    __tablename__ = "comparison_decision"
    __table_args__ = (Index("ix_comparison_decision_comparison_id_id", "comparison_id", "id"),)

    id: Mapped[BigId]
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    choice: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    at: Mapped[Now]
