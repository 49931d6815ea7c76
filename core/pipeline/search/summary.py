"""What a search found: the best trial and the ensemble, with honest estimates; which parameters mattered."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from core.learning import Candidate, Ensemble
from core.learning.search import Material, choose_ensemble, choose_single
from core.learning.search.ensemble import LIBRARY
from core.pipeline.search.material import material
from core.pipeline.search.study import study_of
from core.project import Project
from core.store.models import TrialState
from core.store.queries.trials import SearchRow, TrialRow, best_trials, out_of_fold, trials

if TYPE_CHECKING:
    import optuna

LEAST_TRIALS = 6
"""Fewer say nothing about what mattered."""
LEAST_SAID = 1e-6
"""A probability is kept as a float of two bytes, which may be 0."""
FEW = 4
"""The library is looked for among so many times as many trials: those that are flat."""


def sum_up(project: Project, search: SearchRow) -> dict[str, Any]:
    """The result of a search, as its row keeps it."""
    with project.store.read() as connection:
        states = Counter(row.state for row in trials(connection, search.fingerprint, search_id=search.id))
        best = best_trials(connection, search.fingerprint, LIBRARY)
        linear = best_trials(connection, search.fingerprint, FEW * LIBRARY, linear=True)
        members = [row for row in linear if _may_join(row)][:LIBRARY]
        kept = out_of_fold(connection, [row.id for row in (*best, *members)])
    result: dict[str, Any] = {
        "trials": {str(state): states.get(state, 0) for state in TrialState},
        "importances": importances(project, search),
        "linear": linear[0].candidate if linear else None,
    }
    if not best:
        return result
    _, shared = material(project, search.label_cutoff)
    result["best"] = _single(best, kept, shared)
    if len(members) > 1:
        result["ensemble"] = _ensemble(members, kept, shared, search.params.get("max_bytes"))
    return result


def _may_join(row: TrialRow) -> bool:
    """Whether a trial may be a member: flat, as its margins are to be added to others', and of known temperature."""
    return row.temperature is not None and not row.candidate.startswith("cascade:")


def _said(rows: Sequence[TrialRow], kept: Mapping[int, bytes], shared: Material) -> np.ndarray:
    """(m, n, k) logarithms of what trials said of all messages."""
    shape = (len(shared.y), len(shared.classes))
    said = np.array([np.frombuffer(kept[row.id], dtype="<f2").reshape(shape) for row in rows])
    return np.log(np.maximum(said.astype(np.float32), LEAST_SAID))


def _single(rows: Sequence[TrialRow], kept: Mapping[int, bytes], shared: Material) -> dict[str, Any]:
    names = [row.candidate for row in rows]
    found = choose_single(names, _said(rows, kept, shared), shared.y, shared.fold_of())
    return {"candidate": found.members[0][0], **asdict(found.estimate)}


def _ensemble(
    rows: Sequence[TrialRow], kept: Mapping[int, bytes], shared: Material, max_bytes: int | None
) -> dict[str, Any]:
    """The ensemble as the page tells it; `candidate` is None where it is one trial alone, or too large to be tried."""
    names = [row.candidate for row in rows]
    found = choose_ensemble(names, _said(rows, kept, shared), shared.y, shared.fold_of())
    by_name = {row.candidate: row for row in rows}
    sizes: dict[Any, int] = {}
    for name, _ in found.members:  # those with the same features share their weights
        sizes[Candidate.parse(name).feature_key] = by_name[name].model_bytes or 0
    size = sum(sizes.values())
    fits = len(found.members) > 1 and (max_bytes is None or size <= max_bytes)
    weights = [(share / (by_name[name].temperature or 1.0), name) for name, share in found.members]
    return {
        "members": [[name, share] for name, share in found.members],
        "candidate": Ensemble.of(weights).name if fits else None,
        "bytes": size,
        "features": len(sizes),
        **asdict(found.estimate),
    }


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
