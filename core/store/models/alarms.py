"""Alarms: something about the stream or the model that people should look at."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, Name, Now

_END_UNTOLD = text("told_at IS NOT NULL AND end_told_at IS NULL AND acknowledged_at IS NULL")
_END_UNMAILED = text("mailed_at IS NOT NULL AND end_mailed_at IS NULL AND acknowledged_at IS NULL")


class AlarmState(enum.StrEnum):
    """Whether an alarm still waits for an answer."""

    OPEN = "open"
    CLOSED = "closed"


class Alarm(Base):
    """An alarm: what it saw (`facts`), and, once it is closed, what people found (`result`) or why it ended (`note`).

    `rule` names the rule of the settings that raised it, and `over_at` is when its cause was gone: of a rule's alarms
    at most one has a cause that stands, which the database sees to. `told_at` and `mailed_at`: when people were told;
    `end_told_at` and `end_mailed_at`: when they were told that it is over.
    `acknowledged_by` is a person of the desk, whom the works do not know: so it is no foreign key.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_state_id", "state", "id"),
        Index(
            "uq_alarm_rule",
            "rule",
            unique=True,
            postgresql_where=text("over_at IS NULL AND rule IS NOT NULL"),
            sqlite_where=text("over_at IS NULL AND rule IS NOT NULL"),
        ),
        Index("ix_alarm_end_untold", "id", postgresql_where=_END_UNTOLD, sqlite_where=_END_UNTOLD),
        Index("ix_alarm_end_unmailed", "id", postgresql_where=_END_UNMAILED, sqlite_where=_END_UNMAILED),
    )

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[Name]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(8))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[Now]
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    rule: Mapped[str | None] = mapped_column(String(80))
    over_at: Mapped[int | None] = mapped_column(BigInteger)
    told_at: Mapped[int | None] = mapped_column(BigInteger)
    mailed_at: Mapped[int | None] = mapped_column(BigInteger)
    end_told_at: Mapped[int | None] = mapped_column(BigInteger)
    end_mailed_at: Mapped[int | None] = mapped_column(BigInteger)
    acknowledged_by: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    acknowledged_at: Mapped[int | None] = mapped_column(BigInteger)
