"""What an order is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, case, exists, func, literal, null, select

from core.registry import Registry
from core.store.models import DatasetId, Message, Origin, RunId, Truth
from labeling.models import Task


class Order(ABC):
    """Ranks messages for a queue, the least rank first.

    `sentence` is what reviewers read of it.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    sentence: ClassVar[str] = ""

    @abstractmethod
    def candidates(self, dataset: DatasetId, queue_id: int, champion: RunId | None, most: int) -> Any:
        """The next messages as (message_id, rank, draw_probability), those that `is_new` only.

        The last is NULL unless the order draws at random.
        """


def is_new(message_id: ColumnElement[int], queue_id: int) -> tuple[ColumnElement[bool], ...]:
    """Not in the queue yet, and labelled by nobody but rules."""
    queued = exists().where(Task.queue_id == queue_id, Task.message_id == message_id)
    labelled = exists().where(Truth.message_id == message_id, Truth.origin != Origin.RULE)
    return (~queued, ~labelled)


def by_message(dataset: DatasetId, queue_id: int, rank: ColumnElement[Any], most: int, *, drawn: bool = False) -> Any:
    """Messages of a dataset that are new to a queue, by a rank that their own row gives.

    `drawn`: the rank is random, so each of them had the same probability of being among the first `most`.
    """
    share = literal(float(most)) / func.count().over()
    probability = case((share < 1.0, share), else_=1.0) if drawn else null()
    return (
        select(Message.id, rank, probability)
        .where(Message.dataset_id == dataset, *is_new(Message.id, queue_id))  # type: ignore[arg-type]
        .order_by(rank, Message.id)
        .limit(most)
    )


ORDERS: Registry[Order] = Registry("queue order", Order, "labeling.orders")  # type: ignore[type-abstract]
