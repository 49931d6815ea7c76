"""Queues: made, topped up, ranked anew when the champion changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, exists, func, insert, literal, select, update

from core.errors import DeskError
from core.settings import DeskSettings
from core.store import Store, bulk, emit
from core.store.models import DatasetId, Prediction, RunId
from core.store.paced import write_paced
from core.store.queries.live import champion
from core.store.rollups import tally
from labeling.models import Queue, QueueState, Task
from labeling.orders import ORDERS

_task: Table = Task.__table__  # type: ignore[assignment]
TRAINING = "review"


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """How a queue hands out its messages."""

    name: str
    purpose: str = "training"
    order: str = "least_sure"
    overlap: int = 1
    blind_share: float = 0.1
    lease_ms: int = 180_000


def create(connection: Connection, dataset: DatasetId, spec: QueueSpec) -> int:
    """Make a queue; gives its id.

    Raises:
        UnknownNameError: its order is none.
        DeskError: a share or number out of range.
    """
    ORDERS.get(spec.order, where="[desk] order")
    if not (1 <= spec.overlap <= 5 and 0 <= spec.blind_share <= 1 and spec.lease_ms > 0):
        raise DeskError("a queue has an overlap of 1 to 5, a blind share of 0 to 1 and a lease of some time")
    row = {
        "dataset_id": dataset,
        "name": spec.name,
        "purpose": spec.purpose,
        "order_name": spec.order,
        "overlap": spec.overlap,
        "blind_share": spec.blind_share,
        "lease_ms": spec.lease_ms,
        "state": QueueState.OPEN,
    }
    return connection.execute(insert(Queue).returning(Queue.id), row).scalar_one()


def fill(connection: Connection, queue_id: int, frame: pd.DataFrame) -> int:
    """Put messages into a queue, those that it has already left out; gives how many came in.

    Args:
        connection: inside a transaction.
        queue_id: the queue.
        frame: columns message_id, rank (the least comes first), and, where they were drawn at random, the
            draw_probability of each.
    """
    if frame.empty:
        return 0
    # Two that fill one queue at once take turns; rows that merely refer to the queue do not wait.
    queue = select(Queue.overlap).where(Queue.id == queue_id).with_for_update(key_share=True)
    overlap = connection.execute(queue).scalar_one()
    rows = frame[["message_id", "rank"]].assign(draw_probability=frame.get("draw_probability"))
    rows = rows.astype({"rank": float, "draw_probability": float}).drop_duplicates("message_id")
    staged = bulk.stage(connection, _task, rows, "incoming_task")
    there = exists().where(Task.queue_id == queue_id, Task.message_id == staged.c.message_id)
    values = (*(staged.c[name] for name in staged.c.keys()), *map(literal, (queue_id, overlap, overlap)))  # noqa: SIM118 - a column collection
    columns = [*staged.c.keys(), "queue_id", "overlap", "free"]
    new = connection.execute(insert(_task).from_select(columns, select(*values).where(~there))).rowcount
    if new:
        tally(connection, f"queue:{queue_id}:total", new)
        emit(connection, "queued", queue_id=queue_id, n=new)
    return new


def refill(store: Store, desk: DeskSettings, dataset: DatasetId) -> int:
    """Top the room's review queue up to its size, made where it is not there; gives how many messages came in."""
    queue_id = store.write(lambda connection: _review_queue(connection, desk, dataset))
    with store.read() as connection:
        current = champion(connection, dataset)
        pending = connection.execute(select(func.count()).where(Task.queue_id == queue_id, Task.free > 0)).scalar_one()
        run_id = current.run_id if current else None
        if current is None or pending >= desk.queue_size:
            rows: Sequence[Any] = []
        else:
            order = ORDERS.get(desk.order, where="[desk] order")()
            wanted = order.candidates(dataset, queue_id, run_id, desk.queue_size - pending)
            rows = connection.execute(wanted).all()
    if run_id is not None:
        store.write(lambda connection: _rank_again(connection, queue_id, run_id))
    frame = pd.DataFrame(rows, columns=["message_id", "rank", "draw_probability"])
    return sum(write_paced(store, frame, lambda connection, piece: fill(connection, queue_id, piece)))


def _review_queue(connection: Connection, desk: DeskSettings, dataset: DatasetId) -> int:
    """The queue that the settings describe, brought in line with them."""
    spec = QueueSpec(
        TRAINING,
        order=desk.order,
        overlap=desk.overlap,
        blind_share=desk.blind_share,
        lease_ms=desk.lease_seconds * 1000,
    )
    columns = (Queue.id, Queue.order_name, Queue.overlap, Queue.blind_share, Queue.lease_ms)
    found = connection.execute(select(*columns).where(Queue.name == TRAINING)).first()
    if found is None:
        return create(connection, dataset, spec)
    wanted = {
        "order_name": spec.order,
        "overlap": spec.overlap,
        "blind_share": spec.blind_share,
        "lease_ms": spec.lease_ms,
    }
    if any(getattr(found, name) != value for name, value in wanted.items()):
        connection.execute(update(Queue).where(Queue.id == found.id).values(**wanted))
    return int(found.id)


def _rank_again(connection: Connection, queue_id: int, run_id: RunId) -> None:
    """Rank what waits by what the champion says now, where the queue goes by that."""
    order = connection.execute(select(Queue.order_name).where(Queue.id == queue_id)).scalar_one()
    if order != "least_sure":
        return
    said = (
        select(Prediction.confidence)
        .where(Prediction.run_id == run_id, Prediction.message_id == Task.message_id)
        .scalar_subquery()
    )
    connection.execute(
        update(Task)
        .where(Task.queue_id == queue_id, Task.free > 0, said.is_not(None), Task.rank != said)
        .values(rank=said)
    )
