"""The Optuna study of a search: found again by what the search is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.fingerprint import fingerprint
from core.learning.search import Space, make_pruner
from core.pipeline.search.storage import open_storage
from core.project import Project
from core.store.queries.trials import SearchRow

if TYPE_CHECKING:
    import optuna


def study_name(of: str, space: Space, max_bytes: int | None) -> str:
    """Optuna's name of a search: a study has one space and one constraint, so another of either begins a new one."""
    options = [[list(space.features), list(space.estimators), space.classes], max_bytes]
    return f"{of}-{fingerprint('space', options)}"


def space_of(params: Mapping[str, Any], classes: int) -> Space:
    """The space of a search, as its row has it: workers of another version would choose from other things."""
    return Space(tuple(params["features"]), tuple(params["estimators"]), classes)


def study_of(
    project: Project, search: SearchRow, sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.study.Study:
    """The study of a search that was begun; `sampler` proposes its next points."""
    import optuna

    space = space_of(search.params, len(project.classes))
    return optuna.load_study(
        study_name=study_name(search.fingerprint, space, search.params.get("max_bytes")),
        storage=open_storage(project.store, search.id),
        sampler=sampler,
        pruner=make_pruner(),
    )
