"""The desk's tables for comparisons: what was compared, what the office was asked, what was said and decided."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
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


class ComparisonRun(Base):
    """The runs that are looked at beside each other, in their order; A and B, whom the office is asked about, first."""

    __tablename__ = "comparison_run"

    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"), primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"))


class ComparisonPresence(Base):
    """Somebody has a page of the comparison open at a server, which says so every few seconds. No fact: it expires."""

    __tablename__ = "comparison_presence"

    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    server: Mapped[str] = mapped_column(String(36), primary_key=True)
    seen_at: Mapped[Now]


class ComparisonSelection(Base):
    """Somebody selected a part of the comparison, for all who follow. The newest one stands."""

    __tablename__ = "comparison_selection"
    __table_args__ = (Index("ix_comparison_selection_comparison_id_id", "comparison_id", "id"),)

    id: Mapped[BigId]
    comparison_id: Mapped[BigRef] = mapped_column(ForeignKey("comparison.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    selection: Mapped[dict[str, Any]] = mapped_column(JSON)
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

    `settled`: whether that evidence bore the choice out; None where it takes none (ask more), or was not kept then.
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
    settled: Mapped[bool | None] = mapped_column(Boolean)
    at: Mapped[Now]
