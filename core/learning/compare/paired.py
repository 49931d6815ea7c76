"""Two models on the same folds.

Folds share most of their training messages, so their differences are not independent, and a plain t-test finds
differences where there are none (Dietterich 1998). Nadeau and Bengio (2003) widen the variance by the share of
messages tested; the Bayesian reading of the same statistic (Corani and Benavoli 2015) says how probable it is that one
is better, or that the two are the same for all practical purposes. Both are one Student distribution, which is SciPy's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import PipelineError

ROPE = 0.005
"""Half a point of a score: what is closer together than that is the same for all practical purposes."""


@dataclass(frozen=True, slots=True)
class FoldTest:
    """The second model minus the first, over the folds.

    `p_value` is two-sided; `better`, `same` and `worse` are the probabilities that the second is better by more than
    `rope`, within it, or worse by more.
    """

    difference: float
    low: float
    high: float
    p_value: float
    better: float
    same: float
    worse: float
    folds: int
    rope: float
    level: float


def paired_folds(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    test_share: float,
    *,
    rope: float = ROPE,
    level: float = 0.95,
) -> FoldTest | None:
    """The corrected resampled t-test, and its Bayesian reading; None with fewer than two folds.

    Args:
        first: a score of each fold.
        second: the other model's, on the same folds in the same order.
        test_share: messages tested for each message trained on in a fold, 1/9 for ten folds.
        rope: half the width of the region of practical equivalence.
        level: of the interval.

    Raises:
        PipelineError: the two do not have the same number of folds.
    """
    from scipy.special import stdtr, stdtrit  # Student's distribution; here: SciPy takes a second to import

    if len(first) != len(second):
        raise PipelineError(f"{len(first)} folds cannot be paired with {len(second)}")
    if len(first) < 2:
        return None
    gain = np.asarray(second, float) - np.asarray(first, float)
    n, mean = len(gain), float(gain.mean())
    error = float(np.sqrt((1.0 / n + test_share) * gain.var(ddof=1)))
    error = max(error, 1e-12)  # 0 where every fold has the same difference: then there is no doubt left
    half = error * float(stdtrit(n - 1, (1.0 + level) / 2.0))
    worse, better = float(stdtr(n - 1, (-rope - mean) / error)), float(stdtr(n - 1, (mean - rope) / error))
    p_value = 2.0 * float(stdtr(n - 1, -abs(mean) / error))
    return FoldTest(mean, mean - half, mean + half, p_value, better, 1.0 - better - worse, worse, n, rope, level)
