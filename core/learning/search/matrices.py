"""The matrices of a search: what a trial needs is often what an earlier one has made.

Trials that differ in their estimator alone share every matrix, and those that differ in the settings of their features
share nothing; so the last few feature sets are kept, as many as fit.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from core.learning.candidate import Candidate, Values
from core.learning.counts import Counts, UnionCounts, counts_of
from core.learning.splits import Split

Key = tuple[str, Values]

MOST_BYTES = 600_000_000
COUNTED = 2
"""Feature sets whose terms are kept as counts: the next fold of a trial needs those of this one."""


class Matrices:
    """TF-IDF matrices by (feature set, fold), the last used kept.

    Args:
        documents: n texts.
        splits: the folds.
        most_bytes: how much is kept.
    """

    def __init__(self, documents: np.ndarray, splits: list[Split], most_bytes: int = MOST_BYTES) -> None:
        self._documents = documents
        self._splits = splits
        self._most = most_bytes
        self._counts: OrderedDict[Key, Counts | UnionCounts] = OrderedDict()
        self._kept: OrderedDict[tuple[Key, int], tuple[Any, Any]] = OrderedDict()
        self._bytes = 0

    def __call__(self, candidate: Candidate, fold: int) -> tuple[Any, Any]:
        """The training and the test matrix of a candidate's features on a fold."""
        features = candidate.feature_key
        key = (features, fold)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        split = self._splits[fold]
        made = self._counted(candidate, features).matrices(split.train, split.test)
        self._keep(key, made)
        return made

    def _counted(self, candidate: Candidate, features: Key) -> Counts | UnionCounts:
        if features not in self._counts:
            self._counts[features] = counts_of(candidate.feature_set().build(), self._documents)
        self._counts.move_to_end(features)
        while len(self._counts) > COUNTED:
            self._counts.popitem(last=False)
        return self._counts[features]

    def _keep(self, key: tuple[Key, int], made: tuple[Any, Any]) -> None:
        self._kept[key] = made
        self._bytes += _size(made)
        while self._bytes > self._most and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= _size(old)


def _size(made: tuple[Any, Any]) -> int:
    return sum(getattr(part, "nbytes", 0) for matrix in made for part in _parts(matrix))


def _parts(matrix: Any) -> list[Any]:
    return [getattr(matrix, name) for name in ("data", "indices", "indptr") if hasattr(matrix, name)]
