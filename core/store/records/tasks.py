"""Tasks of the pipeline as the graph has them: written down, complete, called off. Who holds one: `claims`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select, update

from core.store.feed import emit
from core.store.models import DatasetId, PipelineTask, TaskState, now_ms
from core.store.rollups import upsert

_task: Table = PipelineTask.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Listed:
    """A task as the graph has it; `complete` where its target is there."""

    fingerprint: str
    family: str
    params: Mapping[str, Any]
    waits_for: Sequence[str]
    complete: bool


def list_tasks(
    connection: Connection,
    dataset: DatasetId,
    run_id: int,
    tasks: Sequence[Listed],
    *,
    revive: Collection[TaskState],
    first: int = 0,
) -> None:
    """Write down which tasks there are, the first in place `first`.

    Those whose target is gone, or whose state is in `revive`, wait again.
    """
    known = {
        row.fingerprint: row.state
        for row in connection.execute(
            select(PipelineTask.fingerprint, PipelineTask.state).where(
                PipelineTask.fingerprint.in_([task.fingerprint for task in tasks])
            )
        )
    }
    for place, task in enumerate(tasks, start=first):
        row = {
            "family": task.family,
            "params": dict(task.params),
            "waits_for": list(task.waits_for),
            "run_id": run_id,
            "place": place,
        }
        state = known.get(task.fingerprint)
        if task.complete and state != TaskState.RUNNING:
            row["state"] = TaskState.DONE
        elif state == TaskState.DONE or state in revive:
            row |= {"state": TaskState.WAITING, "attempt": 0, "due_at": 0, "done": 0, "of": 0, "error": None}
        new = {
            "state": TaskState.WAITING,
            **row,
            "fingerprint": task.fingerprint,
            "dataset_id": int(dataset),
        }
        statement = upsert(connection, _task).values(new)
        connection.execute(statement.on_conflict_do_update(index_elements=["fingerprint"], set_=row))
    emit(connection, "task", what="listed", run_id=run_id)


def note_complete(connection: Connection, fingerprints: Sequence[str]) -> None:
    """Tasks that others finished after they were listed as waiting, or whose process died before it could say so."""
    nobodys = (PipelineTask.state == TaskState.WAITING) | (
        (PipelineTask.state == TaskState.RUNNING) & (PipelineTask.lease_until <= now_ms())
    )
    over = update(PipelineTask).where(PipelineTask.fingerprint.in_(fingerprints), nobodys)
    connection.execute(over.values(state=TaskState.DONE, lease_until=0))
    emit(connection, "task", what="listed")


def cancel(connection: Connection, fingerprint: str) -> None:
    """Nobody runs this task until somebody asks for it again."""
    stopped = update(PipelineTask).where(PipelineTask.fingerprint == fingerprint)
    values = {"state": TaskState.CANCELLED, "lease_until": 0, "finished_at": now_ms()}
    connection.execute(stopped.values(**values))
    emit(connection, "task", fingerprint=fingerprint, state=TaskState.CANCELLED)
