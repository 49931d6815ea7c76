"""Fitted models out of the store, and what is known of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, select

from core.errors import StoreError
from core.store.models import DatasetId, Fold, Model, Run, RunId, RunState, Score
from core.store.store import Store


def model_content(store: Store, run_id: RunId) -> bytes:
    """The bytes of a run's model.

    Raises:
        StoreError: the run was not fitted.
    """
    with store.read() as connection:
        content = connection.execute(select(Model.content).where(Model.run_id == run_id)).scalar()
    if content is None:
        raise StoreError(f"run {run_id} has no fitted model")
    return content


def has_model(store: Store, run_id: RunId) -> bool:
    """Whether the run was fitted."""
    with store.read() as connection:
        return connection.execute(select(Model.run_id).where(Model.run_id == run_id)).scalar() is not None


def fold_scores(store: Store, run_id: RunId, metric: str = "macro_f1") -> np.ndarray:
    """A metric of the run's folds at the whole training part, in the order of the folds."""
    with store.read() as connection:
        rows = connection.execute(
            select(Score.value)
            .join(Fold, Fold.id == Score.fold_id)
            .where(Fold.run_id == run_id, Fold.fraction == 1.0, Score.metric == metric, Score.klass == "")
            .order_by(Fold.repeat, Fold.fold)
        )
        return np.array(rows.scalars().all(), dtype=float)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a run was made from."""

    candidate: str
    label_cutoff: int
    fingerprint: str


def finished_run(connection: Connection, dataset: DatasetId, run_id: RunId) -> FinishedRun | None:
    """A run of the dataset that is done, or None."""
    query = select(Run.candidate, Run.label_cutoff, Run.fingerprint)
    row = connection.execute(
        query.where(Run.id == run_id, Run.dataset_id == dataset, Run.state == RunState.DONE)
    ).first()
    return None if row is None else FinishedRun(*row)


def candidate_version(store: Store, run_id: RunId) -> str:
    """A run's title, such as `char-svc v3`."""
    with store.read() as connection:
        row = connection.execute(select(Run.candidate, Run.version).where(Run.id == run_id)).one()
    return f"{row.candidate} v{row.version}"
