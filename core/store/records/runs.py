"""Runs, their folds and models, and promotions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from core.store import bulk
from core.store.feed import emit
from core.store.models import (
    ConfusionCount,
    DatasetId,
    Fold,
    FoldPrediction,
    Model,
    Promotion,
    Run,
    RunId,
    RunState,
    Score,
    now_ms,
)
from core.store.records.audit import Act, audit
from core.store.rollups import FOLDS, FOLDS_OF, add_rows

if TYPE_CHECKING:  # a second to import, which a server that starts has no use for
    import pandas as pd

_fold_prediction: Table = FoldPrediction.__table__  # type: ignore[assignment]
_score: Table = Score.__table__  # type: ignore[assignment]
_confusion: Table = ConfusionCount.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run about to begin; `fingerprint` covers all that it is made from."""

    dataset_id: DatasetId
    candidate: str
    fingerprint: str
    label_cutoff: int
    train_size: int
    folds_planned: int
    seed: int
    params: Mapping[str, Any]
    label_set: str | None = None


@dataclass(frozen=True, slots=True)
class FoldRecord:
    """A finished fold and its scores as (metric, class or "", value)."""

    repeat: int
    fold: int
    fraction: float
    train_size: int
    test_size: int
    fit_seconds: float
    predict_seconds: float
    scores: Sequence[tuple[str, str, float]]


def start_run(connection: Connection, new: NewRun) -> RunId:
    """Begin a run. One that was begun with the same fingerprint and never finished is cleared and begun again."""
    old = connection.execute(select(Run.id).where(Run.fingerprint == new.fingerprint).with_for_update()).scalar()
    if old is not None:
        _clear(connection, old)
        connection.execute(
            update(Run).where(Run.id == old).values(state=RunState.RUNNING, error=None, started_at=now_ms())
        )
        emit(connection, "run", run_id=old, state=RunState.RUNNING, candidate=new.candidate)
        return RunId(old)
    newest = select(func.coalesce(func.max(Run.version), 0)).where(
        Run.dataset_id == new.dataset_id, Run.candidate == new.candidate
    )
    row = {
        "dataset_id": new.dataset_id,
        "candidate": new.candidate,
        "version": connection.execute(newest).scalar_one() + 1,
        "fingerprint": new.fingerprint,
        "state": RunState.RUNNING,
        "label_cutoff": new.label_cutoff,
        "train_size": new.train_size,
        "folds_planned": new.folds_planned,
        "seed": new.seed,
        "params": dict(new.params),
        "label_set": new.label_set,
    }
    run_id = connection.execute(insert(Run).returning(Run.id), row).scalar_one()
    emit(connection, "run", run_id=run_id, state=RunState.RUNNING, candidate=new.candidate)
    return RunId(run_id)


def _clear(connection: Connection, run_id: int) -> None:
    """Take out what an interrupted run left behind: its folds are not facts until it is done."""
    folds = select(Fold.id).where(Fold.run_id == run_id)
    connection.execute(delete(Score).where(Score.fold_id.in_(folds)))
    connection.execute(delete(Fold).where(Fold.run_id == run_id))
    connection.execute(delete(FoldPrediction).where(FoldPrediction.run_id == run_id))
    counted = ConfusionCount.against.in_([FOLDS, *FOLDS_OF.values()])
    connection.execute(delete(ConfusionCount).where(ConfusionCount.run_id == run_id, counted))


def add_fold_predictions(connection: Connection, run_id: RunId, repeat: int, frame: pd.DataFrame) -> None:
    """Store out-of-fold predictions, counted in the run's confusion.

    `frame` has message_id, truth, klass, confidence; origin, of the label; and margins, as bytes, where they are to be
    kept.
    """
    said = frame.assign(run_id=int(run_id), repeat=repeat)
    bulk.append(connection, _fold_prediction, said)
    cells = Counter((FOLDS, *cell) for cell in zip(said["truth"], said["klass"], strict=True))
    if repeat == 0 and "origin" in said:
        against = [FOLDS_OF[origin] for origin in said["origin"]]
        cells.update(zip(against, said["truth"], said["klass"], strict=True))
    key = {"run_id": int(run_id)}
    rows = [{**key, "against": a, "truth": truth, "klass": klass, "n": n} for (a, truth, klass), n in cells.items()]
    add_rows(connection, _confusion, rows)


def add_fold(connection: Connection, run_id: RunId, record: FoldRecord) -> None:
    """Store a finished fold with its scores, and tell the pages. Its predictions come before it."""
    import pandas as pd  # here: it takes a second to import

    fold = {
        "run_id": run_id,
        "repeat": record.repeat,
        "fold": record.fold,
        "fraction": record.fraction,
        "train_size": record.train_size,
        "test_size": record.test_size,
        "fit_seconds": record.fit_seconds,
        "predict_seconds": record.predict_seconds,
    }
    fold_id = connection.execute(insert(Fold).returning(Fold.id), fold).scalar_one()
    scores = pd.DataFrame(record.scores, columns=["metric", "klass", "value"]).assign(fold_id=fold_id)
    bulk.append(connection, _score, scores)
    emit(connection, "fold", run_id=run_id, repeat=record.repeat, fold=record.fold, fraction=record.fraction)


def finish_run(connection: Connection, run_id: RunId, *, error: str | None = None) -> None:
    """End a run, as done or as failed with a sentence."""
    state = RunState.DONE if error is None else RunState.FAILED
    connection.execute(update(Run).where(Run.id == run_id).values(state=state, error=error, finished_at=now_ms()))
    emit(connection, "run", run_id=run_id, state=state)


def add_params(connection: Connection, run_id: RunId, more: Mapping[str, Any]) -> None:
    """Keep something that is known of a run only at its end."""
    params = connection.execute(select(Run.params).where(Run.id == run_id).with_for_update()).scalar_one()
    connection.execute(update(Run).where(Run.id == run_id).values(params={**params, **more}))


def add_model(connection: Connection, run_id: RunId, kind: str, content: bytes) -> None:
    """Keep the fitted model of a run; fitting the same run again replaces nothing."""
    if connection.execute(select(Model.run_id).where(Model.run_id == run_id)).scalar() is None:
        connection.execute(insert(Model), {"run_id": run_id, "format": kind, "content": content})
        emit(connection, "model", run_id=run_id)


def promote(
    connection: Connection, dataset: DatasetId, run_id: RunId, *, by: str, reason: str, person_id: int | None = None
) -> None:
    """Make a model the champion, with a person (or the pipeline, which has no id) and a reason on record."""
    row = {"dataset_id": dataset, "run_id": run_id, "promoted_by": by, "reason": reason}
    connection.execute(insert(Promotion), row)
    emit(connection, "promoted", run_id=run_id)
    audit(connection, Act.PROMOTED, by=person_id, subject=f"run {run_id}", detail={"by": by, "reason": reason})
