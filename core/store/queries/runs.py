"""Runs in a list."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Fold, Run, Score
from core.store.queries.live import HEADLINE_METRIC


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run; `macro_f1` is the mean over its folds at the whole training part, None before the first. Times are ms.

    `reason` says why it failed, or was stopped.
    """

    run_id: int
    candidate: str
    version: int
    state: str
    reason: str | None
    label_cutoff: int
    label_set: str | None
    train_size: int
    macro_f1: float | None
    started_at: int
    finished_at: int | None


def runs(connection: Connection, dataset: DatasetId, *, before: int | None = None, most: int = 100) -> list[ListedRun]:
    """The newest runs first, those with ids below `before`."""
    mean = (
        select(func.avg(Score.value))
        .join(Fold, Fold.id == Score.fold_id)
        .where(Fold.run_id == Run.id, Fold.fraction == 1.0, Score.metric == HEADLINE_METRIC, Score.klass == "")
        .correlate(Run)
        .scalar_subquery()
    )
    query = select(
        Run.id,
        Run.candidate,
        Run.version,
        Run.state,
        Run.error,
        Run.label_cutoff,
        Run.label_set,
        Run.train_size,
        mean,
        Run.started_at,
        Run.finished_at,
    ).where(Run.dataset_id == dataset)
    if before is not None:
        query = query.where(Run.id < before)
    return [ListedRun(*row) for row in connection.execute(query.order_by(Run.id.desc()).limit(most))]
