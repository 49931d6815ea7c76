"""What people ask of the pipeline's tasks, and that it was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import PipelineError
from core.store.feed import emit
from core.store.models import (
    DatasetId,
    PipelineAsk,
    PipelineTask,
    Run,
    RunState,
    Stage,
    TaskAsk,
    TaskState,
    now_ms,
)

FAILED_MOST = 500
FOLLOWING = frozenset({"Tag", "TagShard", "Templates", "Predict", "PredictShard", "Index"})
"""Stages that follow the messages as they come: never done for good."""


def ask_cancel(connection: Connection, dataset: DatasetId, fingerprint: str, *, by: str, person_id: int | None) -> None:
    """Ask for a task to be cancelled. One that nobody runs is cancelled at once; who runs it stops between two pieces.

    Raises:
        PipelineError: there is no such task, or it is over.
    """
    task = _task(connection, dataset, fingerprint)
    if task.state in (TaskState.DONE, TaskState.CANCELLED):
        raise PipelineError(f"this task is {task.state}: there is nothing to cancel")
    runs = task.state == TaskState.RUNNING and task.lives
    _ask(connection, fingerprint, TaskAsk.CANCEL, by=by, person_id=person_id, obeyed=not runs)
    if not runs:
        stopped = update(PipelineTask).where(PipelineTask.fingerprint == fingerprint)
        connection.execute(stopped.values(state=TaskState.CANCELLED, lease_until=0, finished_at=now_ms()))
    emit(connection, "task", fingerprint=fingerprint, asked=TaskAsk.CANCEL)


def ask_rerun(connection: Connection, dataset: DatasetId, fingerprint: str, *, by: str, person_id: int | None) -> None:
    """Ask for a task to be run again, with all that is made from it; a watching process does so at once.

    Raises:
        PipelineError: there is no such task, or it runs or waits already.
    """
    task = _task(connection, dataset, fingerprint)
    if task.state == TaskState.RUNNING and task.lives:
        raise PipelineError("this task is running already", fix="Cancel it first.")
    if task.state == TaskState.WAITING:
        raise PipelineError("this task is waiting to be run already")
    if task.state == TaskState.DONE and task.family in FOLLOWING:
        raise PipelineError("this stage follows the messages by itself: there is nothing to run again")
    again = sorted(_with_it(connection, dataset, fingerprint))
    connection.execute(delete(Stage).where(Stage.fingerprint.in_(again)))
    _reopen(connection, dataset, set(again))
    waiting = update(PipelineTask).where(PipelineTask.fingerprint.in_(again), PipelineTask.state != TaskState.RUNNING)
    connection.execute(
        waiting.values(state=TaskState.WAITING, attempt=0, due_at=0, done=0, of=0, error=None, seconds=None)
    )
    obeyed(connection, again)  # an older wish to cancel is over
    _ask(connection, fingerprint, TaskAsk.RERUN, by=by, person_id=person_id, obeyed=False)
    emit(connection, "task", fingerprint=fingerprint, asked=TaskAsk.RERUN)


def asked_to_cancel(connection: Connection, fingerprints: Sequence[str]) -> dict[str, str]:
    """Those of these tasks that are to be cancelled, and who asks."""
    rows = connection.execute(
        select(PipelineAsk.fingerprint, PipelineAsk.by).where(
            PipelineAsk.fingerprint.in_(fingerprints),
            PipelineAsk.what == TaskAsk.CANCEL,
            PipelineAsk.obeyed_at.is_(None),
        )
    )
    return {row.fingerprint: row.by for row in rows}


def obeyed(connection: Connection, fingerprints: Iterable[str]) -> None:
    """What was asked of these tasks is done."""
    open_ones = update(PipelineAsk).where(
        PipelineAsk.fingerprint.in_(list(fingerprints)), PipelineAsk.obeyed_at.is_(None)
    )
    connection.execute(open_ones.values(obeyed_at=now_ms()))


def _task(connection: Connection, dataset: DatasetId, fingerprint: str) -> Any:
    row = connection.execute(
        select(PipelineTask.state, (PipelineTask.lease_until > now_ms()).label("lives"), PipelineTask.family)
        .where(PipelineTask.fingerprint == fingerprint, PipelineTask.dataset_id == dataset)
        .with_for_update(of=PipelineTask)
    ).first()
    if row is None:
        raise PipelineError("there is no such task", fix="Load the page again: the graph has changed.")
    return row


def _ask(
    connection: Connection, fingerprint: str, what: TaskAsk, *, by: str, person_id: int | None, obeyed: bool
) -> None:
    row = {"fingerprint": fingerprint, "what": what, "by": by[:200], "person_id": person_id}
    connection.execute(insert(PipelineAsk).values(**row, obeyed_at=now_ms() if obeyed else None))


def _with_it(connection: Connection, dataset: DatasetId, fingerprint: str) -> set[str]:
    """A task, all that wait for it, directly or not, and what else these wait for that failed or was cancelled."""
    columns = (PipelineTask.fingerprint, PipelineTask.waits_for, PipelineTask.state)
    rows = connection.execute(select(*columns).where(PipelineTask.dataset_id == dataset)).all()
    found, new = {fingerprint}, {fingerprint}
    while new:
        new = {row.fingerprint for row in rows if new.intersection(row.waits_for)} - found
        found |= new
    stuck = {row.fingerprint for row in rows if row.state in (TaskState.FAILED, TaskState.CANCELLED)}
    needed = {each for row in rows if row.fingerprint in found for each in row.waits_for}
    return found | (needed & stuck)


def _reopen(connection: Connection, dataset: DatasetId, benchmarks: set[str]) -> None:
    """Candidates that failed in these benchmarks are tried again; what they had stored stays."""
    failed = connection.execute(
        select(Run.id, Run.params)
        .where(Run.dataset_id == dataset, Run.state == RunState.FAILED)
        .order_by(Run.id.desc())
        .limit(FAILED_MOST)
    ).all()
    again = [row.id for row in failed if row.params.get("benchmark") in benchmarks]
    connection.execute(update(Run).where(Run.id.in_(again)).values(state=RunState.RUNNING, error=None))
