"""Alarms: something about the stream or the model that people should look at."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, Name, Now


class AlarmState(enum.StrEnum):
    """Whether an alarm still waits for an answer."""

    OPEN = "open"
    CLOSED = "closed"


class Alarm(Base):
    """An alarm: what it saw (`facts`), and, once it is closed, what people found (`result`)."""

    __tablename__ = "alarm"
    __table_args__ = (Index("ix_alarm_state_id", "state", "id"),)

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[Name]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(8))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[Now]
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
