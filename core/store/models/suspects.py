"""Labels that are probably wrong."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigRef


class Suspect(Base):
    """A label that a run, which was not trained on it, finds hard to believe. Appended only, once a run.

    `given` is the label and `origin` who gave it; `likely` what the run calls the message; `sure` how probable it holds
    the given class to be, the least the worst.
    """

    __tablename__ = "suspect"
    __table_args__ = (Index("ix_suspect_sure", "run_id", "sure", "message_id"),)

    run_id: Mapped[BigRef] = mapped_column(ForeignKey("run.id"), primary_key=True, autoincrement=False)
    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    given: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(16))
    likely: Mapped[str] = mapped_column(String(200))
    sure: Mapped[float] = mapped_column(Float)
