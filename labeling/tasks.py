"""The state of a task, derived from its facts: who holds it, who judged it, how many places are free."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from core.store.models import now_ms
from core.store.rollups import tally
from labeling.models import Lease, OpenLease, Task, Verdict, VerdictKind

_later = aliased(Verdict)
JUDGING = (VerdictKind.LABEL, VerdictKind.SKIP)


def current() -> ColumnElement[bool]:
    """A verdict that nobody has taken back."""
    return ~exists().where(_later.supersedes == Verdict.id)


def lock(connection: Connection, task_id: int) -> None:
    """Wait for the task, and hold it until the transaction ends. Locks go task first, then its leases."""
    connection.execute(select(Task.id).where(Task.id == task_id).with_for_update())


def derive(connection: Connection, task_id: int) -> None:
    """Count the task's free places and its verdicts again. Call it with the task locked, after every change."""
    before = connection.execute(select(Task.queue_id, Task.overlap, Task.judged).where(Task.id == task_id)).one()
    judged = connection.execute(
        select(func.count()).where(Verdict.task_id == task_id, Verdict.kind == VerdictKind.LABEL, current())
    ).scalar_one()
    held = connection.execute(select(func.count()).where(OpenLease.task_id == task_id)).scalar_one()
    # A verdict that came late may be one more than was asked for: never below zero.
    free = max(0, before.overlap - judged - held)
    connection.execute(update(Task).where(Task.id == task_id).values(free=free, judged=judged))
    was_done, is_done = before.judged >= before.overlap, judged >= before.overlap
    if was_done != is_done:
        tally(connection, f"queue:{before.queue_id}:done", 1 if is_done else -1)


def free_slot(connection: Connection, task_id: int, overlap: int) -> int:
    """The lowest place at the task that nobody holds or has judged from."""
    taken = set(connection.execute(select(OpenLease.slot).where(OpenLease.task_id == task_id)).scalars())
    if overlap > 1:
        judged = (
            select(Lease.slot)
            .join(Verdict, Verdict.lease_id == Lease.id)
            .where(Verdict.task_id == task_id, Verdict.kind == VerdictKind.LABEL, current())
        )
        taken.update(connection.execute(judged).scalars())
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)


def reap(connection: Connection, most: int = 200) -> int:
    """Take expired leases back, so that their messages can be handed out again; gives how many."""
    expired = (
        connection.execute(
            select(OpenLease.task_id).where(OpenLease.expires_at <= now_ms()).order_by(OpenLease.task_id).limit(most)
        )
        .scalars()
        .all()
    )
    if not expired:
        return 0
    return release_tasks(connection, sorted(set(expired)), OpenLease.expires_at <= now_ms())


def release_tasks(connection: Connection, task_ids: Sequence[int], which: ColumnElement[bool]) -> int:
    """Take back the leases of these tasks that `which` describes; passes over tasks that are in somebody's hands."""
    ids = (
        connection.execute(
            select(Task.id).where(Task.id.in_(task_ids)).order_by(Task.id).with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    gone = 0
    for task_id in ids:
        gone += connection.execute(delete(OpenLease).where(OpenLease.task_id == task_id, which)).rowcount
        derive(connection, task_id)
    return gone
