"""The newest messages."""

from typing import Any, ClassVar

from core.store.models import DatasetId, Message, RunId
from labeling.orders.order import Order, by_message


class Newest(Order):
    """Newest first."""

    name: ClassVar[str] = "newest"
    title: ClassVar[str] = "The messages that came last come first."
    sentence: ClassVar[str] = "Newest first."

    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:  # noqa: ARG002 - no model is asked
        """By the id, falling."""
        return by_message(dataset, queue_id, -Message.id, most)
