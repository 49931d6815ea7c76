"""The runs that the registry shows: the newest of each candidate, those that were trained on everything, any by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Model, Run, RunId

CANDIDATES_MOST = 40
FITTED_MOST = 20


@dataclass(frozen=True, slots=True)
class RegisteredRun:
    """A run in any state. `size`: bytes of its model, None where it was never trained on everything. Times are ms."""

    run_id: RunId
    candidate: str
    version: int
    state: str
    error: str | None
    train_size: int
    label_cutoff: int
    label_set: str | None
    started_at: int
    finished_at: int | None
    made_with: dict[str, Any] | None
    size: int | None

    @property
    def title(self) -> str:
        """As a page names it: `char-svc v3`."""
        return f"{self.candidate} v{self.version}"


def registered_runs(connection: Connection, dataset: DatasetId, ids: Sequence[int]) -> list[RegisteredRun]:
    """These runs, the newest first."""
    query = (
        select(
            Run.id,
            Run.candidate,
            Run.version,
            Run.state,
            Run.error,
            Run.train_size,
            Run.label_cutoff,
            Run.label_set,
            Run.started_at,
            Run.finished_at,
            Run.made_with,
            func.length(Model.content),
        )
        .outerjoin(Model, Model.run_id == Run.id)
        .where(Run.dataset_id == dataset, Run.id.in_(ids))
    )
    rows: Iterable[Any] = connection.execute(query.order_by(Run.id.desc()))
    return [RegisteredRun(*row) for row in rows]


def newest_of_each(connection: Connection, dataset: DatasetId) -> list[int]:
    """The newest run of each candidate, of those that came last."""
    newest = func.max(Run.id).label("id")
    query = select(newest).where(Run.dataset_id == dataset).group_by(Run.candidate)
    return list(connection.execute(query.order_by(newest.desc()).limit(CANDIDATES_MOST)).scalars())


def runs_called(connection: Connection, dataset: DatasetId, version: int, candidate: str | None) -> list[int]:
    """The runs of a version, of all candidates or of one; first those trained on everything, the newest ahead."""
    query = select(Run.id).outerjoin(Model, Model.run_id == Run.id)
    query = query.where(Run.dataset_id == dataset, Run.version == version)
    if candidate is not None:
        query = query.where(Run.candidate == candidate)
    return list(connection.execute(query.order_by(Model.run_id.is_(None), Run.id.desc()).limit(FITTED_MOST)).scalars())


def fitted(connection: Connection, dataset: DatasetId) -> list[int]:
    """The newest runs that were trained on everything."""
    query = select(Run.id).join(Model, Model.run_id == Run.id).where(Run.dataset_id == dataset)
    return list(connection.execute(query.order_by(Run.id.desc()).limit(FITTED_MOST)).scalars())
