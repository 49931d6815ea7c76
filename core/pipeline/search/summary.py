"""What a search found: the best trial and the ensemble, with honest estimates; which parameters mattered."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from core.learning.search import choose_ensemble
from core.learning.search.ensemble import LIBRARY
from core.pipeline.search.material import material
from core.pipeline.search.study import study_of
from core.project import Project
from core.store.models import TrialState
from core.store.queries.trials import SearchRow, best_trials, out_of_fold, trials

if TYPE_CHECKING:
    import optuna

LEAST_TRIALS = 6
"""Fewer say nothing about what mattered."""


def sum_up(project: Project, search: SearchRow) -> dict[str, Any]:
    """The result of a search, as its row keeps it."""
    with project.store.read() as connection:
        states = Counter(row.state for row in trials(connection, search.fingerprint, search_id=search.id))
        best = best_trials(connection, search.fingerprint, LIBRARY)
        linear = best_trials(connection, search.fingerprint, 1, linear=True)
        kept = out_of_fold(connection, [row.id for row in best])
    result: dict[str, Any] = {
        "trials": {str(state): states.get(state, 0) for state in TrialState},
        "importances": importances(project, search),
        "linear": linear[0].candidate if linear else None,
    }
    chosen = [row for row in best if row.id in kept]
    if not chosen:
        return result
    _, shared = material(project, search.label_cutoff)
    shape = (len(shared.y), len(shared.classes))
    said = np.array([np.frombuffer(kept[row.id], dtype="<f2").reshape(shape) for row in chosen])
    ensemble = choose_ensemble([row.candidate for row in chosen], said, shared.y, shared.fold_of())
    result["best"] = {
        "candidate": ensemble.best,
        "macro_f1": ensemble.single.macro_f1,
        "honest": ensemble.single.honest,
    }
    result["ensemble"] = {
        "members": [[name, weight] for name, weight in ensemble.members],
        "macro_f1": ensemble.ensemble.macro_f1,
        "honest": ensemble.ensemble.honest,
    }
    return result


def importances(project: Project, search: SearchRow) -> list[dict[str, Any]]:
    """How much each parameter mattered: what all trials share, then the parameters of what was tried most.

    Each row names its part (`all`, a feature set or an estimator), the parameter and its share of that part.
    """
    study = study_of(project, search)
    done = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    found: list[dict[str, Any]] = []
    for part in ("all", *_most_tried(done)):
        names = [name for trial in done for name in trial.params if (part == "all") == ("." not in name)]
        wanted = sorted({name for name in names if part == "all" or name.startswith(f"{part}.")})
        among = [trial for trial in done if all(name in trial.params for name in wanted)]
        if wanted and len(among) >= LEAST_TRIALS:
            found += [
                {"part": part, "name": name, "share": share, "trials": len(among)}
                for name, share in _weighed(study, wanted)
            ]
    return found


def _most_tried(done: list[optuna.trial.FrozenTrial]) -> list[str]:
    return [
        Counter(str(trial.params[kind]) for trial in done).most_common(1)[0][0]
        for kind in ("features", "estimator")
        if done
    ]


def _weighed(study: optuna.study.Study, names: list[str]) -> list[tuple[str, float]]:
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = optuna.importance.get_param_importances(study, params=names)
        except (ValueError, RuntimeError, ZeroDivisionError):  # all trials alike: nothing mattered
            return []
    return [(name, float(share)) for name, share in found.items()]
