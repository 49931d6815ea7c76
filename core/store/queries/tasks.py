"""How the pipeline's tasks stand, and who works at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from core.store.models import (
    DatasetId,
    PipelineAsk,
    PipelineLog,
    PipelineRun,
    PipelineTask,
    PipelineWorker,
    TaskAsk,
    TaskState,
    now_ms,
)

OF_FAMILY_MOST = 120
"""Tasks of a family that are shown: those that failed, run or wait before those that are done."""
LINES_MOST = 400


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it stands; times are ms, memory bytes.

    `lives`: who runs it has said so of late; `asked`: who has asked for it to be cancelled.
    """

    fingerprint: str
    family: str
    params: dict[str, Any]
    waits_for: Sequence[str]
    state: str
    place: int
    host: str
    pid: int
    attempt: int
    due_at: int
    done: int
    of: int
    seconds: float | None
    peak_memory: int | None
    error: str | None
    started_at: int | None
    finished_at: int | None
    lives: bool
    asked: str | None


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A process that is there."""

    id: str
    host: str
    pid: int
    account: str
    watches: bool
    started_at: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """A going-over; `over` is False while it goes on, and `lost` where who did it is gone."""

    id: int
    host: str
    pid: int
    account: str
    watches: bool
    stale: Sequence[str]
    times: int
    started_at: int
    finished_at: int | None
    error: str | None
    lost: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a task's log."""

    id: int
    attempt: int
    line: str
    at: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of several tasks together, and the bytes of the one that took most."""

    seconds: float
    peak_memory: int


def stands(connection: Connection, fingerprint: str) -> str | None:
    """A task's state; None where it was never listed."""
    return connection.execute(select(PipelineTask.state).where(PipelineTask.fingerprint == fingerprint)).scalar()


def unfinished(connection: Connection, fingerprints: Sequence[str]) -> dict[str, bool]:
    """Those of these tasks that wait or run; whether somebody who lives has it in hand."""
    held = (PipelineTask.state == TaskState.RUNNING) & (PipelineTask.lease_until > now_ms())
    query = select(PipelineTask.fingerprint, held.label("held")).where(PipelineTask.fingerprint.in_(fingerprints))
    rows = connection.execute(query.where(PipelineTask.state.in_([TaskState.WAITING, TaskState.RUNNING])))
    return {row.fingerprint: bool(row.held) for row in rows}


def graph(connection: Connection, dataset: DatasetId) -> list[TaskRow]:
    """The tasks of the line: of each family those that were listed together last, `OF_FAMILY_MOST` of them."""
    newest = (
        select(PipelineTask.family, func.max(PipelineTask.run_id).label("run_id"))
        .where(PipelineTask.dataset_id == dataset)
        .group_by(PipelineTask.family)
        .subquery()
    )
    asked = (
        select(func.max(PipelineAsk.by))
        .where(
            PipelineAsk.fingerprint == PipelineTask.fingerprint,
            PipelineAsk.what == TaskAsk.CANCEL,
            PipelineAsk.obeyed_at.is_(None),
        )
        .correlate(PipelineTask)
        .scalar_subquery()
    )
    same = and_(newest.c.family == PipelineTask.family, newest.c.run_id == PipelineTask.run_id)
    is_done = case((PipelineTask.state == TaskState.DONE, 1), else_=0)
    order = (is_done, PipelineTask.place, PipelineTask.started_at.desc())
    shown = (
        select(
            PipelineTask.fingerprint,
            func.row_number().over(partition_by=PipelineTask.family, order_by=order).label("nth"),
        )
        .join(newest, same)
        .where(PipelineTask.dataset_id == dataset)
        .subquery()
    )
    rows = connection.execute(
        select(
            PipelineTask.fingerprint,
            PipelineTask.family,
            PipelineTask.params,
            PipelineTask.waits_for,
            PipelineTask.state,
            PipelineTask.place,
            PipelineTask.host,
            PipelineTask.pid,
            PipelineTask.attempt,
            PipelineTask.due_at,
            PipelineTask.done,
            PipelineTask.of,
            PipelineTask.seconds,
            PipelineTask.peak_memory,
            PipelineTask.error,
            PipelineTask.started_at,
            PipelineTask.finished_at,
            (PipelineTask.lease_until > now_ms()).label("lives"),
            asked.label("asked"),
        )
        .join(shown, and_(shown.c.fingerprint == PipelineTask.fingerprint, shown.c.nth <= OF_FAMILY_MOST))
        .order_by(PipelineTask.family, PipelineTask.place, PipelineTask.fingerprint)
    )
    return [TaskRow(**{**row._mapping, "lives": row.lives and row.state == TaskState.RUNNING}) for row in rows]


def workers(connection: Connection) -> list[WorkerRow]:
    """The processes that are there."""
    columns = (PipelineWorker.id, PipelineWorker.host, PipelineWorker.pid, PipelineWorker.account)
    there = select(*columns, PipelineWorker.watches, PipelineWorker.started_at).where(
        PipelineWorker.seen_until > now_ms()
    )
    return [WorkerRow(*row) for row in connection.execute(there.order_by(PipelineWorker.started_at))]


def recent_runs(connection: Connection, dataset: DatasetId, most: int = 20) -> list[RunRow]:
    """The newest goings-over first."""
    there = select(PipelineWorker.id).where(
        PipelineWorker.id == PipelineRun.worker_id, PipelineWorker.seen_until > now_ms()
    )
    rows = connection.execute(
        select(
            PipelineRun.id,
            PipelineRun.host,
            PipelineRun.pid,
            PipelineRun.account,
            PipelineRun.watches,
            PipelineRun.stale,
            PipelineRun.times,
            PipelineRun.started_at,
            PipelineRun.finished_at,
            PipelineRun.error,
            (~there.exists()).label("lost"),
        )
        .where(PipelineRun.dataset_id == dataset)
        .order_by(PipelineRun.id.desc())
        .limit(most)
    )
    return [RunRow(**{**row._mapping, "lost": bool(row.lost) and row.finished_at is None}) for row in rows]


def log_of(connection: Connection, dataset: DatasetId, fingerprint: str) -> list[LogLine]:
    """The newest lines of a task's log, in their order."""
    rows = connection.execute(
        select(PipelineLog.id, PipelineLog.attempt, PipelineLog.line, PipelineLog.at)
        .join(PipelineTask, PipelineTask.fingerprint == PipelineLog.fingerprint)
        .where(PipelineLog.fingerprint == fingerprint, PipelineTask.dataset_id == dataset)
        .order_by(PipelineLog.id.desc())
        .limit(LINES_MOST)
    ).all()
    return [LogLine(*row) for row in reversed(rows)]


def cost_of(connection: Connection, fingerprints: Sequence[str]) -> Cost:
    """What these tasks took, whoever did them."""
    columns = (func.sum(PipelineTask.seconds), func.max(PipelineTask.peak_memory))
    seconds, memory = connection.execute(select(*columns).where(PipelineTask.fingerprint.in_(fingerprints))).one()
    return Cost(float(seconds or 0.0), int(memory or 0))
