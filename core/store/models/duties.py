"""Who does what only one process of several does at a time."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base


class Duty(Base):
    """A work, and who does it now (until when, by the database's clock)."""

    __tablename__ = "duty"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(36), server_default="")
    held_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
