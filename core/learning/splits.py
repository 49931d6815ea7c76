"""Folds: made once, shared by all candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from core.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Split:
    """A fold of a repeat: the numbers of the messages to train on and of those to test on."""

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray


def repeated_stratified(y: np.ndarray, *, folds: int, repeats: int, seed: int, classes: Sequence[str]) -> list[Split]:
    """scikit-learn's repeated stratified folds.

    Raises:
        PipelineError: a class has fewer messages than there are folds.
    """
    counts = np.bincount(y, minlength=len(classes))
    scarce = [f"{name} has {n}" for name, n in zip(classes, counts, strict=True) if n < folds]
    if scarce:
        raise PipelineError(
            f"too few labelled messages for {folds} folds: {', '.join(scarce)}",
            fix=f"Label at least {folds} of each class, or lower [pipeline] folds.",
        )
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return [
        Split(number // folds, number % folds, train, test)
        for number, (train, test) in enumerate(splitter.split(np.zeros(len(y)), y))
    ]


def curve_points(split: Split, y: np.ndarray, fractions: Sequence[float], seed: int) -> list[tuple[float, np.ndarray]]:
    """For each fraction a part of the training messages, each within the next, with the classes in proportion.

    The whole part keeps its order, so that a model trained on it is the one that scikit-learn trains.
    """
    rng = np.random.default_rng((seed, split.repeat, split.fold))
    shuffled = rng.permutation(split.train)
    # How far through its class each message comes: taking all below a fraction keeps every class in proportion.
    depth = np.empty(len(shuffled))
    for code in np.unique(y[shuffled]):
        members = np.flatnonzero(y[shuffled] == code)
        depth[members] = np.arange(len(members)) / len(members)
    return [
        (fraction, split.train if fraction == 1.0 else np.sort(shuffled[depth < fraction])) for fraction in fractions
    ]
