"""The tables of truth: decisions of a lead, and when the truth was derived anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Now


class Decision(Base):
    """A lead says what a message is: it outranks every consensus, until a later decision on the message.

    Appended only; `supersedes` names the decision before it. No class: the decision is withdrawn, and the consensus
    holds again. `uuid` comes from the browser: the same one is stored once.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_message_id_id", "message_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[BigId]
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"))
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    klass: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    supersedes: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    at: Mapped[Now]


class TruthRebuild(Base):
    """The truth was derived anew by `method` from all verdicts up to an id, with what a run's model had said till then.

    Messages judged since hold what the majority says. With this the truth can be told from the facts alone.
    `derived_at` is state: when all labels had been written. One that broke off, or was overtaken by a later one, has
    none.
    """

    __tablename__ = "truth_rebuild"

    id: Mapped[BigId]
    method: Mapped[str] = mapped_column(String(40))
    classes: Mapped[list[Any]] = mapped_column(JSON)
    verdict_cutoff: Mapped[int] = mapped_column(BigInteger)
    decision_cutoff: Mapped[int] = mapped_column(BigInteger)
    withdrawal_cutoff: Mapped[int] = mapped_column(BigInteger)
    run_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Now]
    derived_at: Mapped[int | None] = mapped_column(BigInteger)
