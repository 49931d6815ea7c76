"""Who is on trial, and where the matrices of a room's trials are kept."""

from __future__ import annotations

from core.learning import candidate_of
from core.learning.cache import ArrayCache
from core.project import Project
from core.store.queries.trials import found_candidates

CACHED = 2 << 30
"""Bytes of matrices kept in the room, at most."""


def on_trial(project: Project) -> tuple[str, ...]:
    """The room's candidates, and beside them what its newest search has found; each once.

    Raises:
        UnknownNameError: the settings name a candidate that there is not.
    """
    named = project.settings.pipeline.candidates
    known = {_meant(name) for name in named}
    found = found_candidates(project.store, project.dataset_id)
    return (*named, *(name for name in found if _meant(name) not in known))


def _meant(name: str) -> str:
    """A candidate's name without its usual values; one that cannot be read is told by its run."""
    try:
        return candidate_of(name).name
    except Exception:  # an estimator from outside may fail in any way
        return name


def matrix_cache(project: Project) -> ArrayCache:
    """The matrices of folds, kept for other candidates, processes and runs."""
    return ArrayCache(project.folder / ".cache" / "matrices", most_bytes=CACHED)
