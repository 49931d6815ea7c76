"""Runs, their folds and models, and promotions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, func, insert, select, update

from core.store import bulk
from core.store.feed import emit
from core.store.locks import own_run_versions
from core.store.models import (
    ConfusionCount,
    DatasetId,
    Fold,
    FoldPrediction,
    Model,
    Promotion,
    PromotionAct,
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
    """A finished fold and its scores as (metric, class or "", value); `temperature` where its predictions are kept."""

    repeat: int
    fold: int
    fraction: float
    train_size: int
    test_size: int
    fit_seconds: float
    predict_seconds: float
    scores: Sequence[tuple[str, str, float]]
    temperature: float | None = None


def start_run(connection: Connection, new: NewRun) -> RunId:
    """Begin a run. One that was begun with the same fingerprint is given as it is, and goes on where it stopped."""
    own_run_versions(connection)
    old = connection.execute(select(Run.id).where(Run.fingerprint == new.fingerprint)).scalar()
    if old is not None:
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


def reopen_run(connection: Connection, run_id: RunId) -> None:
    """A run that failed is tried again; the folds that it has stay."""
    failed = update(Run).where(Run.id == run_id, Run.state == RunState.FAILED)
    if connection.execute(failed.values(state=RunState.RUNNING, error=None, finished_at=None)).rowcount:
        emit(connection, "run", run_id=run_id, state=RunState.RUNNING)


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
        "temperature": record.temperature,
    }
    fold_id = connection.execute(insert(Fold).returning(Fold.id), fold).scalar_one()
    scores = pd.DataFrame(record.scores, columns=["metric", "klass", "value"]).assign(fold_id=fold_id)
    bulk.append(connection, _score, scores)
    emit(connection, "fold", run_id=run_id, repeat=record.repeat, fold=record.fold, fraction=record.fraction)


def stop_run(connection: Connection, run_id: RunId, reason: str) -> None:
    """End a run that is hopeless beside the others, with the reason; what it has said so far stays."""
    ended = update(Run).where(Run.id == run_id, Run.state == RunState.RUNNING)
    if connection.execute(ended.values(state=RunState.STOPPED, error=reason, finished_at=now_ms())).rowcount:
        emit(connection, "run", run_id=run_id, state=RunState.STOPPED)


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


def note_made_with(connection: Connection, run_id: RunId, facts: Mapping[str, Any]) -> None:
    """Add to what is known of how a run was made."""
    known = connection.execute(select(Run.made_with).where(Run.id == run_id).with_for_update()).scalar() or {}
    connection.execute(update(Run).where(Run.id == run_id).values(made_with={**known, **facts}))


def promote(
    connection: Connection,
    dataset: DatasetId,
    run_id: RunId,
    *,
    by: str,
    reason: str,
    person_id: int | None = None,
    act: PromotionAct = PromotionAct.PROMOTED,
) -> None:
    """Make a model the champion, with a person (or the pipeline, which has no id) and a reason on record."""
    row = {"dataset_id": dataset, "run_id": run_id, "promoted_by": by, "reason": reason}
    connection.execute(insert(Promotion), {**row, "person_id": person_id, "act": act.value})
    emit(connection, "promoted", run_id=run_id, act=act)
    audit(connection, Act(act.value), by=person_id, subject=f"run {run_id}", detail={"by": by, "reason": reason})
