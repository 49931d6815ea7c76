"""Searches whose process was killed, or whose machine is gone: closed by whoever comes next, with what they found."""

from __future__ import annotations

import logging
from typing import Any

from core.pipeline.search.material import made_from
from core.pipeline.search.summary import sum_up
from core.project import Project
from core.store.models import SearchState
from core.store.queries.trials import SearchRow, lost_searches
from core.store.records.trials import ALIVE_MS, end_search

log = logging.getLogger(__name__)


def close_lost(project: Project) -> list[int]:
    """Close what has been silent for too long; gives those that were closed here.

    Of several who look at once each sums up, and one closes.
    """
    with project.store.read() as connection:
        lost = lost_searches(connection, project.dataset_id)
    return [search.id for search in lost if _close(project, search)]


def _close(project: Project, search: SearchRow) -> bool:
    who = search.params.get("conductor")
    whose = f"Its process ({who})" if who else "Its process"
    why = f"{whose} has said nothing for {ALIVE_MS // 1000} s: it was killed, or is cut off."
    result = _what_it_found(project, search)
    return project.store.write(lambda connection: end_search(connection, search.id, SearchState.LOST, result, why))


def _what_it_found(project: Project, search: SearchRow) -> dict[str, Any] | None:
    """As a search sums up itself; its trials count also where that cannot be done any more."""
    try:
        if made_from(project, search.label_cutoff) != search.fingerprint:
            return None  # other classes, folds or cleaning by now: what its trials said would be read amiss
        return sum_up(project, search)
    except Exception:  # other labels, another dictionary, Optuna's books deleted: the next search is not to fail of it
        log.warning("search %s could not be summed up", search.id, exc_info=True)
        return None
