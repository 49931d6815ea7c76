"""Gold: messages whose class is known, mixed in among the others to see how well people judge.

Nobody is asked twice, nobody can tell, and what is said of them changes no label.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from core.errors import DeskError
from core.store.models import Message
from core.store.rollups import tally, upsert
from labeling.models import Gold, Lease, OpenLease, Queue, Task, Verdict
from labeling.people import PersonId
from labeling.tasks import labelling

_other, _same = aliased(Task), aliased(Task)


@dataclass(frozen=True, slots=True)
class GoldTask:
    """A gold message's task in a queue."""

    task_id: int
    message_id: int


# Begun at a random place and read along the primary key until one fits that the person was never handed, in whatever
# queue: a few rows while they have not seen most of the gold there is.
_fits = (
    select(Gold.message_id)
    .where(
        Gold.active,
        or_(Gold.set_by.is_(None), Gold.set_by != bindparam("this_person")),
        # One look a gold message: joined, SQLite would begin with all messages of the dataset.
        select(Message.dataset_id).where(Message.id == Gold.message_id).correlate(Gold).scalar_subquery()
        == select(Queue.dataset_id).where(Queue.id == bindparam("this_queue")).scalar_subquery(),
        ~exists().where(
            _other.message_id == Gold.message_id,
            Lease.task_id == _other.id,
            Lease.person_id == bindparam("this_person"),
        ),
        ~exists().where(_same.message_id == Gold.message_id, _same.queue_id == bindparam("this_queue"), ~_same.gold),
    )
    .order_by(Gold.message_id)
    .limit(1)
)
FROM_HERE = _fits.where(Gold.message_id >= bindparam("start"))
FROM_THE_FIRST = _fits.where(Gold.message_id < bindparam("start"))
SPAN = select(func.min(Gold.message_id), func.max(Gold.message_id))
# Two people may be handed one gold message at once: its places are counted one after the other. Nobody waits for it.
TASK = (
    select(Task.id)
    .where(Task.queue_id == bindparam("this_queue"), Task.message_id == bindparam("this_message"), Task.gold)
    .with_for_update(skip_locked=True, key_share=True)
)


def gold_tasks(connection: Connection, person: PersonId, queue_id: int, most: int) -> list[GoldTask]:
    """Up to `most` gold messages that the person was never handed, with their tasks in the queue, locked."""
    span: tuple[int | None, int | None] = tuple(connection.execute(SPAN).one())  # type: ignore[assignment]
    first, last = span
    if first is None or last is None:
        return []
    chosen: set[int] = set()
    for _ in range(most):
        start = random.randint(first, last)  # noqa: S311 - which of them comes next guards nothing
        asked = {"this_person": person, "this_queue": queue_id, "start": start}
        found = connection.execute(FROM_HERE, asked).scalar() or connection.execute(FROM_THE_FIRST, asked).scalar()
        if found is None:
            break
        chosen.add(found)
    # In the order of their ids: two people whose gold tasks are new do not wait for each other in a circle.
    tasks = [(_task(connection, queue_id, message_id), message_id) for message_id in sorted(chosen)]
    ready = [GoldTask(task_id, message_id) for task_id, message_id in tasks if task_id is not None]
    random.shuffle(ready)
    return ready


def _task(connection: Connection, queue_id: int, message_id: int) -> int | None:
    """The gold task of a message in a queue, locked, made where it is not there; None while somebody else has it.

    It has no places of its own: it is never free and never done.
    """
    this = {"this_queue": queue_id, "this_message": message_id}
    there = connection.execute(TASK, this).scalar()
    if there is not None:
        return there
    row = {"queue_id": queue_id, "message_id": message_id, "rank": 0.0, "overlap": 0, "free": 0, "gold": True}
    connection.execute(upsert(connection, Task.__table__).values(row).on_conflict_do_nothing())  # type: ignore[arg-type]
    return connection.execute(TASK, this).scalar()


