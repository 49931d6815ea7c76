"""Who proposes the next point: Optuna's tree-structured Parzen estimator over the conditional space, or chance."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

STARTUP_TRIALS = 4
"""Trials before the estimator proposes by itself; those that were queued in front count."""
SIZE = "size"
"""The constraint on a trial: by how much its model was too large, see `over`."""


def make_sampler(kind: str, seed: int, *, startup: int = STARTUP_TRIALS) -> optuna.samplers.BaseSampler:
    """A sampler by name, `tpe` or `random`.

    Args:
        kind: which.
        seed: another one for each worker, or all propose the same.
        startup: trials before the estimator proposes.
    """
    import optuna

    if kind == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            multivariate=True,
            group=True,
            constant_liar=True,
            n_startup_trials=startup,
            seed=seed,
        )


def over(model_bytes: int | None, max_bytes: int | None) -> float:
    """By how much a model is too large, as the constraint has it; 0 or less where it may win."""
    if model_bytes is None or max_bytes is None:
        return 0.0
    return math.log(max(1, model_bytes) / max_bytes)
