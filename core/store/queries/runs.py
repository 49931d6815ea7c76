"""Runs in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from core.store.models import DatasetId, Fold, Run, RunState, Score
from core.store.queries.live import HEADLINE_METRIC
from core.store.queries.whose import whose_of


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run; `macro_f1` is the mean over its folds at the whole training part, None before the first. Times are ms.

    `reason` says why it failed, or was stopped. `origins`: how many of its labels came from whom, empty where that was
    not kept. `judged` messages of them people have judged, with `macro_f1_judged` on these alone (None where too few
    tell) as value and 95 % interval.
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
    made_with: dict[str, Any] | None
    origins: Mapping[str, int]
    judged: int
    macro_f1_judged: tuple[float, float, float] | None


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
        Run.made_with,
        Run.params,
    ).where(Run.dataset_id == dataset)
    if before is not None:
        query = query.where(Run.id < before)
    return [_listed(row) for row in connection.execute(query.order_by(Run.id.desc()).limit(most))]


def newest_runs(connection: Connection, dataset: DatasetId, candidates: Sequence[str]) -> dict[str, int]:
    """Of these candidates the newest run that is done, by name; those that none has tried are left out."""
    done = (Run.dataset_id == dataset, Run.candidate.in_(candidates), Run.state == RunState.DONE)
    rows = connection.execute(select(Run.candidate, func.max(Run.id)).where(*done).group_by(Run.candidate))
    return {str(row[0]): int(row[1]) for row in rows}


def _listed(row: Row[Any]) -> ListedRun:
    truth = whose_of(row.train_size, row.params)
    fields: list[Any] = [*list(row)[:-1], truth.origins, truth.judged, truth.macro_f1]
    return ListedRun(*fields)
