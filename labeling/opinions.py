"""Whether a message needs a further opinion, and who should give it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from core.store.models import Prediction, Promotion, now_ms
from labeling.adaptive import Array, best_asked, opinions_wanted, posterior, prior
from labeling.models import OpenLease, OpinionAsked, Queue, Task, Verdict
from labeling.skills import Skills, skills
from labeling.tasks import TaskState, judging, labelling

WAITS_MS = 60_000
"""A message waits so long for the person who would settle it; then anybody may have it."""
ASKED_MOST = 100

TERMS = select(Queue.overlap, Queue.sure_at, Queue.dataset_id).where(Queue.id == bindparam("this_queue"))
GIVEN = select(Verdict.person_id, Verdict.klass).where(Verdict.task_id == bindparam("this_task"), labelling())
_champion = (
    select(Promotion.run_id)
    .where(Promotion.dataset_id == bindparam("this_dataset"))
    .order_by(Promotion.id.desc())
    .limit(1)
    .scalar_subquery()
)
SAID = select(Prediction.klass, Prediction.confidence).where(
    Prediction.run_id == _champion, Prediction.message_id == bindparam("this_message")
)
# Who works on this queue this moment (open_lease holds what is out now, a few rows a person), and may still be asked.
AT_DESK = (
    select(OpenLease.person_id)
    .where(
        OpenLease.queue_id == bindparam("this_queue"),
        OpenLease.expires_at > now_ms(),
        ~exists().where(Verdict.task_id == bindparam("this_task"), Verdict.person_id == OpenLease.person_id, judging()),
    )
    .group_by(OpenLease.person_id)
    .order_by(func.max(OpenLease.lease_id).desc())
    .limit(ASKED_MOST)
)
ASK = (
    update(Task)
    .where(Task.id == bindparam("this_task"))
    .values(
        overlap=bindparam("wanted"),
        for_person_id=bindparam("whom"),
        for_until=now_ms() + WAITS_MS,
    )
)
DECIDED = insert(OpinionAsked)


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known of a message: the posterior over these classes, and what everybody's words mean."""

    classes: tuple[str, ...]
    now: Array
    office: Skills


def reconsider(connection: Connection, task: TaskState) -> None:
    """In an adaptive queue: ask for one more opinion on the locked task, or for no more.

    Call it after a verdict came or went, and before the task's state is derived. What was decided is a fact
    (`opinion_asked`): the task's overlap can be told from it.
    """
    if not task.adaptive or task.gold:
        return
    queue = connection.execute(TERMS, {"this_queue": task.queue_id}).one()
    given = connection.execute(GIVEN, {"this_task": task.id}).all()
    case = _look(connection, task, queue.dataset_id, {row.person_id: row.klass for row in given})
    wanted = opinions_wanted(case.now, len(given), queue.overlap, queue.sure_at)
    whom = _whom(connection, task, case) if given and wanted > len(given) else None
    if wanted == task.overlap and whom is None:
        return
    connection.execute(ASK, {"this_task": task.id, "wanted": wanted, "whom": whom})
    decision = {"task_id": task.id, "overlap": wanted, "sure": float(np.max(case.now)), "person_id": whom}
    connection.execute(DECIDED, decision)


def _look(connection: Connection, task: TaskState, dataset: int, given: dict[int, str]) -> _Case:
    office = skills(connection)
    said = connection.execute(SAID, {"this_dataset": dataset, "this_message": task.message_id}).first()
    named = {*office.classes, *given.values(), *((said.klass,) if said else ())}
    # With a single class known so far, there is at least one other that it could be.
    classes = tuple(sorted(named)) if len(named) > 1 else (*sorted(named), "")
    before = prior(len(classes), classes.index(said.klass) if said else None, said.confidence if said else 0.0)
    words = [(office.of(person, classes), classes.index(klass)) for person, klass in given.items()]
    return _Case(classes, posterior(before, words), office)


def _whom(connection: Connection, task: TaskState, case: _Case) -> int | None:
    """Of those at their desks, the one whose word would settle it most likely."""
    asked = {"this_queue": task.queue_id, "this_task": task.id}
    people = connection.execute(AT_DESK, asked).scalars().all()
    return best_asked(case.now, {person: case.office.of(person, case.classes) for person in people})
