"""Who holds a task: claimed under a lease with a fencing token, moved on, ended, put back; each is an event."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from core.errors import PipelineError
from core.store.feed import emit
from core.store.models import PipelineTask, TaskState, now_ms
from core.store.records.asks import asked_to_cancel, obeyed
from core.store.records.tasks import cancel

LEASE_MS = 6_000
"""A process that says nothing for so long is dead, and what it held is taken over."""


class LeaseLostError(PipelineError):
    """Somebody else holds this task now; what was written under the old hold stays, nothing more is."""


class Refusal(enum.StrEnum):
    """Why a task cannot be claimed now."""

    HELD = "held"
    """By a process that lives."""
    CANCELLED = "cancelled"
    RESTING = "resting"
    """It failed, and is tried again later."""
    GIVEN_UP = "given up"
    """It failed as often as it may."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold on a task: whose, under which fencing token, the how-manieth attempt."""

    fingerprint: str
    family: str
    holder: str
    token: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Process:
    """Who works: an id of its own, and where it runs."""

    id: str
    host: str
    pid: int
    account: str
    watches: bool


def claim(connection: Connection, fingerprint: str, by: Process, retries: int) -> Claim | Refusal:
    """Take a listed task where it is free, or its holder is dead; `retries`: how often one that failed is tried again.

    An open wish to cancel it is obeyed instead.
    """
    refusal, row = _looked_at(connection, fingerprint, by, retries)
    if refusal not in (Refusal.HELD, Refusal.CANCELLED) and asked_to_cancel(connection, [fingerprint]):
        obeyed(connection, [fingerprint])
        cancel(connection, fingerprint)
        return Refusal.CANCELLED
    if refusal is not None:
        return refusal
    begins = row.state in (TaskState.DONE, TaskState.WAITING)
    taken = Claim(fingerprint, row.family, by.id, row.token + 1, 1 if begins else row.attempt + 1)
    connection.execute(
        update(PipelineTask)
        .where(PipelineTask.fingerprint == fingerprint)
        .values(
            state=TaskState.RUNNING,
            holder=by.id,
            host=by.host,
            pid=by.pid,
            lease_until=now_ms() + LEASE_MS,
            token=taken.token,
            attempt=taken.attempt,
            done=0,
            of=0,
            seconds=None,
            peak_memory=None,
            error=None,
            started_at=now_ms(),
            finished_at=None,
        )
    )
    obeyed(connection, [fingerprint])
    _tell(connection, taken, TaskState.RUNNING)
    return taken


def refusal_of(connection: Connection, fingerprint: str, by: Process, retries: int) -> Refusal | None:
    """Why a listed task could not be claimed now; None where it could."""
    return _looked_at(connection, fingerprint, by, retries)[0]


def _looked_at(connection: Connection, fingerprint: str, by: Process, retries: int) -> tuple[Refusal | None, Any]:
    """Why a task cannot be claimed, and its row, which nobody else may move in this transaction."""
    row = connection.execute(
        select(PipelineTask, (PipelineTask.lease_until > now_ms()).label("lives"), now_ms().label("now"))
        .where(PipelineTask.fingerprint == fingerprint)
        .with_for_update(of=PipelineTask)
    ).one()
    if row.state == TaskState.RUNNING and row.lives and row.holder != by.id:
        return Refusal.HELD, row
    if row.state == TaskState.CANCELLED:
        return Refusal.CANCELLED, row
    if row.state == TaskState.FAILED and row.attempt > retries:
        return Refusal.GIVEN_UP, row
    if row.state == TaskState.FAILED and row.due_at > row.now:
        return Refusal.RESTING, row
    return None, row


def fence(connection: Connection, held: Claim) -> None:
    """Refuse to write unless the task is still held under this claim; nobody takes it over before the transaction ends.

    Raises:
        LeaseLostError: somebody else holds it.
    """
    token = connection.execute(
        select(PipelineTask.token)
        .where(PipelineTask.fingerprint == held.fingerprint, PipelineTask.state == TaskState.RUNNING)
        .with_for_update(read=True)
    ).scalar()
    if token != held.token:
        raise LeaseLostError(f"the task {held.family} is somebody else's now")


def extend(connection: Connection, held: Claim) -> bool:
    """Hold on to a task; False where it is lost."""
    mine = (PipelineTask.fingerprint == held.fingerprint, PipelineTask.token == held.token)
    longer = update(PipelineTask).where(*mine, PipelineTask.state == TaskState.RUNNING)
    return connection.execute(longer.values(lease_until=now_ms() + LEASE_MS)).rowcount == 1


def end(
    connection: Connection,
    held: Claim,
    state: TaskState,
    *,
    seconds: float,
    peak_memory: int | None = None,
    error: str | None = None,
    rest_ms: int = 0,
) -> None:
    """End an attempt, as done or failed with a sentence; a failed one is tried again after `rest_ms`.

    Raises:
        LeaseLostError: somebody else holds it.
    """
    fence(connection, held)
    values: dict[str, Any] = {"state": state, "seconds": seconds, "peak_memory": peak_memory}
    values |= {"error": error, "lease_until": 0}
    values |= {"finished_at": now_ms(), "due_at": now_ms() + rest_ms}
    if state == TaskState.DONE:
        values["done"] = PipelineTask.of  # all of it, where it was known of how many
        obeyed(connection, [held.fingerprint])  # a wish to cancel it came too late
    connection.execute(update(PipelineTask).where(PipelineTask.fingerprint == held.fingerprint).values(**values))
    _tell(connection, held, state, seconds=round(seconds, 3))


def release(connection: Connection, held: Claim) -> None:
    """Put a task back that was not worked on."""
    mine = (PipelineTask.fingerprint == held.fingerprint, PipelineTask.token == held.token)
    back = update(PipelineTask).where(*mine, PipelineTask.state == TaskState.RUNNING)
    if connection.execute(back.values(state=TaskState.WAITING, lease_until=0)).rowcount:
        _tell(connection, held, TaskState.WAITING)


def _tell(connection: Connection, held: Claim, state: TaskState, **more: Any) -> None:
    facts = {"fingerprint": held.fingerprint, "family": held.family, "state": state, "attempt": held.attempt}
    emit(connection, "task", **facts, **more)
