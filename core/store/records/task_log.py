"""What a task says while it is held: how far it is, and the lines of its log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from core.store.feed import emit
from core.store.models import PipelineLog, PipelineTask, TaskState
from core.store.records.claims import Claim

LINE_MOST, LINES_MOST, KEPT_MOST = 1_000, 200, 600
"""Characters a line of a log, lines an attempt, lines a task."""


def tell_progress(connection: Connection, held: Claim, done: int, of: int) -> None:
    """Say how far a task is."""
    mine = (PipelineTask.fingerprint == held.fingerprint, PipelineTask.token == held.token)
    moved = update(PipelineTask).where(*mine, PipelineTask.state == TaskState.RUNNING).values(done=done, of=of)
    if connection.execute(moved).rowcount:
        emit(connection, "task", fingerprint=held.fingerprint, family=held.family, done=done, of=of)


def add_log(connection: Connection, held: Claim, lines: Sequence[str]) -> None:
    """Keep lines of an attempt's log; of a task's older attempts only so many."""
    if not lines:
        return
    key = {"fingerprint": held.fingerprint, "token": held.token, "attempt": held.attempt}
    connection.execute(insert(PipelineLog), [{**key, "line": line[:LINE_MOST]} for line in lines[-LINES_MOST:]])
    kept = (
        select(PipelineLog.id)
        .where(PipelineLog.fingerprint == held.fingerprint)
        .order_by(PipelineLog.id.desc())
        .offset(KEPT_MOST)
        .limit(1)
    )
    oldest = connection.execute(kept).scalar()
    if oldest is not None:
        connection.execute(
            delete(PipelineLog).where(PipelineLog.fingerprint == held.fingerprint, PipelineLog.id <= oldest)
        )
