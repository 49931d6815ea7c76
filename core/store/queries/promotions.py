"""Who was champion, since when, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from core.store.models import DatasetId, Promotion, PromotionAct, Run, RunId

PAGE = 30


@dataclass(frozen=True, slots=True)
class Promoted:
    """A model became the champion. `person_id` is None for the pipeline; `at` is in ms."""

    id: int
    run_id: RunId
    candidate: str
    version: int
    act: str
    by: str
    person_id: int | None
    reason: str
    at: int

    @property
    def title(self) -> str:
        """As a page names the model: `char-svc v3`."""
        return f"{self.candidate} v{self.version}"

    @property
    def sentence(self) -> str:
        """Who did what: `rolled back to char-svc v1 by Ada`."""
        to = " to" if self.act == PromotionAct.ROLLED_BACK else ""
        return f"{self.act}{to} {self.title} by {self.by}"


def _promotions(dataset: DatasetId) -> Any:
    columns = (Promotion.act, Promotion.promoted_by, Promotion.person_id, Promotion.reason, Promotion.at)
    query = select(Promotion.id, Promotion.run_id, Run.candidate, Run.version, *columns)
    query = query.join(Run, Run.id == Promotion.run_id).where(Promotion.dataset_id == dataset)
    return query.order_by(Promotion.id.desc())


def promotions(
    connection: Connection, dataset: DatasetId, *, before: int | None = None, most: int = PAGE
) -> list[Promoted]:
    """The newest first; those older than the promotion `before`."""
    query = _promotions(dataset).limit(most)
    if before is not None:
        query = query.where(Promotion.id < before)
    return [_promoted(row) for row in connection.execute(query)]


def reigning(connection: Connection, dataset: DatasetId) -> Promoted | None:
    """The promotion that holds; None before the first."""
    return next(iter(promotions(connection, dataset, most=1)), None)


def was_champion(connection: Connection, dataset: DatasetId, run_id: RunId) -> bool:
    """Whether a run ever was."""
    query = select(Promotion.id).where(Promotion.dataset_id == dataset, Promotion.run_id == run_id)
    return connection.execute(query.limit(1)).first() is not None


def champion_before(connection: Connection, dataset: DatasetId, run_id: RunId) -> Promoted | None:
    """Who was champion before the run that is it now."""
    row = connection.execute(_promotions(dataset).where(Promotion.run_id != run_id).limit(1)).first()
    return None if row is None else _promoted(row)


def labels_tried_by(connection: Connection, dataset: DatasetId, at: int) -> tuple[int, str | None] | None:
    """The label cut-off and frozen set of the newest run that had begun at a time (ms); None where there was none."""
    query = select(Run.label_cutoff, Run.label_set).where(Run.dataset_id == dataset, Run.started_at <= at)
    row = connection.execute(query.order_by(Run.id.desc()).limit(1)).first()
    return None if row is None else (row.label_cutoff, row.label_set)


def _promoted(row: Row[Any]) -> Promoted:
    promotion_id, run_id, *rest = tuple(row)
    return Promoted(promotion_id, RunId(run_id), *rest)
