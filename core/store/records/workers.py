"""Processes that work on the pipeline: that they live, and when they went over the line."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from core.store.feed import emit
from core.store.models import DatasetId, PipelineLog, PipelineRun, PipelineTask, PipelineWorker, TaskState, now_ms
from core.store.records.claims import Process
from core.store.rollups import upsert

ALIVE_MS = 10_000
"""A process that has not said for so long that it is there is taken to be gone."""
RUNS_KEPT = 300
"""Goings-over that are kept, with their tasks."""

_worker: Table = PipelineWorker.__table__  # type: ignore[assignment]


def be_alive(connection: Connection, me: Process) -> None:
    """Say that this process is there; the pages are told when it comes."""
    row = {"id": me.id, "host": me.host, "pid": me.pid, "account": me.account, "watches": me.watches}
    again = update(PipelineWorker).where(PipelineWorker.id == me.id, PipelineWorker.seen_until > now_ms())
    if connection.execute(again.values(seen_until=now_ms() + ALIVE_MS)).rowcount:
        return
    statement = upsert(connection, _worker).values(**row, seen_until=now_ms() + ALIVE_MS)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_until": now_ms() + ALIVE_MS}))
    connection.execute(delete(PipelineWorker).where(PipelineWorker.seen_until < now_ms() - 100 * ALIVE_MS))
    emit(connection, "task", what="worker")


def be_gone(connection: Connection, me: Process) -> None:
    """Say that this process ends."""
    if connection.execute(delete(PipelineWorker).where(PipelineWorker.id == me.id)).rowcount:
        emit(connection, "task", what="worker")


def begin_run(connection: Connection, dataset: DatasetId, me: Process) -> int:
    """A going-over begins; gives its id. The oldest are forgotten, with tasks that nothing has listed since."""
    row = {
        "dataset_id": int(dataset),
        "worker_id": me.id,
        "host": me.host,
        "pid": me.pid,
        "account": me.account,
        "watches": me.watches,
        "stale": [],
    }
    run_id: int = connection.execute(insert(PipelineRun).returning(PipelineRun.id), row).scalar_one()
    if run_id % 20 == 0:
        _forget(connection, dataset)
    emit(connection, "task", what="run", run_id=run_id)
    return run_id


def go_on(connection: Connection, run_id: int) -> None:
    """A watcher follows once more, and nothing else."""
    again = {"times": PipelineRun.times + 1, "finished_at": None}
    connection.execute(update(PipelineRun).where(PipelineRun.id == run_id).values(**again))


def note_stale(connection: Connection, run_id: int, families: Sequence[str]) -> None:
    """What was stale, as far as it is known by now."""
    connection.execute(update(PipelineRun).where(PipelineRun.id == run_id).values(stale=list(families)))


def end_run(connection: Connection, run_id: int, error: str | None) -> None:
    """A going-over is over."""
    connection.execute(update(PipelineRun).where(PipelineRun.id == run_id).values(finished_at=now_ms(), error=error))
    emit(connection, "task", what="run", run_id=run_id)


def _forget(connection: Connection, dataset: DatasetId) -> None:
    oldest = connection.execute(
        select(PipelineRun.id)
        .where(PipelineRun.dataset_id == dataset)
        .order_by(PipelineRun.id.desc())
        .offset(RUNS_KEPT)
        .limit(1)
    ).scalar()
    if oldest is None:
        return
    connection.execute(delete(PipelineRun).where(PipelineRun.dataset_id == dataset, PipelineRun.id <= oldest))
    newest = (
        select(PipelineTask.family, func.max(PipelineTask.run_id).label("run_id"))
        .where(PipelineTask.dataset_id == dataset)
        .group_by(PipelineTask.family)
    )
    last = {row.family: row.run_id for row in connection.execute(newest)}
    for family, run_id in last.items():
        connection.execute(
            delete(PipelineTask).where(
                PipelineTask.dataset_id == dataset,
                PipelineTask.family == family,
                PipelineTask.run_id <= min(oldest, run_id - 1),
                PipelineTask.state != TaskState.RUNNING,
            )
        )
    connection.execute(delete(PipelineLog).where(PipelineLog.fingerprint.not_in(select(PipelineTask.fingerprint))))
