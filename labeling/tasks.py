"""The state of a task, derived from its facts: who holds it, who judged it, how many places are free.

The statements of the desk stand by themselves under a name and are built once: building them anew cost five times
what the database takes to run them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from core.store.hot import hot
from core.store.models import Message, Promotion, now_ms
from core.store.rollups import tally
from labeling.models import Lease, OpenLease, Queue, Task, Verdict, VerdictKind, WithdrawnVerdict

champion_of_queue = (
    select(Promotion.run_id)
    .where(Promotion.dataset_id == Queue.dataset_id)
    .order_by(Promotion.id.desc())
    .limit(1)
    .correlate(Queue)
    .scalar_subquery()
)
"""The run of the model that a queue's messages are judged by now."""
_later = aliased(Verdict)
_asked = aliased(Task)


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task as it stands while it is locked. `adaptive`: its queue decides by itself how many are to judge it."""

    id: int
    queue_id: int
    message_id: int
    overlap: int
    judged: int
    gold: bool
    draw_probability: float | None
    adaptive: bool

    @property
    def done(self) -> bool:
        """Whether as many people have judged it as were asked for."""
        return self.judged >= self.overlap


def current() -> ColumnElement[bool]:
    """A verdict that nobody has taken back."""
    return ~exists().where(_later.supersedes == Verdict.id)


def judging() -> ColumnElement[bool]:
    """A label, a skip or a 'cannot tell' that stands: who gave it is done with the message."""
    return or_(opining(), Verdict.kind == VerdictKind.SKIP) & current()


def opining() -> ColumnElement[bool]:
    """An opinion, standing or not: a label, or that one cannot tell."""
    return or_(Verdict.kind == VerdictKind.LABEL, Verdict.kind == VerdictKind.UNSURE)


def labelling() -> ColumnElement[bool]:
    """A label that stands."""
    return (Verdict.kind == VerdictKind.LABEL) & current()


def withdrawn() -> ColumnElement[bool]:
    """A verdict that a lead took out, and nobody has put back."""
    return exists().where(WithdrawnVerdict.verdict_id == Verdict.id, WithdrawnVerdict.back_id.is_(None))


def opinion() -> ColumnElement[bool]:
    """An opinion that stands and was not withdrawn: it counts for what the message is held to be.

    What is said of a gold message does not: it measures the person, not the message.
    """
    gold = exists().where(_asked.id == Verdict.task_id, _asked.gold)
    return opining() & current() & ~withdrawn() & ~gold


# The message is locked with its task: two queues may ask about one message, and their verdicts take turns before
# either refers to it. (NO KEY UPDATE: rows that merely refer to the task or the message need not wait.)
LOCK = hot(
    select(
        Task.id,
        Task.queue_id,
        Task.message_id,
        Task.overlap,
        Task.judged,
        Task.gold,
        Task.draw_probability,
        Queue.adaptive,
    )
    .join(Message, Message.id == Task.message_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(Task.id == bindparam("this_task"))
    .with_for_update(of=[Task.__table__, Message.__table__], key_share=True)
)

_judged = select(func.count()).where(Verdict.task_id == Task.id, labelling()).correlate(Task).scalar_subquery()
_held = select(func.count()).where(OpenLease.task_id == Task.id).correlate(Task).scalar_subquery()
_left = Task.overlap - _judged - _held
# A verdict that came late may be one more than was asked for: free never goes below zero.
DERIVE = (
    update(Task).values(judged=_judged, free=case((_left > 0, _left), else_=0)).returning(Task.judged, Task.overlap)
)
DERIVE_ONE = hot(DERIVE.where(Task.id == bindparam("this_task")))
DERIVE_MANY = hot(DERIVE.where(Task.id.in_(bindparam("these_tasks", expanding=True))))

SLOTS_HELD = hot(select(OpenLease.slot).where(OpenLease.task_id == bindparam("this_task")))
SLOTS_JUDGED = hot(
    select(Lease.slot)
    .join(Verdict, Verdict.lease_id == Lease.id)
    .where(Verdict.task_id == bindparam("this_task"), labelling())
)

# Along ix_open_lease_expires_at: costs nothing while nothing has expired. The clock is a subquery because PostgreSQL
# looks up no index by a function that moves.
EXPIRED = hot(
    select(OpenLease.task_id).where(OpenLease.expires_at <= select(now_ms()).scalar_subquery()).limit(bindparam("most"))
)
# Passes over tasks that somebody is judging this moment; in the order of their ids, so that no two wait in a circle.
LOCK_MANY = (
    select(Task.id)
    .where(Task.id.in_(bindparam("these_tasks", expanding=True)))
    .order_by(Task.id)
    .with_for_update(skip_locked=True, key_share=True)
)
TAKE_BACK = delete(OpenLease).where(
    OpenLease.task_id.in_(bindparam("these_tasks", expanding=True)), OpenLease.expires_at <= now_ms()
)


def lock(connection: Connection, task_id: int) -> TaskState:
    """Wait for the task, and hold it until the transaction ends. Locks go person, task, message, then the rest."""
    return TaskState(*connection.execute(LOCK, {"this_task": task_id}).one())


def derive(connection: Connection, before: TaskState) -> None:
    """Count the locked task's free places and its verdicts again. Call it after every change."""
    # The overlap may have moved as well, where a further opinion is asked for (labeling/opinions.py).
    judged, overlap = connection.execute(DERIVE_ONE, {"this_task": before.id}).one()
    is_done = judged >= overlap
    if is_done != before.done:
        tally(connection, f"queue:{before.queue_id}:done", 1 if is_done else -1)


def free_slot(connection: Connection, task_id: int) -> int:
    """The lowest place at the locked task that nobody holds or has judged from."""
    this = {"this_task": task_id}
    taken = {*connection.execute(SLOTS_HELD, this).scalars(), *connection.execute(SLOTS_JUDGED, this).scalars()}
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)


def reap(connection: Connection, most: int = 200) -> int:
    """Take expired leases back, so that their messages can be handed out again; gives how many."""
    expired: Sequence[int] = connection.execute(EXPIRED, {"most": most}).scalars().all()
    if not expired:
        return 0
    tasks = connection.execute(LOCK_MANY, {"these_tasks": sorted(set(expired))}).scalars().all()
    if not tasks:
        return 0
    gone = connection.execute(TAKE_BACK, {"these_tasks": tasks}).rowcount
    connection.execute(DERIVE_MANY, {"these_tasks": tasks})
    return gone
