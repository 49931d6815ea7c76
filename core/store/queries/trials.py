"""What searches have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Search, SearchState, Stop, Trial, TrialState, now_ms
from core.store.store import Store


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A search; times are ms of the database's clock, `left_ms` what its workers have left.

    `alive`: its process has told of late that it lives.
    """

    id: int
    dataset_id: int
    fingerprint: str
    state: str
    label_cutoff: int
    train_size: int
    folds_planned: int
    budget_ms: int
    params: dict[str, Any]
    meta: dict[str, Any]
    result: dict[str, Any] | None
    error: str | None
    started_at: int
    ends_at: int
    finished_at: int | None
    left_ms: int
    alive: bool

    @property
    def lost(self) -> bool:
        """Whether its process is gone, and nobody has closed it yet."""
        return self.state == SearchState.RUNNING and not self.alive


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial without its probabilities; times are ms."""

    id: int
    search_id: int
    number: int
    candidate: str
    worker: str
    warm: bool
    linear: bool
    state: str
    stop: str | None
    why: str | None
    folds: list[float]
    macro_f1: float | None
    seconds: float
    model_bytes: int | None
    temperature: float | None
    started_at: int
    touched_at: int


_SEARCH = (
    Search.id,
    Search.dataset_id,
    Search.fingerprint,
    Search.state,
    Search.label_cutoff,
    Search.train_size,
    Search.folds_planned,
    Search.budget_ms,
    Search.params,
    Search.meta,
    Search.result,
    Search.error,
    Search.started_at,
    Search.ends_at,
    Search.finished_at,
    (Search.ends_at - now_ms()).label("left_ms"),
    (Search.alive_until > now_ms()).label("alive"),
)
_TRIAL = (
    Trial.id,
    Trial.search_id,
    Trial.number,
    Trial.candidate,
    Trial.worker,
    Trial.warm,
    Trial.linear,
    Trial.state,
    Trial.stop,
    Trial.why,
    Trial.folds,
    Trial.macro_f1,
    Trial.seconds,
    Trial.model_bytes,
    Trial.temperature,
    Trial.started_at,
    Trial.touched_at,
)


def search_row(connection: Connection, search_id: int) -> SearchRow | None:
    """A search by its id."""
    found = connection.execute(select(*_SEARCH).where(Search.id == search_id)).first()
    return None if found is None else SearchRow(*found)


def searches(connection: Connection, dataset: DatasetId, most: int = 20) -> list[SearchRow]:
    """The newest searches first."""
    query = select(*_SEARCH).where(Search.dataset_id == dataset).order_by(Search.id.desc()).limit(most)
    return [SearchRow(*row) for row in connection.execute(query)]


def running_search(connection: Connection, dataset: DatasetId) -> SearchRow | None:
    """The search that is at work, or summing up."""
    running = (Search.dataset_id == dataset, Search.state == SearchState.RUNNING, Search.alive_until > now_ms())
    found = connection.execute(select(*_SEARCH).where(*running).order_by(Search.id.desc()).limit(1)).first()
    return None if found is None else SearchRow(*found)


def lost_searches(connection: Connection, dataset: DatasetId) -> list[SearchRow]:
    """Searches whose process is gone, and that nobody has closed yet."""
    lost = (Search.dataset_id == dataset, Search.state == SearchState.RUNNING, Search.alive_until <= now_ms())
    return [SearchRow(*row) for row in connection.execute(select(*_SEARCH).where(*lost).order_by(Search.id))]


def is_over(connection: Connection, search_id: int) -> bool:
    """Whether a search was ended before its time."""
    return connection.execute(select(Search.state).where(Search.id == search_id)).scalar() != SearchState.RUNNING


def trials(
    connection: Connection, fingerprint: str, *, search_id: int | None = None, most: int = 2_000
) -> list[TrialRow]:
    """The trials of all searches of one fingerprint (or of one search), in order; at most the newest `most`."""
    query = select(*_TRIAL).join(Search, Search.id == Trial.search_id).where(Search.fingerprint == fingerprint)
    if search_id is not None:
        query = query.where(Trial.search_id == search_id)
    rows = connection.execute(query.order_by(Trial.id.desc()).limit(most)).all()
    return [TrialRow(*tuple(row)) for row in reversed(rows)]


def count_trials(connection: Connection, fingerprint: str) -> int:
    """How many trials all searches of one fingerprint have begun."""
    of = select(func.count(Trial.id)).join(Search, Search.id == Trial.search_id)
    return connection.execute(of.where(Search.fingerprint == fingerprint)).scalar_one()


def cut_candidates(connection: Connection, fingerprint: str) -> list[str]:
    """The candidates that an earlier search of this fingerprint had no time for, and none has settled since."""
    rows = trials(connection, fingerprint)
    settled = {row.candidate for row in rows if row.state == TrialState.DONE or row.stop == Stop.HOPELESS}
    cut = [row.candidate for row in rows if row.stop == Stop.OUT_OF_TIME and row.folds]
    return [name for name in dict.fromkeys(cut) if name not in settled]


def trials_over(connection: Connection, search_id: int) -> int:
    """How many trials of a search run no more."""
    over = (Trial.search_id == search_id) & (Trial.state != TrialState.RUNNING)
    return connection.execute(select(func.count()).select_from(Trial).where(over)).scalar_one()


def best_trials(connection: Connection, fingerprint: str, most: int, *, linear: bool = False) -> list[TrialRow]:
    """The finished trials with the highest macro-F1, over all searches of one fingerprint."""
    query = (
        select(*_TRIAL)
        .join(Search, Search.id == Trial.search_id)
        .where(Search.fingerprint == fingerprint, Trial.state == TrialState.DONE)
    )
    if linear:
        query = query.where(Trial.linear)
    return [
        TrialRow(*tuple(row)) for row in connection.execute(query.order_by(Trial.macro_f1.desc(), Trial.id).limit(most))
    ]


def out_of_fold(connection: Connection, trial_ids: Sequence[int]) -> dict[int, bytes]:
    """The probabilities of trials, as they are kept."""
    rows = connection.execute(select(Trial.id, Trial.out_of_fold).where(Trial.id.in_(trial_ids)))
    return {row.id: row.out_of_fold for row in rows if row.out_of_fold is not None}


def searched_collections(connection: Connection, but: str) -> list[tuple[str, dict[str, Any], dict[str, float]]]:
    """Earlier collections of this store: (fingerprint, meta-features, macro-F1 of their best trials by name)."""
    newest = select(func.max(Search.id)).where(Search.fingerprint != but).group_by(Search.fingerprint)
    query = select(Search.fingerprint, Search.meta).where(Search.id.in_(newest)).order_by(Search.id.desc()).limit(50)
    found = []
    for row in connection.execute(query).all():
        best = {each.candidate: each.macro_f1 or 0.0 for each in best_trials(connection, row.fingerprint, 20)}
        if best and row.meta:
            found.append((row.fingerprint, dict(row.meta), best))
    return found


def found_candidates(store: Store, dataset: DatasetId, most: int = 2) -> tuple[str, ...]:
    """The best linear candidates of the newest search that is over, by name, the best first; then its ensemble."""
    over = (SearchState.DONE, SearchState.STOPPED, SearchState.LOST)
    with store.read() as connection:
        newest = connection.execute(
            select(Search.fingerprint, Search.result)
            .join(Trial, Trial.search_id == Search.id)
            .where(Search.dataset_id == dataset, Search.state.in_(over), Trial.state == TrialState.DONE)
            .order_by(Search.id.desc())
            .limit(1)
        ).first()
        if newest is None:
            return ()
        best = best_trials(connection, newest.fingerprint, 10 * most, linear=True)
    names = tuple(dict.fromkeys(each.candidate for each in best))[:most]
    ensemble = ((newest.result or {}).get("ensemble") or {}).get("candidate")
    return (*names, ensemble) if ensemble else names
