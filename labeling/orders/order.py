"""What an order is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from core.registry import Registry
from core.store.models import DatasetId, Message, Origin, Prediction, RunId, Truth
from labeling.models import Gold, Task

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["message_id", "rank", "draw_probability"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an order is asked for: the next `most` messages of a dataset for a queue."""

    dataset: DatasetId
    queue_id: int
    champion: RunId | None
    most: int


class Order(ABC):
    """Ranks messages for a queue, the least rank first.

    `sentence` is what reviewers read of it. `probability`: each message comes in by a random draw of known
    probability, so that a strictly random queue may use it. `follows_champion`: a new champion ranks anew what waits,
    by its confidence.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    probability: ClassVar[bool] = False
    follows_champion: ClassVar[bool] = False

    @abstractmethod
    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """The next messages as message_id, rank, draw_probability, those that `is_new` only.

        The last is missing unless the order draws at random.
        """


def is_new(message_id: ColumnElement[int], queue_id: int) -> tuple[ColumnElement[bool], ...]:
    """Not in the queue yet, not gold, and labelled by nobody but rules."""
    queued = exists().where(Task.queue_id == queue_id, Task.message_id == message_id)
    return (~queued, *_unknown(message_id))


def is_undrawn(message_id: ColumnElement[int], queue_id: int) -> tuple[ColumnElement[bool], ...]:
    """As `is_new`, or chosen for the queue and not yet seen by anybody: a draw may take it too."""
    seen = Task.drawn | Task.gold | (Task.free < Task.overlap)
    queued = exists().where(Task.queue_id == queue_id, Task.message_id == message_id, seen)
    return (~queued, *_unknown(message_id))


def _unknown(message_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    """Neither gold nor labelled by people or sources."""
    known = exists().where(Gold.message_id == message_id, Gold.active)
    labelled = exists().where(Truth.message_id == message_id, Truth.origin != Origin.RULE)
    return (~known, ~labelled)


def frame_of(rows: Sequence[Any]) -> pd.DataFrame:
    """Rows of (message_id, rank) or (message_id, rank, draw_probability) as the frame that an order gives."""
    import pandas as pd  # here: pandas takes a second to import

    frame = pd.DataFrame([tuple(row) for row in rows], columns=COLUMNS[: len(rows[0]) if rows else 3])
    return frame.reindex(columns=COLUMNS).astype({"rank": float, "draw_probability": float})


def in_order(message_ids: Sequence[int]) -> pd.DataFrame:
    """Messages in this order, chosen."""
    return frame_of([(message_id, float(place)) for place, message_id in enumerate(message_ids)])


def unsure(asked: Asked, most: int) -> Select[int, float, str]:
    """The messages that the champion is least sure of: (message_id, confidence, klass), the least first.

    Along the index on (run, confidence): costs what is asked for.
    """
    return (
        select(Prediction.message_id, Prediction.confidence, Prediction.klass)
        .where(Prediction.run_id == asked.champion, *is_new(Prediction.message_id, asked.queue_id))  # type: ignore[arg-type]
        .order_by(Prediction.confidence, Prediction.message_id)
        .limit(most)
    )


def texts_of(connection: Connection, message_ids: Sequence[int]) -> list[str]:
    """The cleaned texts of these messages, in their order."""
    found: dict[int, str] = {}
    for start in range(0, len(message_ids), 1_000):
        page = Message.id.in_(message_ids[start : start + 1_000])
        found |= {row[0]: row[1] for row in connection.execute(select(Message.id, Message.text).where(page))}
    return [found[message_id] for message_id in message_ids]


ORDERS: Registry[Order] = Registry("queue order", Order, "labeling.orders")  # type: ignore[type-abstract]
