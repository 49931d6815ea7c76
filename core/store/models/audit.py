"""The audit log: who did what on whom, from where, and when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigId, Now


class Audit(Base):
    """An act, appended and never changed.

    `person_id` is null for the command line, the pipeline and strangers. It names a row of the desk's table of people,
    which the works do not know: so it is no foreign key.
    """

    __tablename__ = "audit"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[BigId]
    at: Mapped[Now]
    person_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
