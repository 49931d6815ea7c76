"""The newest messages."""

from typing import Any, ClassVar

from sqlalchemy import null, select

from core.store.models import DatasetId, Message, RunId
from labeling.orders.order import Order, is_new


class Newest(Order):
    """Newest first."""

    name: ClassVar[str] = "newest"
    title: ClassVar[str] = "The messages that came last come first."
    sentence: ClassVar[str] = "Newest first."

    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:  # noqa: ARG002 - no model is asked
        """Along the ids from their end; sorted by what is written of it, the database would read all messages."""
        return (
            select(Message.id, -Message.id, null())
            .where(Message.dataset_id == dataset, *is_new(Message.id, queue_id))  # type: ignore[arg-type]
            .order_by(Message.id.desc())
            .limit(most)
        )
