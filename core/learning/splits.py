"""Folds: made once, shared by all candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold, TimeSeriesSplit

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
    _enough(np.bincount(y, minlength=len(classes)), folds, classes, "messages")
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return [
        Split(number // folds, number % folds, train, test)
        for number, (train, test) in enumerate(splitter.split(np.zeros(len(y)), y))
    ]


def grouped_stratified(
    y: np.ndarray, groups: np.ndarray, *, folds: int, repeats: int, seed: int, classes: Sequence[str]
) -> list[Split]:
    """Stratified folds that keep each group on one side: scikit-learn's, another shuffle each repeat.

    Args:
        y: n class codes.
        groups: n group numbers, from `near_copies`.
        folds: how many.
        repeats: how often, each time other folds.
        seed: of the shuffles.
        classes: the k class names.

    Raises:
        PipelineError: a class has fewer groups than there are folds.
    """
    of_class = [len(np.unique(groups[y == code])) for code in range(len(classes))]
    _enough(of_class, folds, classes, "messages that are no near-copies of each other")
    splits = [
        Split(repeat, fold, train, test)
        for repeat in range(repeats)
        for fold, (train, test) in enumerate(
            StratifiedGroupKFold(folds, shuffle=True, random_state=seed + repeat).split(np.zeros(len(y)), y, groups)
        )
    ]
    require_apart(splits, groups)
    return splits


def by_time(times: np.ndarray, y: np.ndarray, *, folds: int, classes: Sequence[str]) -> list[Split]:
    """Folds that train on what came before and test on what came next: scikit-learn's, over messages in order of time.

    Args:
        times: n times, in any unit; the earlier of two equal ones is the first given.
        y: n class codes.
        folds: how many; the first training part is one (folds + 1)th of the messages.
        classes: the k class names.

    Raises:
        PipelineError: there are too few messages, or the first training part has none of a class.
    """
    order = np.argsort(times, kind="stable")
    _enough([len(y)], folds + 1, ("all classes",), "messages")
    splits = [
        Split(0, fold, np.sort(order[train]), np.sort(order[test]))
        for fold, (train, test) in enumerate(TimeSeriesSplit(folds).split(order))
    ]
    _enough(np.bincount(y[splits[0].train], minlength=len(classes)), 1, classes, "messages early enough")
    return splits


def require_apart(splits: Sequence[Split], groups: np.ndarray) -> None:
    """See that no group lies on both sides of a split.

    Raises:
        PipelineError: one does: what is measured on these folds flatters.
    """
    for split in splits:
        shared = np.intersect1d(groups[split.train], groups[split.test])
        if len(shared):
            raise PipelineError(
                f"{len(shared)} groups of near-copies lie on both sides of fold {split.fold}, repeat {split.repeat}",
                fix="Make the folds anew, with the groups of these messages.",
            )


def _enough(counts: Sequence[int] | np.ndarray, least: int, classes: Sequence[str], what: str) -> None:
    scarce = [f"{name} has {n}" for name, n in zip(classes, counts, strict=True) if n < least]
    if scarce:
        raise PipelineError(
            f"too few labelled {what} for {least} folds: {', '.join(scarce)}",
            fix=f"Label at least {least} of each class, or lower [pipeline] folds.",
        )


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
