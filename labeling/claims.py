"""Claims: handing messages out, none twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.store.hot import hot
from core.store.models import Message, Tally, now_ms
from core.store.queries.shown import BODY_SHOWN, CHARACTERS, TEXT_SHOWN
from labeling.gold import gold_tasks
from labeling.grants import TAKE_PLACES, Place, Terms, grant, is_blind
from labeling.group_models import SpotCheck
from labeling.models import (
    Assigned,
    Lease,
    OpenLease,
    Queue,
    QueueMember,
    QueueState,
    Role,
    Task,
    TeamMember,
    Verdict,
)
from labeling.people import PersonId, require
from labeling.tasks import DERIVE_MANY, LOCK_MANY, TaskState, champion_of_queue, derive, free_slot, judging, reap

HELD_MOST = 20


@dataclass(frozen=True, slots=True)
class HandOut:
    """A message in somebody's hands. `lease_id` is the fencing token; times are ms of the database's clock.

    Blind: the prediction stays in the store, `predicted` is None. `body` and `text` are the beginning of a message that
    has more `characters` than a page shows.
    """

    lease_id: int
    task_id: int
    queue_id: int
    message_id: int
    body: str
    text: str
    characters: int
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
class _Free:
    """A locked task with a free place, or a gold one, which always has room; `checks` a group of look-alikes."""

    task_id: int
    message_id: int
    overlap: int
    free: int
    draw_probability: float | None
    checks: bool = False
    gold: bool = False


_terms = select(
    Queue.id,
    Queue.blind_share,
    Queue.gold_share,
    Queue.explore_share,
    Queue.adaptive,
    Queue.lease_ms,
    champion_of_queue,
)
_named = exists().where(QueueMember.queue_id == Queue.id, QueueMember.person_id == bindparam("this_person"))
_on_team = exists().where(TeamMember.team == Queue.team, TeamMember.person_id == bindparam("this_person"))
# A few rows of the tally's shards, along its primary key. A statement of its own, for queues with a target: whoever
# reads the tally must write down first what they count themselves, and then holds others up (core/store/later.py).
GIVEN = hot(select(func.coalesce(func.sum(Tally.n), 0)).where(Tally.name == bindparam("this_tally")))


def given_to() -> ColumnElement[bool]:
    """Queues that are handed to :this_person: to all, to their team, or to them by name."""
    return or_(
        Queue.assigned == Assigned.ALL,
        and_(Queue.assigned == Assigned.PEOPLE, _named),
        and_(Queue.assigned == Assigned.TEAM, _on_team),
    )


# The open queues that a person may take from: by priority, of equals what is theirs alone before what is everybody's.
OPEN_QUEUES = hot(
    _terms.add_columns(Queue.target)
    .where(Queue.state == QueueState.OPEN, given_to())
    .order_by(Queue.priority.desc(), Queue.assigned == Assigned.ALL, Queue.id)
)
THIS_QUEUE = hot(_terms.where(Queue.id == bindparam("this_queue")))

_unseen = (
    ~exists().where(Verdict.task_id == Task.id, Verdict.person_id == bindparam("this_person"), judging()),
    ~exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == bindparam("this_person")),
)
_checks = exists().where(SpotCheck.task_id == Task.id)
_candidate = select(Task.id, Task.message_id, Task.overlap, Task.free, Task.draw_probability, _checks.label("checks"))
# The next tasks of a queue for a person, locked: of those that were drawn at random, or of those that were chosen.
# Reads along the partial index ix_task_claim (queue, drawn, rank, id where a place is free), so it costs the same at a
# thousand pending messages and at a million. The 0 is no parameter: SQLite must see it to know that the index will do.
# Tasks that wait for somebody else are passed over: a minute each at most, and only in adaptive queues. SKIP LOCKED
# passes over what others are being handed this moment (PostgreSQL; SQLite's single writer needs nothing).
CLAIM = hot(
    _candidate.where(
        Task.queue_id == bindparam("this_queue"),
        Task.drawn == bindparam("drawn", type_=Boolean),
        Task.free > literal_column("0"),
        or_(
            Task.for_person_id.is_(None),
            Task.for_person_id == bindparam("this_person"),
            Task.for_until <= now_ms(),
        ),
        *_unseen,
    )
    .order_by(Task.rank, Task.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True, of=Task.__table__)
)
# What waits for this person: along the partial index ix_task_for_person_id.
WAITING = hot(
    _candidate.where(
        Task.for_person_id == bindparam("this_person"),
        Task.queue_id == bindparam("this_queue"),
        Task.free > literal_column("0"),
        *_unseen,
    )
    .order_by(Task.for_until, Task.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True, of=Task.__table__)
)

_mine = (OpenLease.person_id == bindparam("this_person"), OpenLease.expires_at > now_ms())
# What a person holds is held on in the statement that finds it.
HOLD_ON = hot(
    update(OpenLease)
    .where(*_mine)
    .values(
        expires_at=now_ms()
        + select(Queue.lease_ms).where(Queue.id == OpenLease.queue_id).correlate(OpenLease).scalar_subquery()
    )
    .returning(OpenLease.lease_id, OpenLease.queue_id)
)
HOLD_THESE_ON = hot(HOLD_ON.where(OpenLease.lease_id.in_(bindparam("these", expanding=True))))
TASKS_OF = hot(
    select(OpenLease.task_id).where(
        OpenLease.person_id == bindparam("this_person"), OpenLease.lease_id.in_(bindparam("these", expanding=True))
    )
)
LET_GO = hot(
    delete(OpenLease).where(
        OpenLease.person_id == bindparam("this_person"),
        OpenLease.task_id.in_(bindparam("these_tasks", expanding=True)),
    )
)
LEASE_OF_TASK = hot(
    select(OpenLease.lease_id).where(
        OpenLease.task_id == bindparam("this_task"), OpenLease.person_id == bindparam("this_person")
    )
)

# A gold message must look like any other, and in an adaptive queue a second place would tell that somebody is unsure.
READ = hot(
    select(
        Lease.id,
        Lease.task_id,
        Task.queue_id,
        Task.message_id,
        BODY_SHOWN,
        TEXT_SHOWN,
        CHARACTERS,
        Message.sender,
        Message.sent_at,
        case((or_(Task.gold, Queue.adaptive), 0), else_=Lease.slot),
        case((Queue.adaptive, 1), (Task.gold, Queue.overlap), else_=Task.overlap),
        Lease.blind,
        Lease.shown_run_id,
        Lease.shown_klass,
        Lease.shown_confidence,
        OpenLease.expires_at,
    )
    .join(OpenLease, OpenLease.lease_id == Lease.id)
    .join(Task, Task.id == Lease.task_id)
    .join(Message, Message.id == Task.message_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(Lease.id.in_(bindparam("these", expanding=True)))
    .order_by(Lease.id)
)


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
    return claim_next(connection, person, count, queue_id)


def claim_next(connection: Connection, person: PersonId, count: int, queue_id: int | None = None) -> list[HandOut]:
    """As `claim`, for a person who has just given a verdict in this transaction: they may review, and are alone."""
    reap(connection)
    mine = connection.execute(HOLD_ON, {"this_person": person}).all()
    held = [lease.lease_id for lease in mine if queue_id in (None, lease.queue_id)]
    wanted = min(count, HELD_MOST) - len(held)
    for terms in _open_queues(connection, person, queue_id) if wanted > 0 else ():
        tasks = _chosen(connection, person, terms, wanted)
        held += _hand_out(connection, person, terms, tasks)
        wanted -= len(tasks)
        if wanted <= 0:
            break
    return _read(connection, held)


def hand_back(connection: Connection, person: PersonId, task: TaskState, *, blind: bool) -> HandOut:
    """Give a locked task to the person once more (after an undo), as blind as it was: what was seen stays seen."""
    slot = free_slot(connection, task.id)
    terms = Terms(*connection.execute(THIS_QUEUE, {"this_queue": task.queue_id}).one())
    again = Place(task.id, task.message_id, slot, blind, task.draw_probability)
    granted = grant(connection, person, terms, [again])
    derive(connection, task)
    return _read(connection, granted)[0]


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


def _open_queues(connection: Connection, person: PersonId, queue_id: int | None) -> list[Terms]:
    """A queue that has reached its target hands out no more."""
    queues = connection.execute(OPEN_QUEUES, {"this_person": person}).all()
    return [
        Terms(*terms)
        for *terms, target in queues
        if queue_id in (None, terms[0]) and (target is None or _given(connection, terms[0]) < target)
    ]


def _given(connection: Connection, queue_id: int) -> int:
    return int(connection.execute(GIVEN, {"this_tally": f"queue:{queue_id}:verdicts"}).scalar_one())


def _chosen(connection: Connection, person: PersonId, terms: Terms, wanted: int) -> list[_Free]:
    """The next tasks of a queue for a person, locked; gold ones among them where it is their turn."""
    tasks = _next(connection, person, terms, wanted)
    # Gold is mixed in among others: a queue that has nothing else to ask asks no gold.
    places = [place for place in range(len(tasks)) if _chance(terms.gold_share)]
    if places:
        known = gold_tasks(connection, person, terms.queue_id, len(places))
        for place, gold in zip(places, known, strict=False):
            tasks[place] = _Free(gold.task_id, gold.message_id, 0, 0, None, gold=True)
    return tasks


def _next(connection: Connection, person: PersonId, terms: Terms, wanted: int) -> list[_Free]:
    """What waits for the person; then the random draws in their share, and the rest by the queue's order."""
    explored = _explored(terms.explore_share, wanted)
    steps: list[tuple[Executable, dict[str, Any], int]] = [(WAITING, {}, wanted)] if terms.adaptive else []
    if explored:
        steps.append((CLAIM, {"drawn": True}, explored))
    steps += [(CLAIM, {"drawn": False}, wanted), (CLAIM, {"drawn": True}, wanted)]
    found: dict[int, _Free] = {}
    for statement, lane, most in steps:
        more = min(most, wanted - len(found))
        if more <= 0:
            break
        # What was found in an earlier step may be found again: it is locked, but by us.
        asked = {"this_queue": terms.queue_id, "this_person": person, "most": more + len(found), **lane}
        fresh = [row for row in connection.execute(statement, asked).all() if row[0] not in found]
        found |= {row[0]: _Free(*row) for row in fresh[:more]}
    return list(found.values())


