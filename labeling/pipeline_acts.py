"""What a lead asks of the pipeline: a task run again, or cancelled. On record, and obeyed by whoever runs it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select

from core.store.models import DatasetId, PipelineTask, TaskAsk
from core.store.records.asks import ask_cancel, ask_rerun
from labeling.audit import Act, audit
from labeling.models import Role
from labeling.people import PersonId, require

_ACTS = {TaskAsk.RERUN: Act.TASK_RERUN, TaskAsk.CANCEL: Act.TASK_CANCELLED}
_ASKS: dict[TaskAsk, Callable[..., None]] = {TaskAsk.RERUN: ask_rerun, TaskAsk.CANCEL: ask_cancel}


def ask_of_task(
    connection: Connection,
    dataset: DatasetId,
    fingerprint: str,
    what: TaskAsk,
    *,
    by: PersonId,
    address: str | None = None,
) -> None:
    """Ask for a task to be run again, with all that is made from it, or to be cancelled.

    Raises:
        AccessError: the person is no lead.
        PipelineError: there is no such task, or it does not stand so that this could be asked.
    """
    reviewer = require(connection, by, Role.LEAD)
    _ASKS[what](connection, dataset, fingerprint, by=reviewer.name, person_id=by)
    family = connection.execute(select(PipelineTask.family).where(PipelineTask.fingerprint == fingerprint)).scalar()
    audit(connection, _ACTS[what], by=by, subject=f"{family} {fingerprint}", address=address)
