"""Counting the desk's state again from its facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from core.store.check import Difference, compare
from core.store.models import Origin, Tally, Truth
from labeling.group_models import SpotCheck, VerdictGroup
from labeling.models import (
    Decision,
    Lease,
    OpenLease,
    OpinionAsked,
    Queue,
    Task,
    Verdict,
    VerdictKind,
    Withdrawal,
    WithdrawalKind,
    WithdrawnVerdict,
)
from labeling.tasks import judging, labelling
from labeling.withdrawal_derivation import concerned


def check(connection: Connection) -> list[Difference]:
    """Where the desk's state differs from its leases and verdicts. Reads everything."""
    judged = connection.execute(
        select(Verdict.task_id, func.count()).where(labelling()).group_by(Verdict.task_id)
    ).all()
    open_leases = select(OpenLease.task_id, func.count()).group_by(OpenLease.task_id)
    held = {row[0]: row[1] for row in connection.execute(open_leases)}
    counts = {row[0]: row[1] for row in judged}
    tasks = connection.execute(
        select(Task.id, Task.queue_id, Task.overlap, Task.free, Task.judged, Task.gold, Queue.adaptive).join(
            Queue, Queue.id == Task.queue_id
        )
    ).all()
    free = [(task.id, max(0, task.overlap - counts.get(task.id, 0) - held.get(task.id, 0))) for task in tasks]
    kept = connection.execute(
        select(Tally.name, func.sum(Tally.n))
        .where(Tally.name.like("queue:%") | (Tally.name == "verdicts"))
        .group_by(Tally.name)
    ).all()
    return [
        *compare("verdicts on task", [(t.id, t.judged) for t in tasks], judged),
        *compare("free places at task", [(t.id, t.free) for t in tasks], free),
        *compare("opinions asked of task", *_asked(connection, tasks)),
        *compare("count of", kept, _counted(tasks, counts)),
        *_withdrawn(connection),
        *compare("truth of message", *_truth(connection)),
        *compare("open leases that contradict their facts", [(_contradicting(connection),)], [(0,)]),
        *compare("verdicts that contradict their group", [(_ungrouped(connection),)], [(0,)]),
    ]


def _counted(tasks: Sequence[Any], verdicts: Mapping[int, int]) -> list[tuple[str, int]]:
    """What the tallies of the queues should be. A gold task is nobody's work to do, but its verdicts count as given."""
    counted: Counter[str] = Counter({"verdicts": sum(verdicts.values())})
    for task in tasks:
        given, queue = verdicts.get(task.id, 0), f"queue:{task.queue_id}"
        counted[f"{queue}:verdicts"] += given
        if not task.gold:
            counted[f"{queue}:total"] += 1
            counted[f"{queue}:done"] += given >= task.overlap
    return list(counted.items())


def _asked(connection: Connection, tasks: Sequence[Any]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The overlaps of tasks in adaptive queues: as kept, and as last decided (one opinion before any decision)."""
    rows = connection.execute(select(OpinionAsked.task_id, OpinionAsked.overlap).order_by(OpinionAsked.id))
    decided = dict(rows.all())
    adaptive = [task for task in tasks if task.adaptive and not task.gold]
    kept = [(task.id, task.overlap) for task in adaptive]
    return kept, [(task.id, decided.get(task.id, 1)) for task in adaptive]


def _withdrawn(connection: Connection) -> list[Difference]:
    """The verdicts that each withdrawal concerns."""
    kept = connection.execute(
        select(WithdrawnVerdict.withdrawal_id, WithdrawnVerdict.back_id, func.count()).group_by(
            WithdrawnVerdict.withdrawal_id, WithdrawnVerdict.back_id
        )
    ).all()
    facts = connection.execute(select(Withdrawal.__table__)).all()
    backs = {fact.takes_back: fact.id for fact in facts if fact.takes_back is not None}
    counted = []
    for fact in facts:
        if fact.kind in (WithdrawalKind.PERSON, WithdrawalKind.DAY):
            query = select(func.count()).select_from(concerned(fact, 0, 2**62).subquery())
            counted.append((fact.id, backs.get(fact.id), connection.execute(query).scalar_one()))
    return compare("verdicts withdrawn by", kept, counted)


def _truth(connection: Connection) -> tuple[list[tuple[int, str, int]], list[tuple[int, str, int]]]:
    """What people hold messages to be: as kept, and as verdicts, decisions and the last rebuild say."""
    from labeling.truth import expected  # here: pandas takes a second to import

    judged = select(Verdict.message_id).where(Verdict.kind == VerdictKind.LABEL)
    query = select(Truth.message_id, Truth.klass).where(
        Truth.origin == Origin.VERDICT,
        or_(Truth.message_id.in_(judged), Truth.message_id.in_(select(Decision.message_id))),
    )
    kept = [(row.message_id, row.klass, 1) for row in connection.execute(query)]
    return kept, [(message, klass, 1) for message, klass in expected(connection).items()]


def _contradicting(connection: Connection) -> int:
    """Open leases that name another place or person than their lease, or whose message the person has judged."""
    same = (
        Lease.id == OpenLease.lease_id,
        Lease.task_id == OpenLease.task_id,
        Lease.slot == OpenLease.slot,
        Lease.person_id == OpenLease.person_id,
    )
    judged = exists().where(Verdict.task_id == OpenLease.task_id, Verdict.person_id == OpenLease.person_id, judging())
    query = select(func.count()).select_from(OpenLease).where(or_(~exists().where(*same), judged))
    return connection.execute(query).scalar_one()


def _ungrouped(connection: Connection) -> int:
    """Verdicts of groups that are another's, in another queue or class, labels of what was held back; and doubles."""
    held_back = exists().where(SpotCheck.task_id == Verdict.task_id, SpotCheck.group_id == Verdict.group_id)
    says = case((held_back, Verdict.klass.is_(None)), else_=Verdict.klass == VerdictGroup.klass)
    fits = and_(
        Verdict.person_id == VerdictGroup.person_id, Verdict.queue_id == VerdictGroup.queue_id, says, ~Verdict.blind
    )
    given = select(Verdict.id).outerjoin(VerdictGroup, VerdictGroup.id == Verdict.group_id)
    given = given.where(Verdict.group_id.is_not(None), func.coalesce(fits, False).is_(False))
    per_task = select(Verdict.task_id).where(Verdict.group_id.is_not(None))
    doubled = per_task.group_by(Verdict.group_id, Verdict.task_id).having(func.count() > 1)
    both = (select(func.count()).select_from(query.subquery()) for query in (given, doubled))
    return sum(connection.execute(query).scalar_one() for query in both)
