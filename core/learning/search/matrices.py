"""The matrices of a search: what a trial needs is often what an earlier one has made, here or in another worker."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.learning.cache import ArrayCache
from core.learning.candidate import Candidate
from core.learning.matrices import Matrices as Made
from core.learning.splits import Split


class Matrices:
    """TF-IDF matrices by candidate and fold; trials that differ in their estimator alone share them.

    Args:
        documents: n texts.
        splits: the folds.
        cache: keeps them for other trials, workers and runs; without one only the newest is kept.
    """

    def __init__(self, documents: np.ndarray, splits: list[Split], cache: ArrayCache | None = None) -> None:
        self._made = Made(documents, cache)
        self._splits = splits

    def __call__(self, candidate: Candidate, fold: int) -> tuple[Any, Any]:
        """The training and the test matrix of a candidate's features on a fold."""
        split = self._splits[fold]
        vectoriser = candidate.feature_set().build()
        return self._made.pair(vectoriser, str(candidate.feature_key), split.train, split.test)
