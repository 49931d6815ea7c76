"""Messages in random order: what the office says of the model then holds for all messages."""

from typing import Any, ClassVar

from core.store.models import DatasetId, Message, RunId
from labeling.orders.order import Order, by_message

_PRIME = 2_147_483_647
_FACTOR = 48_271


class Random(Order):
    """Random order."""

    name: ClassVar[str] = "random"
    title: ClassVar[str] = "Messages come at random, so what the office says of the model holds for all of them."
    sentence: ClassVar[str] = "In random order, so that what the office finds holds for all messages."

    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:  # noqa: ARG002 - no model is asked
        """By the id scrambled (Lehmer's generator), in the database: the same order whoever asks."""
        rank = ((Message.id % _PRIME) * _FACTOR) % _PRIME
        return by_message(dataset, queue_id, rank, most)
