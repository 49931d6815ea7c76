"""Racing: which candidates need no further fold, and why. Pure: scores in, sentences out.

Folds of one cross-validation share most of their training messages, so their differences are not independent; the
variance is corrected as by Nadeau and Bengio (2003). A race looks after every fold and compares all candidates, so the
level of each comparison is the error of the whole race divided by both (Bonferroni): the best candidate is stopped in
at most that share of races, however often one looks. That is conservative on purpose: a candidate stopped wrongly is
lost, one that runs on costs a few seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_FOLDS = 3
LEAST_SPREAD = 0.001
"""Standard deviation of a difference between folds, at least: three folds that agree by chance to more digits than that
prove nothing."""


@dataclass(frozen=True, slots=True)
class Race:
    """How bold a race is: `error` is the share of races in which the best candidate may be stopped."""

    error: float = 0.05
    metric: str = "macro_f1"


def hopeless(
    scores: Mapping[str, Sequence[float]], *, planned: int, folds: int, rivals: int, race: Race | None = None
) -> dict[str, str]:
    """The candidates that need no further fold, each with the reason.

    Args:
        scores: of each candidate still in the race on the same m folds so far, in the same order; more is better.
        planned: folds in all, of all repeats: the race looks after each but the last.
        folds: of one repeat, k: a fold tests one message for each k - 1 that it trains on.
        rivals: candidates that the race began with, less one.
        race: its rules; those of `Race()` where there are none.
    """
    race = race or Race()
    done = {len(values) for values in scores.values()}
    if len(done) > 1:
        raise ValueError("candidates are compared on the same folds")
    m = done.pop() if done else 0
    if m < LEAST_FOLDS or m >= planned or len(scores) < 2:
        return {}
    from scipy.stats import t  # here: it takes half a second to import

    looks = planned - LEAST_FOLDS
    needed = float(t.isf(race.error / (looks * max(rivals, 1)), m - 1))
    best = max(scores, key=lambda name: float(np.mean(scores[name])))
    found = {}
    for name, values in scores.items():
        behind = np.subtract(scores[best], values)
        spread = max(float(behind.std(ddof=1)), LEAST_SPREAD) * math.sqrt(1 / m + 1 / (folds - 1))
        evidence = float(behind.mean()) / spread
        if evidence > needed:
            found[name] = (
                f"{behind.mean():.4f} {race.metric} behind {best} after {m} of {planned} folds "
                f"({np.mean(values):.4f} against {np.mean(scores[best]):.4f}): t = {evidence:.1f}, more than the "
                f"{needed:.1f} that {_counted(looks, 'look')} at {_counted(rivals, 'rival')} demand for an error of "
                f"{race.error:.0%}"
            )
    return found


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
