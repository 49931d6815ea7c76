"""Claims: handing messages out, none twice."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable

from labeling.claim_statements import (
    CLAIM,
    GRANT,
    HOLD_ON,
    HOLD_THESE_ON,
    LEASE_OF_TASK,
    LET_GO,
    OPEN,
    OPEN_QUEUES,
    READ,
    SAID,
    TAKE_PLACE,
    TASKS_OF,
    THIS_QUEUE,
    WAITING,
)
from labeling.gold import gold_tasks
from labeling.models import Role
from labeling.people import PersonId, require
from labeling.tasks import DERIVE_MANY, LOCK_MANY, TaskState, derive, free_slot, reap

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


@dataclass(frozen=True, slots=True)
class _Counter:
    """What a hand-out needs to know of its queue; `run_id` is the champion's."""

    queue_id: int
    blind_share: float
    gold_share: float
    explore_share: float
    adaptive: bool
    lease_ms: int
    run_id: int | None


@dataclass(frozen=True, slots=True)
class _Free:
    """A locked task with a free place, or a gold one, which always has room; `checks` a group of look-alikes."""

    task_id: int
    message_id: int
    overlap: int
    free: int
    draw_probability: float | None
    checks: bool = False
    gold: bool = False


def claim(connection: Connection, person: PersonId, count: int, queue_id: int | None = None) -> list[HandOut]:
    """Hand messages out until the person holds `count`; gives all that they hold, the oldest first.

    What they hold already comes first and is held on: a reload of the page gives the same messages. With `queue_id`
    only that queue counts and gives; without it the open queues give by priority, and among equals first what is
    assigned to the person or their team. Gold messages are mixed in at the queue's share.

    Raises:
        AccessError: the person may not review.
    """
    # Two tabs of one person take turns.
    require(connection, person, Role.REVIEWER, alone=True)
    reap(connection)
    mine = connection.execute(HOLD_ON, {"this_person": person}).all()
    held = [lease.lease_id for lease in mine if queue_id in (None, lease.queue_id)]
    wanted = min(count, HELD_MOST) - len(held)
    for counter in _open_queues(connection, person, queue_id) if wanted > 0 else ():
        for task in _chosen(connection, person, counter, wanted):
            held.append(_hand_out(connection, person, counter, task))
            wanted -= 1
        if wanted <= 0:
            break
    return _read(connection, held)


def hand_back(connection: Connection, person: PersonId, task: TaskState, *, blind: bool) -> HandOut:
    """Give a locked task to the person once more (after an undo), as blind as it was: what was seen stays seen."""
    slot = free_slot(connection, task.id)
    counter = _Counter(*connection.execute(THIS_QUEUE, {"this_queue": task.queue_id}).one())
    again = _Free(task.id, task.message_id, task.overlap, 0, task.draw_probability, gold=task.gold)
    lease_id = _grant(connection, person, counter, again, slot, blind=blind)
    derive(connection, task)
    return _read(connection, [lease_id])[0]


def held_of(connection: Connection, person: PersonId, task_id: int) -> HandOut | None:
    """The task in the person's hands, if it is there."""
    mine = {"this_task": task_id, "this_person": person}
    lease_id = connection.execute(LEASE_OF_TASK, mine).scalar_one_or_none()
    return None if lease_id is None else _read(connection, [lease_id])[0]


def heartbeat(connection: Connection, person: PersonId, lease_ids: Sequence[int]) -> int:
    """Hold leases on for another lease's time; gives how many are still held.

    Raises:
        AccessError: the person may not review.
    """
    require(connection, person, Role.REVIEWER)
    these = sorted(set(lease_ids))[:HELD_MOST]
    return len(connection.execute(HOLD_THESE_ON, {"this_person": person, "these": these}).all()) if these else 0


def release(connection: Connection, person: PersonId, lease_ids: Sequence[int]) -> int:
    """Give messages back unjudged, for others or for later; gives how many were held.

    Raises:
        AccessError: the person may not review.
    """
    require(connection, person, Role.REVIEWER, alone=True)
    these = {"this_person": person, "these": sorted(set(lease_ids))[:HELD_MOST]}
    asked = connection.execute(TASKS_OF, these).scalars().all() if these["these"] else ()
    tasks = connection.execute(LOCK_MANY, {"these_tasks": asked}).scalars().all() if asked else ()
    if not tasks:
        return 0
    gone = connection.execute(LET_GO, {"this_person": person, "these_tasks": tasks}).rowcount
    connection.execute(DERIVE_MANY, {"these_tasks": tasks})
    return gone


