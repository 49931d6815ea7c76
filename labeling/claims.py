"""Claims: handing messages out, none twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, exists, insert, select, update

from core.store.models import Message, Prediction, now_ms
from core.store.queries.live import champion
from labeling.models import Lease, OpenLease, Person, Queue, QueueState, Role, Task, Verdict
from labeling.people import PersonId, require
from labeling.tasks import JUDGING, current, derive, free_slot, lock, reap

HELD_MOST = 20


@dataclass(frozen=True, slots=True)
class HandOut:
    """A message in somebody's hands. `lease_id` is the fencing token; times are ms of the database's clock.

    Blind: the prediction stays in the store, `predicted` is None.
    """

    lease_id: int
    task_id: int
    queue_id: int
    message_id: int
    body: str
    text: str
    sender: str | None
    sent_at: int | None
    slot: int
    overlap: int
    blind: bool
    run_id: int | None
    predicted: str | None
    confidence: float | None
    expires_at: int


def claim(connection: Connection, person: PersonId, count: int) -> list[HandOut]:
    """Hand messages out until the person holds `count`; gives all that they hold, the oldest first.

    What they hold already comes first and is held on: a reload of the page gives the same messages.

    Raises:
        AccessError: the person may not review.
    """
    require(connection, person, Role.REVIEWER)
    # Two tabs of one person take turns.
    connection.execute(select(Person.id).where(Person.id == person).with_for_update())
    reap(connection)
    held = _held(connection, person)
    wanted = min(count, HELD_MOST) - len(held)
    for queue in _open_queues(connection) if wanted > 0 else ():
        for task_id in connection.execute(claimable(queue.id, person, wanted)).scalars().all():
            held.append(hand_out(connection, person, task_id))
            wanted -= 1
        if wanted <= 0:
            break
    return _read(connection, held)


def claimable(queue_id: int, person: PersonId, most: int) -> Select[int]:
    """The next tasks of a queue for a person, locked.

    Reads along the partial index `ix_task_claim` (queue, rank, id where a place is free), so it costs the same at a
    thousand pending messages and at a million; SKIP LOCKED passes over what others are being handed this moment
    (PostgreSQL; SQLite's single writer needs nothing).
    """
    judged = exists().where(
        Verdict.task_id == Task.id, Verdict.person_id == person, Verdict.kind.in_(JUDGING), current()
    )
    holds = exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == person)
    return (
        select(Task.id)
        .where(Task.queue_id == queue_id, Task.free > 0, ~judged, ~holds)
        .order_by(Task.rank, Task.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Task)
    )


def hand_out(connection: Connection, person: PersonId, task_id: int) -> int:
    """Lease a locked task to a person; gives the lease's id."""
    task = connection.execute(
        select(Task.message_id, Task.queue_id, Task.overlap, Queue.dataset_id, Queue.blind_share, Queue.lease_ms)
        .join(Queue, Queue.id == Task.queue_id)
        .where(Task.id == task_id)
    ).one()
    slot = free_slot(connection, task_id, task.overlap)
    blind = _is_blind(task.queue_id, task_id, slot, task.blind_share)
    shown = None if blind else _prediction(connection, task.dataset_id, task.message_id)
    row = {
        "task_id": task_id,
        "slot": slot,
        "person_id": person,
        "blind": blind,
        "shown_run_id": shown[0] if shown else None,
        "shown_klass": shown[1] if shown else None,
        "shown_confidence": shown[2] if shown else None,
    }
    expires = now_ms() + task.lease_ms
    lease_id = connection.execute(insert(Lease).values(**row, expires_at=expires).returning(Lease.id)).scalar_one()
    place = {"task_id": task_id, "slot": slot, "lease_id": lease_id, "queue_id": task.queue_id, "person_id": person}
    connection.execute(insert(OpenLease).values(**place, expires_at=expires))
    derive(connection, task_id)
    return lease_id


def hand_back(connection: Connection, person: PersonId, task_id: int) -> HandOut:
    """Give a task to the person once more (after an undo)."""
    lock(connection, task_id)
    return _read(connection, [hand_out(connection, person, task_id)])[0]


def heartbeat(connection: Connection, person: PersonId, lease_ids: Sequence[int]) -> int:
    """Hold leases on for another lease's time; gives how many are still held."""
    require(connection, person, Role.REVIEWER)
    kept = 0
    for lease_id in lease_ids[:HELD_MOST]:
        lasts = select(Queue.lease_ms).where(Queue.id == OpenLease.queue_id).scalar_subquery()
        kept += connection.execute(
            update(OpenLease)
            .where(OpenLease.lease_id == lease_id, OpenLease.person_id == person, OpenLease.expires_at > now_ms())
            .values(expires_at=now_ms() + lasts)
        ).rowcount
    return kept


def _open_queues(connection: Connection) -> Sequence[Queue]:
    return connection.execute(select(Queue.id).where(Queue.state == QueueState.OPEN).order_by(Queue.id)).all()  # type: ignore[return-value]


def _held(connection: Connection, person: PersonId) -> list[int]:
    held = select(OpenLease.lease_id).where(OpenLease.person_id == person, OpenLease.expires_at > now_ms())
    leases = list(connection.execute(held.order_by(OpenLease.lease_id)).scalars())
    heartbeat(connection, person, leases)
    return leases


def _is_blind(queue_id: int, task_id: int, slot: int, share: float) -> bool:
    """A draw that comes out the same whoever asks and however often."""
    digest = hashlib.blake2b(f"{queue_id}:{task_id}:{slot}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32


def _prediction(connection: Connection, dataset_id: int, message_id: int) -> tuple[int, str, float] | None:
    current_champion = champion(connection, dataset_id)  # type: ignore[arg-type]
    if current_champion is None:
        return None
    row = connection.execute(
        select(Prediction.run_id, Prediction.klass, Prediction.confidence).where(
            Prediction.run_id == current_champion.run_id, Prediction.message_id == message_id
        )
    ).first()
    return None if row is None else (row.run_id, row.klass, row.confidence)


def _read(connection: Connection, lease_ids: Sequence[int]) -> list[HandOut]:
    rows = connection.execute(
        select(
            Lease.id,
            Lease.task_id,
            Task.queue_id,
            Task.message_id,
            Message.body,
            Message.text,
            Message.sender,
            Message.sent_at,
            Lease.slot,
            Task.overlap,
            Lease.blind,
            Lease.shown_run_id,
            Lease.shown_klass,
            Lease.shown_confidence,
            OpenLease.expires_at,
        )
        .join(OpenLease, OpenLease.lease_id == Lease.id)
        .join(Task, Task.id == Lease.task_id)
        .join(Message, Message.id == Task.message_id)
        .where(Lease.id.in_(lease_ids))
        .order_by(Lease.id)
    )
    return [HandOut(*tuple(row)) for row in rows]
