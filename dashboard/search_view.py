"""What the Search page shows: the newest search, its trials, what is left of its budget."""

from __future__ import annotations

from typing import Any

from core import Project
from core.store.models import SearchState, TrialState
from core.store.queries.live import champion, clock
from core.store.queries.runs import newest_runs
from core.store.queries.trials import (
    SearchRow,
    TrialRow,
    best_trials,
    count_trials,
    found_candidates,
    searches,
    trials,
)

TRIALS_MOST = 500
EARLIER_MOST = 10


def search_state(project: Project) -> dict[str, Any]:
    """The newest search of the room, its trials and those that it went on from; `search` is None before the first.

    `trials` are the newest `TRIALS_MOST` and the best, `total` is how many there are.
    `runs`: of the candidates that it found, those that a run has tried by now.
    """
    store, dataset = project.store, project.dataset_id
    found = found_candidates(store, dataset)
    with store.read() as connection:
        newest = searches(connection, dataset, EARLIER_MOST)
        of = newest[0].fingerprint if newest else ""
        rows = {row.id: row for row in (*best_trials(connection, of, 1), *trials(connection, of, most=TRIALS_MOST))}
        total = count_trials(connection, of)
        at = clock(connection)
        reigning = champion(connection, dataset)
        tried = newest_runs(connection, dataset, found)
    return {
        "at": at,
        "search": _search(newest[0]) if newest else None,
        "trials": [_trial(row, newest[0]) for row in rows.values()],
        "total": total,
        "earlier": [_search(each) for each in newest[1:]],
        "candidates": list(found),
        "champion": None if reigning is None else {"run": reigning.run_id, "title": reigning.title},
        "runs": tried,
    }


def _search(row: SearchRow) -> dict[str, Any]:
    params = row.params
    return {
        "id": row.id,
        "state": SearchState.LOST if row.lost else row.state,
        "started_at": row.started_at,
        "ends_at": row.ends_at,
        "finished_at": row.finished_at,
        "budget_ms": row.budget_ms,
        "messages": row.train_size,
        "folds": row.folds_planned,
        "workers": params.get("workers"),
        "max_bytes": params.get("max_bytes"),
        "sampler": params.get("sampler"),
        "features": params.get("features", []),
        "estimators": params.get("estimators", []),
        "error": row.error,
        "result": row.result,
    }


def _trial(row: TrialRow, newest: SearchRow) -> dict[str, Any]:
    gone = newest.lost and row.search_id == newest.id and row.state == TrialState.RUNNING
    return {
        "id": row.id,
        "search": row.search_id,
        "candidate": row.candidate,
        "worker": row.worker,
        "warm": row.warm,
        "state": TrialState.LOST if gone else row.state,
        "stop": row.stop,
        "why": row.why,
        "folds": len(row.folds),
        "scores": row.folds,
        "macro_f1": row.macro_f1,
        "seconds": row.seconds,
        "bytes": row.model_bytes,
        "began": row.started_at,
        "at": row.touched_at,
    }


def changes(before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any] | None:
    """What a page that has `before` needs to have `now`: the trials that are new or have moved, and the rest whole.

    None where only time went by.
    """
    if before is not None and {**before, "at": 0} == {**now, "at": 0}:
        return None
    if before is None or not _same_search(before, now):
        return {**now, "whole": True}
    known = {each["id"]: each for each in before["trials"]}
    moved = [each for each in now["trials"] if known.get(each["id"]) != each]
    return {**now, "trials": moved, "whole": False}


def _same_search(before: dict[str, Any], now: dict[str, Any]) -> bool:
    return bool(before["search"] and now["search"] and before["search"]["id"] == now["search"]["id"])
