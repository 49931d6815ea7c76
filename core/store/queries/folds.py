"""Scores of a run, fold by fold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.models import Fold, RunId, Score, Stage

F1, MACRO_F1 = "f1", "macro_f1"
NAIVE = "NaiveSplit"
"""The stage that finds what folds would say that look at classes only."""
TRIALS_MOST = 50
FOLDS_MOST = 100
"""Repeats of ten folds, at most ten."""


@dataclass(frozen=True, slots=True)
class FoldScore:
    """F1 of a class in a fold, or macro-F1 where `klass` is empty; with the messages trained on and tested.

    `metric` names another score where one was asked for.
    """

    repeat: int
    fold: int
    klass: str
    value: float
    train_size: int
    test_size: int
    metric: str = F1


def scores_by_fold(connection: Connection, run_id: RunId) -> list[FoldScore]:
    """Every metric over all classes, of each finished fold at the whole training part."""
    rows = connection.execute(
        select(Fold.repeat, Fold.fold, Score.klass, Score.value, Fold.train_size, Fold.test_size, Score.metric)
        .join(Score, Score.fold_id == Fold.id)
        .where(Fold.run_id == run_id, Fold.fraction == 1.0, Score.klass == "")
        .order_by(Fold.repeat, Fold.fold)
    )
    return [FoldScore(*row) for row in rows]


def f1_by_fold(connection: Connection, run_id: RunId) -> list[FoldScore]:
    """F1 of each finished fold at the whole training part, over all classes and of each, in the order of the folds."""
    folds = (
        select(Fold.id, Fold.repeat, Fold.fold, Fold.train_size, Fold.test_size)
        .where(Fold.run_id == run_id, Fold.fraction == 1.0)
        .order_by(Fold.repeat, Fold.fold)
        .limit(FOLDS_MOST)
        .subquery()
    )
    rows = connection.execute(
        select(folds.c.repeat, folds.c.fold, Score.klass, Score.value, folds.c.train_size, folds.c.test_size)
        .join(Score, Score.fold_id == folds.c.id)
        .where(Score.metric.in_([F1, MACRO_F1]))
        .order_by(folds.c.repeat, folds.c.fold, Score.klass)
    )
    return [FoldScore(*row) for row in rows]


def naive_macro_f1(connection: Connection, run_id: RunId) -> float | None:
    """What a naive split found for a run; None where none was tried, as of all but the newest chosen ones."""
    newest = select(Stage.result).where(Stage.name == NAIVE).order_by(Stage.finished_at.desc()).limit(TRIALS_MOST)
    found = [result for result in connection.execute(newest).scalars() if result["run"] == run_id]
    return found[0]["naive_macro_f1"] if found else None
