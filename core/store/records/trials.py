"""Searches and trials as they are written; each change is an event of the feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.errors import PipelineError
from core.store.feed import emit
from core.store.models import Dataset, DatasetId, Search, SearchState, Stop, Trial, TrialState, now_ms

ALIVE_MS = 20_000
"""A search whose process has said nothing for so long is lost."""


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


def begin_search(connection: Connection, new: NewSearch, begun_at: int, ends_at: int) -> int | None:
    """Begin a search whose time counts from `begun_at`; gives its id, or None where one is running."""
    in_turn = select(Dataset.id).where(Dataset.id == new.dataset_id).with_for_update(key_share=True)
    connection.execute(in_turn)  # of two that begin at once the second finds the first
    alive = (Search.state == SearchState.RUNNING, Search.alive_until > now_ms())
    if connection.execute(select(Search.id).where(Search.dataset_id == new.dataset_id, *alive).limit(1)).first():
        return None
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
    beat(connection, search_id)
    emit(connection, "search", search_id=search_id, state=SearchState.RUNNING)
    return search_id


def beat(connection: Connection, search_id: int, alive_ms: int = ALIVE_MS) -> bool:
    """Say that a search's process lives; False where the search is over."""
    running = (Search.id == search_id, Search.state == SearchState.RUNNING)
    moved = update(Search).where(*running).values(alive_until=now_ms() + alive_ms)
    return connection.execute(moved).rowcount == 1


def note_result(connection: Connection, search_id: int, result: Mapping[str, Any]) -> None:
    """What is known of a running search so far."""
    running = (Search.id == search_id) & (Search.state == SearchState.RUNNING)
    connection.execute(update(Search).where(running).values(result=dict(result)))
    emit(connection, "search", search_id=search_id, state=SearchState.RUNNING)


def end_search(
    connection: Connection,
    search_id: int,
    state: SearchState,
    result: Mapping[str, Any] | None,
    error: str | None,
) -> bool:
    """A search is over: no trial of it runs any more. False, and nothing happens, where it was over before.

    As `LOST` it ends only where its process is silent: one that slept, and woke up, goes on.
    """
    which = [Search.id == search_id, Search.state == SearchState.RUNNING]
    if state == SearchState.LOST:
        which.append(Search.alive_until <= now_ms())
    values = {"state": state, "result": None if result is None else dict(result), "error": error}
    if not connection.execute(update(Search).where(*which).values(finished_at=now_ms(), **values)).rowcount:
        return False
    running = (Trial.search_id == search_id) & (Trial.state == TrialState.RUNNING)
    given_up = {"state": TrialState.STOPPED, "stop": Stop.OUT_OF_TIME, "why": "the search ended"}
    connection.execute(update(Trial).where(running).values(touched_at=now_ms(), **given_up))
    emit(connection, "search", search_id=search_id, state=state)
    return True


def begin_trial(connection: Connection, new: NewTrial) -> int:
    """Begin a trial; gives its id.

    Raises:
        PipelineError: its search is over: nobody would close the trial any more.
    """
    of = select(Search.state).where(Search.id == new.search_id).with_for_update(read=True)
    if connection.execute(of).scalar_one() != SearchState.RUNNING:
        raise PipelineError(f"search {new.search_id} is over")
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
