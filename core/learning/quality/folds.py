"""Scores fold by fold, with the interval of their mean.

Folds share most of their training messages: the interval is the corrected one of Nadeau and Bengio
(`core.learning.compare.paired`), of the model against nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.learning.compare.paired import paired_folds


@dataclass(frozen=True, slots=True)
class FoldScores:
    """A score of each fold, their mean and its interval (the mean itself where there is one fold only)."""

    values: Sequence[float]
    mean: float
    low: float
    high: float


def fold_scores(values: Sequence[float], test_share: float) -> FoldScores | None:
    """The scores with their mean; None without any.

    Args:
        values: a score of each fold.
        test_share: messages tested for each message trained on in a fold.
    """
    if not len(values):
        return None
    given = np.asarray(values, dtype=float)
    test = paired_folds(np.zeros(len(given)), given, test_share)
    mean = float(given.mean())
    if test is None:
        return FoldScores(list(values), mean, mean, mean)
    return FoldScores(list(values), mean, max(0.0, test.low), min(1.0, test.high))