def _open_queues(connection: Connection, person: PersonId, queue_id: int | None) -> list[_Counter]:
    counters = (_Counter(*row) for row in connection.execute(OPEN_QUEUES, {"this_person": person}))
    return [counter for counter in counters if queue_id in (None, counter.queue_id)]


def _chosen(connection: Connection, person: PersonId, counter: _Counter, wanted: int) -> list[_Free]:
    """The next tasks of a queue for a person, locked; gold ones among them where it is their turn."""
    tasks = _next(connection, person, counter, wanted)
    # Gold is mixed in among others: a queue that has nothing else to ask asks no gold.
    places = [place for place in range(len(tasks)) if _chance(counter.gold_share)]
    if places:
        known = gold_tasks(connection, person, counter.queue_id, len(places))
        for place, gold in zip(places, known, strict=False):
            tasks[place] = _Free(gold.task_id, gold.message_id, 0, 0, None, gold=True)
    return tasks


def _next(connection: Connection, person: PersonId, counter: _Counter, wanted: int) -> list[_Free]:
    """What waits for the person; then the random draws in their share, and the rest by the queue's order."""
    explored = _explored(counter.explore_share, wanted)
    steps: list[tuple[Executable, dict[str, Any], int]] = [(WAITING, {}, wanted)] if counter.adaptive else []
    if explored:
        steps.append((CLAIM, {"drawn": True}, explored))
    steps += [(CLAIM, {"drawn": False}, wanted), (CLAIM, {"drawn": True}, wanted)]
    found: dict[int, _Free] = {}
    for statement, lane, most in steps:
        more = min(most, wanted - len(found))
        if more <= 0:
            break
        # What was found in an earlier step may be found again: it is locked, but by us.
        asked = {"this_queue": counter.queue_id, "this_person": person, "most": more + len(found), **lane}
        fresh = [row for row in connection.execute(statement, asked).all() if row[0] not in found]
        found |= {row[0]: _Free(*row) for row in fresh[:more]}
    return list(found.values())


def _explored(share: float, wanted: int) -> int:
    """How many of the next hand-outs are to come from the messages that were drawn at random."""
    return sum(_chance(share) for _ in range(wanted))


def _chance(share: float) -> bool:
    return random.random() < share  # noqa: S311 - which lane comes next guards nothing


def _hand_out(connection: Connection, person: PersonId, counter: _Counter, task: _Free) -> int:
    """Lease a locked task to a person; gives the lease's id."""
    # Nobody has touched the task: its first place is free, without a look.
    slot = 0 if 0 < task.free == task.overlap else free_slot(connection, task.task_id)
    blind = task.checks or is_blind(counter.queue_id, task.task_id, slot, counter.blind_share)
    lease_id = _grant(connection, person, counter, task, slot, blind=blind)
    if not task.gold:
        connection.execute(TAKE_PLACE, {"this_task": task.task_id})
    return lease_id


def _grant(connection: Connection, person: PersonId, counter: _Counter, task: _Free, slot: int, *, blind: bool) -> int:
    """Append the lease and open it; the prediction is written down only where it is shown."""
    said = None
    if not blind and counter.run_id is not None:
        said = connection.execute(SAID, {"this_run": counter.run_id, "this_message": task.message_id}).first()
    place = {"task_id": task.task_id, "slot": slot, "person_id": person, "lasts": counter.lease_ms}
    shown = {
        "shown_run_id": counter.run_id if said else None,
        "shown_klass": said.klass if said else None,
        "shown_confidence": said.confidence if said else None,
        "draw_probability": 1.0 if task.draw_probability is None else task.draw_probability,
    }
    lease_id = connection.execute(GRANT, {**place, **shown, "blind": blind}).scalar_one()
    connection.execute(OPEN, {**place, "lease_id": lease_id, "queue_id": counter.queue_id})
    return lease_id


def is_blind(queue_id: int, task_id: int, slot: int, share: float) -> bool:
    """A draw that comes out the same whoever asks and however often."""
    digest = hashlib.blake2b(f"{queue_id}:{task_id}:{slot}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32


def _read(connection: Connection, lease_ids: Sequence[int]) -> list[HandOut]:
    rows = connection.execute(READ, {"these": lease_ids}) if lease_ids else ()
    return [HandOut(*tuple(row)) for row in rows]
