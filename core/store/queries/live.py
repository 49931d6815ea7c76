"""What the live page shows, read from the roll-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from core.store.hot import hot
from core.store.models import (
    ClassCount,
    ConfusionCount,
    DatasetId,
    Fold,
    Promotion,
    Run,
    RunId,
    Score,
    Tally,
    now_ms,
)

HEADLINE_METRIC = "macro_f1"


@dataclass(frozen=True, slots=True)
class Champion:
    """The model in charge: whose predictions are shown and counted."""

    run_id: RunId
    candidate: str
    version: int
    promoted_at: int
    reason: str

    @property
    def title(self) -> str:
        """As a page names it: `char-svc v3`."""
        return f"{self.candidate} v{self.version}"


@dataclass(frozen=True, slots=True)
class CurveRun:
    """A run's learning curve: a row a finished fold, as (training messages, fraction, repeat, fold, value).

    `reason` says why it failed, or was stopped.
    """

    run_id: RunId
    candidate: str
    version: int
    state: str
    folds_planned: int
    reason: str | None
    folds: Sequence[tuple[int, float, int, int, float]]


@dataclass(frozen=True, slots=True)
class HourCount:
    """Messages of one hour (since 1970) and class."""

    hour: int
    klass: str
    n: int


TALLIES = hot(select(Tally.name, func.sum(Tally.n)).group_by(Tally.name))


def tallies(connection: Connection) -> dict[str, int]:
    """The plain counts by name: messages, quarantined, verdicts and what others count."""
    rows = connection.execute(TALLIES)
    return {name: int(n) for name, n in rows}


def champion(connection: Connection, dataset: DatasetId) -> Champion | None:
    """The dataset's champion, or None before the first promotion."""
    row = connection.execute(
        select(Run.id, Run.candidate, Run.version, Promotion.at, Promotion.reason)
        .join(Run, Run.id == Promotion.run_id)
        .where(Promotion.dataset_id == dataset)
        .order_by(Promotion.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Champion(RunId(row.id), row.candidate, row.version, row.at, row.reason)


def confusion(connection: Connection, run_id: RunId, against: str) -> dict[tuple[str, str], int]:
    """Messages by (true class, predicted class); cells without a message are left out."""
    rows = connection.execute(
        select(ConfusionCount.truth, ConfusionCount.klass, func.sum(ConfusionCount.n))
        .where(ConfusionCount.run_id == run_id, ConfusionCount.against == against)
        .group_by(ConfusionCount.truth, ConfusionCount.klass)
    )
    return {(truth, klass): int(n) for truth, klass, n in rows if n}


def class_hours(connection: Connection, series: str, run_id: int, hours: range) -> list[HourCount]:
    """Messages an hour and class in these hours, in their order."""
    rows = connection.execute(
        select(ClassCount.hour, ClassCount.klass, func.sum(ClassCount.n))
        .where(ClassCount.series == series, ClassCount.run_id == run_id, ClassCount.hour.between(hours[0], hours[-1]))
        .group_by(ClassCount.hour, ClassCount.klass)
        .order_by(ClassCount.hour)
    )
    return [HourCount(hour, klass, int(n)) for hour, klass, n in rows if n]


def curves(connection: Connection, dataset: DatasetId, reigning: RunId | None = None, runs: int = 8) -> list[CurveRun]:
    """The learning curves of the newest run of each candidate, newest first, `runs` at most; and the reigning run's."""
    newest = (
        select(Run.candidate, func.max(Run.id).label("id"))
        .where(Run.dataset_id == dataset)
        .group_by(Run.candidate)
        .subquery()
    )
    chosen = connection.execute(
        select(Run.id, Run.candidate, Run.version, Run.state, Run.folds_planned, Run.error)
        .where(or_(Run.id.in_(select(newest.c.id)), Run.id == reigning))
        .order_by(Run.id.desc())
        .limit(runs)
    ).all()
    folds = connection.execute(
        select(Fold.run_id, Fold.train_size, Fold.fraction, Fold.repeat, Fold.fold, Score.value)
        .join(Score, Score.fold_id == Fold.id)
        .where(Fold.run_id.in_([run.id for run in chosen]), Score.metric == HEADLINE_METRIC, Score.klass == "")
        .order_by(Fold.id)
    ).all()
    return [
        CurveRun(
            RunId(run.id),
            run.candidate,
            run.version,
            run.state,
            run.folds_planned,
            run.error,
            [(f.train_size, f.fraction, f.repeat, f.fold, f.value) for f in folds if f.run_id == run.id],
        )
        for run in chosen
    ]


def run_scores(connection: Connection, run_id: RunId, metric: str = HEADLINE_METRIC) -> list[float]:
    """A metric of a run's folds at the whole training part."""
    rows = connection.execute(
        select(Score.value)
        .join(Fold, Fold.id == Score.fold_id)
        .where(Fold.run_id == run_id, Fold.fraction == 1.0, Score.metric == metric, Score.klass == "")
        .order_by(Fold.repeat, Fold.fold)
    )
    return list(rows.scalars())


def clock(connection: Connection) -> int:
    """The database's time, in ms: pages tell the age of their data by it."""
    return connection.execute(select(now_ms())).scalar_one()
