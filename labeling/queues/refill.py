"""Keeping queues full: topped up, ranked anew when the champion changes, closed when their target is reached."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, literal_column, select, update

from core.fingerprint import fingerprint
from core.settings import DeskSettings
from core.store import Store
from core.store.locks import own_making_of_queues
from core.store.models import DatasetId, MessageTemplate, Prediction, RunId
from core.store.queries.live import champion
from labeling.finishing import finish_all
from labeling.models import Queue, QueueState, Task
from labeling.orders import ORDERS
from labeling.queues.filling import fill_by_order
from labeling.queues.making import change, create
from labeling.queues.spec import QueueSpec

TRAINING = "review"
NAMED_AT_ONCE = 2_000


def refill(store: Store, desk: DeskSettings, dataset: DatasetId) -> int:
    """Top up the open queues that keep messages waiting; gives how many messages came in.

    The room's review queue is among them, made where it is not there.
    """
    store.write(lambda connection: _review_queue(connection, desk, dataset))
    finish_all(store)
    _name_templates(store)
    with store.read() as connection:
        reigning = champion(connection, dataset)
        query = select(Queue.id, Queue.top_up, Queue.order_name).where(
            Queue.dataset_id == dataset, Queue.state == QueueState.OPEN, Queue.top_up.is_not(None)
        )
        queues = connection.execute(query.order_by(Queue.priority.desc(), Queue.id)).all()
    if reigning is None:
        return 0
    came = 0
    for queue in queues:
        if ORDERS.get(queue.order_name).follows_champion:
            store.write(lambda connection, queue=queue: _rank_again(connection, queue.id, reigning.run_id))  # type: ignore[misc]
        with store.read() as connection:
            waiting = select(func.count()).where(Task.queue_id == queue.id, Task.free > 0)
            pending = connection.execute(waiting).scalar_one()
        if pending < queue.top_up:
            came += fill_by_order(store, queue.id, queue.top_up - pending, keep=queue.top_up)
    return came


def _name_templates(store: Store) -> None:
    """Note the template of what waits, where it was found after the message was queued.

    Along ix_task_template, which has those without one together: it costs what is left to be named.
    """
    template = select(MessageTemplate.template_id).where(MessageTemplate.message_id == Task.message_id)
    nameless = (
        select(Task.id)
        .where(
            Task.queue_id.in_(select(Queue.id).where(Queue.state == QueueState.OPEN)),
            Task.free > literal_column("0"),
            Task.template_id.is_(None),
            template.correlate(Task).exists(),
        )
        .limit(NAMED_AT_ONCE)
    )
    named = update(Task).where(Task.id.in_(nameless)).values(template_id=template.scalar_subquery())
    while store.write(lambda connection: connection.execute(named).rowcount) == NAMED_AT_ONCE:
        pass


def _review_queue(connection: Connection, desk: DeskSettings, dataset: DatasetId) -> None:
    """Make the queue that the settings describe, or apply a change of the settings to it.

    Each change is applied once: what a lead changes later on stays until somebody changes the settings again.
    """
    wanted: dict[str, Any] = {
        "order": desk.order,
        "overlap": desk.overlap,
        "blind_share": desk.blind_share,
        "lease_ms": desk.lease_seconds * 1000,
        "top_up": desk.queue_size,
    }
    print_ = fingerprint(*map(str, wanted.values()))
    there = select(Queue.id, Queue.applied).where(Queue.name == TRAINING)
    found = connection.execute(there).first()
    if found is None:  # two processes that end a run together would both make it
        own_making_of_queues(connection)
        found = connection.execute(there).first()
    if found is None:
        queue_id = create(connection, dataset, QueueSpec(TRAINING, **wanted))
    else:
        queue_id = found.id
        if found.applied != print_:
            change(connection, queue_id, **wanted)
    if found is None or found.applied != print_:
        connection.execute(update(Queue).where(Queue.id == queue_id).values(applied=print_))


def _rank_again(connection: Connection, queue_id: int, run_id: RunId) -> None:
    """Rank what waits by what the champion says now. What was drawn at random keeps its place."""
    said = (
        select(Prediction.confidence)
        .where(Prediction.run_id == run_id, Prediction.message_id == Task.message_id)
        .scalar_subquery()
    )
    connection.execute(
        update(Task)
        .where(Task.queue_id == queue_id, Task.free > 0, ~Task.drawn, said.is_not(None), Task.rank != said)
        .values(rank=said)
    )
