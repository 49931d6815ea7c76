"""Searches and trials as they are written; each change is an event of the feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.store.feed import emit
from core.store.models import DatasetId, Search, SearchState, Stop, Trial, TrialState, now_ms


@dataclass(frozen=True, slots=True)
class NewSearch:
    """A search about to begin; `fingerprint` covers the training set, the folds, the classes and the seed."""

    dataset_id: DatasetId
    fingerprint: str
    label_cutoff: int
    train_size: int
    folds_planned: int
    budget_ms: int
    params: Mapping[str, Any]
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewTrial:
    """A trial about to begin; `number` is Optuna's."""

    search_id: int
    number: int
    candidate: str
    worker: str
    warm: bool
    linear: bool


def begin_search(connection: Connection, new: NewSearch, begun_at: int, ends_at: int) -> int:
    """Begin a search whose time counts from `begun_at`; gives its id. Those that were left behind are closed."""
    left_behind = (Search.dataset_id == new.dataset_id) & (Search.state == SearchState.RUNNING)
    for old in connection.execute(select(Search.id).where(left_behind, Search.ends_at < now_ms())).scalars().all():
        why = "Its process ended before it could sum up; its trials are kept."
        end_search(connection, old, SearchState.STOPPED, None, why)
    search_id: int = connection.execute(
        insert(Search).returning(Search.id),
        {
            "dataset_id": new.dataset_id,
            "fingerprint": new.fingerprint,
            "state": SearchState.RUNNING,
            "label_cutoff": new.label_cutoff,
            "train_size": new.train_size,
            "folds_planned": new.folds_planned,
            "budget_ms": new.budget_ms,
            "params": dict(new.params),
            "meta": dict(new.meta),
            "started_at": begun_at,
            "ends_at": ends_at,
        },
    ).scalar_one()
    emit(connection, "search", search_id=search_id, state=SearchState.RUNNING)
    return search_id


def note_result(connection: Connection, search_id: int, result: Mapping[str, Any]) -> None:
    """What is known of a running search so far."""
    connection.execute(update(Search).where(Search.id == search_id).values(result=dict(result)))
    emit(connection, "search", search_id=search_id, state=SearchState.RUNNING)


def end_search(
    connection: Connection, search_id: int, state: SearchState, result: Mapping[str, Any] | None, error: str | None
) -> None:
    """A search is over: no trial of it runs any more."""
    running = (Trial.search_id == search_id) & (Trial.state == TrialState.RUNNING)
    given_up = {"state": TrialState.STOPPED, "stop": Stop.OUT_OF_TIME, "why": "the search ended"}
    connection.execute(update(Trial).where(running).values(touched_at=now_ms(), **given_up))
    values = {"state": state, "result": None if result is None else dict(result), "error": error}
    connection.execute(update(Search).where(Search.id == search_id).values(finished_at=now_ms(), **values))
    emit(connection, "search", search_id=search_id, state=state)


def begin_trial(connection: Connection, new: NewTrial) -> int:
    """Begin a trial; gives its id."""
    row = {
        "search_id": new.search_id,
        "number": new.number,
        "candidate": new.candidate,
        "worker": new.worker,
        "warm": new.warm,
        "linear": new.linear,
        "state": TrialState.RUNNING,
        "folds": [],
        "seconds": 0.0,
    }
    trial_id: int = connection.execute(insert(Trial).returning(Trial.id), row).scalar_one()
    emit(connection, "trial", search_id=new.search_id, trial_id=trial_id, state=TrialState.RUNNING)
    return trial_id


def note_fold(connection: Connection, trial_id: int, folds: Sequence[float], seconds: float) -> None:
    """A fold of a running trial is there. One that was given up meanwhile stays given up."""
    values = {"folds": list(folds), "macro_f1": sum(folds) / len(folds), "seconds": seconds, "touched_at": now_ms()}
    running = (Trial.id == trial_id) & (Trial.state == TrialState.RUNNING)
    found = connection.execute(update(Trial).where(running).values(**values).returning(Trial.search_id)).scalar()
    if found is not None:
        emit(connection, "trial", search_id=found, trial_id=trial_id, state=TrialState.RUNNING)


def end_trial(
    connection: Connection,
    trial_id: int,
    state: TrialState,
    why: str | None,
    *,
    stop: Stop | None = None,
    model_bytes: int | None = None,
    out_of_fold: bytes | None = None,
    temperature: float | None = None,
) -> None:
    """A running trial is over; does nothing where it was over before."""
    running = (Trial.id == trial_id) & (Trial.state == TrialState.RUNNING)
    values = {
        "state": state,
        "stop": stop,
        "why": why,
        "model_bytes": model_bytes,
        "out_of_fold": out_of_fold,
        "temperature": temperature,
        "touched_at": now_ms(),
    }
    found = connection.execute(update(Trial).where(running).values(**values).returning(Trial.search_id)).scalar()
    if found is not None:
        emit(connection, "trial", search_id=found, trial_id=trial_id, state=state)


def lose_trial(connection: Connection, search_id: int, number: int, why: str) -> None:
    """A trial's worker is gone."""
    which = (Trial.search_id == search_id) & (Trial.number == number)
    trial_id = connection.execute(select(Trial.id).where(which)).scalar()
    if trial_id is not None:
        end_trial(connection, trial_id, TrialState.LOST, why)
