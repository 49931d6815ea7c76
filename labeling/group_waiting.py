"""Who waits with a message: the tasks of a queue that share its template and may be judged together with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, and_, bindparam, exists, literal_column, or_, select

from core.store.models import Message, Prediction, now_ms
from core.store.queries.shown import BODY_SHOWN
from labeling.grants import is_blind
from labeling.group_models import SpotCheck
from labeling.models import Lease, OpenLease, Purpose, Queue, QueueState, Task, Verdict
from labeling.people import PersonId
from labeling.tasks import champion_of_queue, judging

MOST_MEMBERS = 500
# Where a statistic rests on single, independent verdicts, nothing is judged in groups.
GROUPED = (Purpose.TRAINING, Purpose.CELL, Purpose.SEARCH, Purpose.DRIFT)


@dataclass(frozen=True, slots=True)
class Held:
    """A message in somebody's hands, and what its look-alikes are found by."""

    lease_id: int
    task_id: int
    queue_id: int
    template_id: int
    blind_share: float
    run_id: int | None


# What is judged one by one stays out: gold and what was drawn at random measure, a blind message must not tell.
_groupable = (
    Task.template_id.is_not(None),
    ~Task.gold,
    ~Task.drawn,
    ~exists().where(SpotCheck.task_id == Task.id),
)
HELD = (
    select(OpenLease.lease_id, Task.id, Task.queue_id, Task.template_id, Queue.blind_share, champion_of_queue)
    .join(Lease, Lease.id == OpenLease.lease_id)
    .join(Task, Task.id == OpenLease.task_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(
        OpenLease.person_id == bindparam("this_person"),
        OpenLease.lease_id.in_(bindparam("these", expanding=True)),
        Queue.state == QueueState.OPEN,
        Queue.purpose.in_(GROUPED),
        ~Lease.blind,
        *_groupable,
    )
    .order_by(OpenLease.lease_id)
)
_read = select(Task.id, Task.overlap, Task.free, Prediction.klass, Prediction.confidence).outerjoin(
    Prediction,
    and_(Prediction.message_id == Task.message_id, Prediction.run_id == bindparam("this_run", type_=Integer)),
)
# Those that wait: along the partial index ix_task_template (queue, template, id where a place is free), so a group
# costs what it has, however large the queue; without texts, for they are counted with every message. The 0 is no
# parameter: SQLite must see it to know that the index will do.
WAITING = (
    _read.where(
        Task.queue_id == bindparam("this_queue"),
        Task.template_id == bindparam("this_template"),
        Task.free > literal_column("0"),
        *_groupable,
        or_(Task.for_person_id.is_(None), Task.for_person_id == bindparam("this_person"), Task.for_until <= now_ms()),
        ~exists().where(Verdict.task_id == Task.id, Verdict.person_id == bindparam("this_person"), judging()),
        ~exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == bindparam("this_person")),
    )
    .order_by(Task.id)
    .limit(MOST_MEMBERS + 1)
)
# Those in the person's own hands, a few.
IN_HAND = (
    _read.join(OpenLease, OpenLease.task_id == Task.id)
    .join(Lease, Lease.id == OpenLease.lease_id)
    .where(
        OpenLease.person_id == bindparam("this_person"),
        Task.queue_id == bindparam("this_queue"),
        Task.template_id == bindparam("this_template"),
        ~Lease.blind,
        *_groupable,
    )
    .order_by(Task.id)
)
TEXTS = (
    select(Task.id, BODY_SHOWN, Message.sender)
    .join(Message, Message.id == Task.message_id)
    .where(Task.id.in_(bindparam("these", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A task of the group: how many opinions it asks for, how many places are free, and what the model says of it."""

    task_id: int
    overlap: int
    free: int
    klass: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person may judge together of a template in a queue, their own first; `more` than a group may have."""

    members: list[Alike]
    more: bool

    @property
    def predicted(self) -> dict[str, int]:
        """Members by predicted class, the most frequent first; those that no model has read are in none."""
        return dict(Counter(member.klass for member in self.members if member.klass is not None).most_common())

    def alike(self, task_id: int) -> list[Alike]:
        """Those of which the model says the same as of this one; it comes first, so it is what an undo hands out."""
        klass = next((member.klass for member in self.members if member.task_id == task_id), None)
        same = [member for member in self.members if member.klass == klass]
        return sorted(same, key=lambda member: member.task_id != task_id)


def waiting_with(connection: Connection, person: PersonId, held: Held) -> Waiting:
    """What the person may judge together with a message in their hands.

    What would come to them blind is left out: it stays in the queue to be judged so.
    """
    asked = {
        "this_person": person,
        "this_queue": held.queue_id,
        "this_template": held.template_id,
        "this_run": held.run_id,
    }
    mine = [Alike(*row) for row in connection.execute(IN_HAND, asked)]
    others = [Alike(*row) for row in connection.execute(WAITING, asked)]
    members = [
        *mine,
        *(
            each
            for each in others
            if not is_blind(held.queue_id, each.task_id, max(0, each.overlap - each.free), held.blind_share)
        ),
    ]
    return Waiting(members[:MOST_MEMBERS], len(others) > MOST_MEMBERS or len(members) > MOST_MEMBERS)


def texts_of(connection: Connection, task_ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """The body and the sender of each task's message."""
    return {row[0]: (row[1], row[2]) for row in connection.execute(TEXTS, {"these": task_ids})}
