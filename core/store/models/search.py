"""What the search has yet to hear of. The index itself is the database's own kind: core/store/records/search.py."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigRef


class SearchStale(Base):
    """A message whose text changed after it came; `body` as it was, which the index may still hold."""

    __tablename__ = "search_stale"

    message_id: Mapped[BigRef] = mapped_column(ForeignKey("message.id"), primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
