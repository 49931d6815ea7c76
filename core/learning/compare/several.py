"""More than two models on the same folds: each against the first, with what that is worth among all looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.holm import holm
from core.learning.compare.paired import FoldTest, paired_folds


@dataclass(frozen=True, slots=True)
class Against:
    """A model against the first. `p_value` is Holm's, over all models; the interval in `test` is Bonferroni's."""

    test: FoldTest
    p_value: float
    settled: bool


def against_first(
    first: NDArray[np.float64],
    others: Sequence[NDArray[np.float64] | None],
    test_share: float,
    *,
    level: float = 0.95,
) -> list[Against | None]:
    """The corrected resampled t-test of each against the first; None where there is no such test.

    Args:
        first: a score of each fold.
        others: of each other model its scores on the same folds in the same order; None where its folds are others.
        test_share: as `paired_folds` has it.
        level: at which all intervals hold together.
    """
    paired = [each is not None and len(each) == len(first) > 1 for each in others]
    each_level = 1.0 - (1.0 - level) / max(1, sum(paired))
    tests = [
        paired_folds(first, each, test_share, level=each_level) if fits and each is not None else None
        for each, fits in zip(others, paired, strict=True)
    ]
    p_values = [test.p_value for test in tests if test is not None]
    if not p_values:
        return [None] * len(tests)
    sure, corrected = holm(p_values, 1.0 - level)
    told = iter(zip(corrected, sure, strict=True))
    found: list[Against | None] = []
    for test in tests:
        if test is None:
            found.append(None)
        else:
            p_value, settled = next(told)
            found.append(Against(test, float(p_value), bool(settled)))
    return found
