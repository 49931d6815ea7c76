"""Which trials are not worth their next fold: successive halving over the folds, by Optuna's own pruner.

A trial goes on from a rung (after 1, 2, 4 folds and so on) only when it is in the better half of all that have come so
far, on the same folds. It is bold on purpose: among very many a good one that is lost will be proposed again nearly the
same. Few candidates that a person has named are raced instead (`core.learning.racing`), where the best is hardly lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import optuna

FACTOR = 2
"""Half go on. A third would leave an ensemble little to choose from."""


def make_pruner() -> optuna.pruners.BasePruner:
    """Optuna's asynchronous successive halving; a fold is the resource."""
    import optuna

    return optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=FACTOR)


def last_rung(folds: int) -> int:
    """The last fold after which a trial may be stopped, of so many.

    Behind the middle the rest is worth more than it costs: to the ensemble, and to whoever asks what mattered.
    """
    return min(folds // 2 + 1, folds - 1)


def left_behind(trial: optuna.trial.Trial, folds: Sequence[float], planned: int) -> str | None:
    """Tell Optuna how a trial stands after a fold, and say why it is to be stopped; None where it goes on.

    Args:
        trial: Optuna's.
        folds: macro-F1 of its folds so far.
        planned: folds in all.
    """
    import optuna

    m, mean = len(folds), float(np.mean(folds))
    trial.report(mean, m)
    if m > last_rung(planned) or not trial.should_prune():
        return None
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.RUNNING)
    others = trial.study.get_trials(deepcopy=False, states=states)
    values = [each.intermediate_values[m] for each in others if m in each.intermediate_values]
    place = 1 + sum(value > mean for value in values)
    return (
        f"place {place} of {len(values)} after {m} {'fold' if m == 1 else 'folds'} ({mean:.4f}, the best "
        f"{max(values):.4f}): the better half goes on"
    )