def _explored(share: float, wanted: int) -> int:
    """How many of the next hand-outs are to come from the messages that were drawn at random."""
    return sum(_chance(share) for _ in range(wanted))


def _chance(share: float) -> bool:
    return random.random() < share  # noqa: S311 - which lane comes next guards nothing


def _hand_out(connection: Connection, person: PersonId, terms: Terms, tasks: Sequence[_Free]) -> list[int]:
    """Lease locked tasks to a person; gives the leases' ids."""
    places = [_place(connection, terms, task) for task in tasks]
    leases = grant(connection, person, terms, places)
    if taken := [task.task_id for task in tasks if not task.gold]:
        connection.execute(TAKE_PLACES, {"these_tasks": taken})
    return leases


def _place(connection: Connection, terms: Terms, task: _Free) -> Place:
    # Nobody has touched the task: its first place is free, without a look.
    slot = 0 if 0 < task.free == task.overlap else free_slot(connection, task.task_id)
    blind = task.checks or is_blind(terms.queue_id, task.task_id, slot, terms.blind_share)
    return Place(task.task_id, task.message_id, slot, blind, task.draw_probability)


def _read(connection: Connection, lease_ids: Sequence[int]) -> list[HandOut]:
    rows = connection.execute(READ, {"these": lease_ids}) if lease_ids else ()
    return [HandOut(*tuple(row)) for row in rows]
