"""Messages into queues: drawn by the queue's order, or chosen and given by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, exists, func, insert, literal, select, update

from core.errors import DeskError
from core.store import Store, bulk, emit
from core.store.models import Message, MessageTemplate, now_ms
from core.store.paced import write_paced
from core.store.queries.live import champion
from core.store.rollups import tally
from labeling.models import Gold, Queue, Task
from labeling.orders import ORDERS, Asked
from labeling.orders.random import Random
from labeling.queues.spec import STRICT

if TYPE_CHECKING:
    import pandas as pd

_task: Table = Task.__table__  # type: ignore[assignment]
COLUMNS = ["message_id", "rank", "draw_probability"]


def fill(connection: Connection, queue_id: int, frame: pd.DataFrame) -> int:
    """Put messages into a queue, those that it has already and gold ones left out; gives how many came in.

    Args:
        connection: inside a transaction.
        queue_id: the queue.
        frame: columns message_id, rank (the least comes first), and, where they were drawn at random, the
            draw_probability of each: of the single draw that took it, one of all there were to draw from. Those
            without one were chosen.

    Raises:
        DeskError: the queue takes messages that were drawn at random only.
    """
    import pandas as pd  # here: pandas takes a second to import

    if frame.empty:
        return 0
    # Two that fill one queue at once take turns; rows that merely refer to the queue do not wait.
    query = select(Queue.overlap, Queue.adaptive, Queue.purpose).where(Queue.id == queue_id)
    queue = connection.execute(query.with_for_update(key_share=True)).one()
    rows = frame[["message_id", "rank"]].assign(draw_probability=frame.get("draw_probability"))
    rows = rows.astype({"rank": float, "draw_probability": float}).drop_duplicates("message_id")
    rows = rows.assign(drawn=rows["draw_probability"].notna())
    rows = rows.assign(drawn_at=pd.Series(_now(connection), rows.index, dtype="Int64").where(rows["drawn"]))
    if queue.purpose in STRICT and not rows["drawn"].all():
        raise DeskError(
            f"a queue for {queue.purpose} takes messages that were drawn at random only",
            fix="Fill it by its order, or put these into a queue for training.",
        )
    overlap = 1 if queue.adaptive else queue.overlap
    staged = bulk.stage(connection, _task, rows, "incoming_task")
    there = exists().where(Task.queue_id == queue_id, Task.message_id == staged.c.message_id)
    known = exists().where(Gold.message_id == staged.c.message_id, Gold.active)
    template = select(MessageTemplate.template_id).where(MessageTemplate.message_id == staged.c.message_id)
    values = (*(staged.c[name] for name in staged.c.keys()), *map(literal, (queue_id, overlap, overlap)))  # noqa: SIM118 - a column collection
    what = select(*values, template.scalar_subquery())
    columns = [*staged.c.keys(), "queue_id", "overlap", "free", "template_id"]
    new = connection.execute(insert(_task).from_select(columns, what.where(~there, ~known))).rowcount
    _draw_again(connection, queue_id, staged)
    if new:
        tally(connection, f"queue:{queue_id}:total", new)
        emit(connection, "queued", queue_id=queue_id, n=new)
    return new


def _now(connection: Connection) -> int:
    return connection.execute(select(now_ms())).scalar_one()


def _draw_again(connection: Connection, queue_id: int, staged: Table) -> None:
    """What waits because it was chosen, and was now drawn as well, waits among the drawn ones."""
    mine = (staged.c.message_id == Task.message_id, staged.c.drawn)
    names = ("rank", "draw_probability", "drawn", "drawn_at")
    values = {name: select(staged.c[name]).where(*mine).scalar_subquery() for name in names}
    unseen = (Task.queue_id == queue_id, ~Task.drawn, ~Task.gold, Task.free == Task.overlap)
    ids = select(staged.c.message_id).where(staged.c.drawn)
    connection.execute(update(Task).where(*unseen, Task.message_id.in_(ids)).values(**values))


def chosen(store: Store, queue_id: int, message_ids: Sequence[int]) -> int:
    """Put these messages into a queue in this order, behind what is in it; gives how many came in.

    Raises:
        DeskError: there is no such message in the queue's dataset, or the queue is strictly random.
    """
    import pandas as pd  # here: pandas takes a second to import

    unique = list(dict.fromkeys(message_ids))
    with store.read() as connection:
        dataset = connection.execute(select(Queue.dataset_id).where(Queue.id == queue_id)).scalar_one()
        require_messages(connection, dataset, unique)
        last = connection.execute(select(func.max(Task.rank)).where(Task.queue_id == queue_id)).scalar() or 0.0
    ranks = [last + 1.0 + place for place in range(len(unique))]
    return _write(store, queue_id, pd.DataFrame({"message_id": unique, "rank": ranks}))


def require_messages(connection: Connection, dataset: int, message_ids: Sequence[int]) -> None:
    """Refuse ids that are no messages of a dataset.

    Raises:
        DeskError: names the first of them.
    """
    known: set[int] = set()
    for start in range(0, len(message_ids), 1_000):
        page = Message.id.in_(message_ids[start : start + 1_000])
        known.update(connection.execute(select(Message.id).where(page, Message.dataset_id == dataset)).scalars())
    if missing := [message_id for message_id in message_ids if message_id not in known]:
        raise DeskError(f"there is no message {missing[0]} in this dataset ({len(missing)} such in all)")


def fill_by_order(store: Store, queue_id: int, most: int, *, keep: int | None = None) -> int:
    """Put the next `most` messages of the queue's order into it; gives how many came in.

    The queue's explore share of them is drawn at random, so that some of what is waiting always is.

    Args:
        store: the room's store.
        queue_id: the queue.
        most: so many come in, if there are so many.
        keep: so many are to wait in all, of which the explore share is drawn at random; `most` where it is left out.
    """
    import pandas as pd  # here: pandas takes a second to import

    with store.read() as connection:
        queue = connection.execute(select(Queue.__table__).where(Queue.id == queue_id)).one()
        reigning = champion(connection, queue.dataset_id)
        run_id = reigning.run_id if reigning else None
        order = ORDERS.get(queue.order_name, where=f"the order of queue '{queue.name}'")()
        if order.probability:
            frame = order.pick(connection, Asked(queue.dataset_id, queue_id, run_id, most))
        else:
            wanted = round(queue.explore_share * (keep or most)) - (_drawn_waiting(connection, queue_id) if keep else 0)
            drawn = Random().pick(connection, Asked(queue.dataset_id, queue_id, run_id, min(most, max(0, wanted))))
            # Drawn first, and from all: what the order would have chosen anyway may be among them.
            picked = order.pick(connection, Asked(queue.dataset_id, queue_id, run_id, most))
            coming = len(drawn) - _there_already(connection, queue_id, drawn["message_id"].tolist())
            picked = picked[~picked["message_id"].isin(drawn["message_id"])].head(most - coming)
            frame = pd.concat([drawn, picked], ignore_index=True) if len(drawn) else picked
    return _write(store, queue_id, frame)


def _drawn_waiting(connection: Connection, queue_id: int) -> int:
    query = select(func.count()).where(Task.queue_id == queue_id, Task.drawn, Task.free > 0)
    return connection.execute(query).scalar_one()


def _there_already(connection: Connection, queue_id: int, message_ids: list[int]) -> int:
    query = select(func.count()).where(Task.queue_id == queue_id, Task.message_id.in_(message_ids))
    return connection.execute(query).scalar_one()


def _write(store: Store, queue_id: int, frame: pd.DataFrame) -> int:
    return sum(write_paced(store, frame, lambda connection, piece: fill(connection, queue_id, piece)))