def set_gold(
    connection: Connection,
    answers: Mapping[int, str],
    classes: Sequence[str],
    *,
    reason: str = "",
    by: PersonId | None = None,
) -> int:
    """Hold these messages (id: class) to be known; gives how many are. Where they wait in queues they wait no more.

    Raises:
        DeskError: an unknown class or message, or a message that people are judging.
    """
    for klass in answers.values():
        if klass not in classes:
            raise DeskError(f"'{klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")
    known = set(connection.execute(select(Message.id).where(Message.id.in_(answers))).scalars())
    if missing := answers.keys() - known:
        raise DeskError(f"there is no message {min(missing)}")
    _stop_asking(connection, list(answers))
    rows = [
        {"message_id": message_id, "klass": klass, "reason": reason, "set_by": by, "active": True}
        for message_id, klass in answers.items()
    ]
    if rows:
        statement = upsert(connection, Gold.__table__)  # type: ignore[arg-type]
        new = {name: statement.excluded[name] for name in ("klass", "reason", "set_by", "active")}
        connection.execute(statement.on_conflict_do_update(index_elements=["message_id"], set_=new), rows)
    return len(rows)


def _stop_asking(connection: Connection, message_ids: Sequence[int]) -> None:
    """Take these messages out of the queues in which nobody has seen them yet."""
    seen = or_(exists().where(Lease.task_id == Task.id), exists().where(Verdict.task_id == Task.id))
    held = exists().where(OpenLease.task_id == Task.id)
    asked = (Task.message_id.in_(message_ids), ~Task.gold)
    waiting = (*asked, Task.free > 0)
    if connection.execute(select(Task.id).where(*asked, held)).first() is not None:
        raise DeskError("somebody is judging one of these messages", fix="Try again when the queue is done.")
    gone = connection.execute(delete(Task).where(*waiting, ~seen).returning(Task.queue_id)).scalars().all()
    for queue_id in sorted(set(gone)):
        tally(connection, f"queue:{queue_id}:total", -gone.count(queue_id))
    if connection.execute(select(Task.id).where(*waiting)).first() is not None:
        raise DeskError("one of these messages waits for further opinions", fix="Set it when its queue is done.")


def withdraw_gold(connection: Connection, message_ids: Sequence[int]) -> int:
    """Ask these no more; what was said stays. Gives how many there were."""
    stop = update(Gold).where(Gold.message_id.in_(message_ids), Gold.active).values(active=False)
    return connection.execute(stop).rowcount


def gold_from_queue(
    connection: Connection, queue_id: int, classes: Sequence[str], *, by: PersonId | None = None
) -> int:
    """Hold what everybody in a queue has said alike (two people at the least) to be known; gives how many messages."""
    agreed = connection.execute(
        select(Verdict.message_id, func.min(Verdict.klass))
        .join(Task, Task.id == Verdict.task_id)
        .where(Verdict.queue_id == queue_id, ~Task.gold, Task.judged >= Task.overlap, Task.judged > 1, labelling())
        .group_by(Verdict.message_id)
        .having(func.min(Verdict.klass) == func.max(Verdict.klass))
    )
    answers = {message_id: klass for message_id, klass in agreed if klass is not None and klass in classes}
    return set_gold(connection, answers, classes, reason=f"queue:{queue_id}", by=by)


def gold_results(connection: Connection, since_ms: int = 0) -> list[tuple[int, int, int]]:
    """How people answered gold since a time: (person, answers, right ones), in order of the people."""
    rows = connection.execute(
        select(Verdict.person_id, func.count(), func.count().filter(Verdict.klass == Gold.klass))
        .join(Task, Task.id == Verdict.task_id)
        .join(Gold, Gold.message_id == Verdict.message_id)
        .where(Task.gold, Verdict.at >= since_ms, labelling())
        .group_by(Verdict.person_id)
        .order_by(Verdict.person_id)
    )
    return [(person, given, right) for person, given, right in rows]
