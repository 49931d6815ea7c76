"""The newest messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection, select

from core.store.models import Message
from labeling.orders.order import Asked, Order, frame_of, is_new

if TYPE_CHECKING:
    import pandas as pd


class Newest(Order):
    """Newest first."""

    name: ClassVar[str] = "newest"
    title: ClassVar[str] = "The messages that came last come first."
    sentence: ClassVar[str] = "Newest first."

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """Along the ids from their end; sorted by what is written of it, the database would read all messages."""
        query = (
            select(Message.id, -Message.id)
            .where(Message.dataset_id == asked.dataset, *is_new(Message.id, asked.queue_id))  # type: ignore[arg-type]
            .order_by(Message.id.desc())
            .limit(asked.most)
        )
        return frame_of(connection.execute(query).all())
