"""The desk's tables for withdrawals: what was taken out, and what is back."""

from __future__ import annotations

import enum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, BigRef, Name, Now


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
