"""When a queue will be done, and what more verdicts would bring. Pure."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOURS_MOST = 1e6
"""A pace that needs a century is none."""
HOUR_MS = 3_600_000
STEP = 100
RESAMPLES = 200
LEAST_POINTS = 3
LEAST_GAIN = 1e-4
"""A hundredth of a point: less is nothing that anybody would ask a hundred verdicts for."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a queue reaches its goal at this pace (ms since 1970; None: at no pace, or there is no goal)."""

    left: int | None
    done_at: int | None
    in_time: bool | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What 100 more verdicts are expected to add to a score (0 to 1), with a 95 % interval."""

    gain: float
    low: float
    high: float

    @property
    def negligible(self) -> bool:
        """Whether there is next to nothing left to gain."""
        return self.high < LEAST_GAIN

    @property
    def settled(self) -> bool:
        """Whether the interval says at least that there is something to gain."""
        return self.low >= LEAST_GAIN

    @property
    def sentence(self) -> str:
        """As a page says it."""
        if self.negligible:
            return "100 more verdicts are expected to bring less than 0.01 points of macro-F1."
        points = f"{100 * self.gain:+.2f} points of macro-F1 ({100 * self.low:+.2f} to {100 * self.high:+.2f})"
        if not self.settled:
            return f"100 more verdicts: {points}; not settled, it may be nothing."
        return f"100 more verdicts are expected to bring {points}."


def forecast(given: int, goal: int | None, pace: float, now: int, deadline: int | None) -> Forecast:
    """When the goal is reached.

    Args:
        given: verdicts so far.
        goal: verdicts wanted.
        pace: verdicts an hour.
        now: ms since 1970.
        deadline: ms since 1970.

    >>> forecast(40, 100, 30.0, 0, 3 * 3_600_000)
    Forecast(left=60, done_at=7200000, in_time=True)
    """
    if goal is None:
        return Forecast(None, None, None)
    left = max(0, goal - given)
    if left == 0:
        return Forecast(0, now, None)
    hours = left / pace if pace > 0 else math.inf
    done_at = now + round(hours * HOUR_MS) if hours < HOURS_MOST else None
    if deadline is None or (done_at is None and deadline > now):
        return Forecast(left, done_at, None)
    return Forecast(left, done_at, done_at is not None and done_at <= deadline)


def effect(folds: Sequence[tuple[int, float, int, int, float]], generator: np.random.Generator) -> Effect | None:
    """What 100 more labels would add, from a learning curve; None where no curve can be drawn.

    A power law, error = limit + scale * n^-rate, is fitted to the folds' scores. The interval comes from fitting it
    again to folds drawn with replacement: a fold goes with all its points, which share their test messages.

    Args:
        folds: a row a finished fold: training messages, fraction, repeat, fold, score.
        generator: draws the folds.
    """
    table = np.array([(size, repeat * 1_000 + fold, score) for size, _, repeat, fold, score in folds], dtype=float)
    if len(table) == 0 or len(np.unique(np.round(table[:, 0], -1))) < LEAST_POINTS:
        return None
    now = float(table[:, 0].max())
    gain = _gain(table, now)
    if gain is None:
        return None
    names = np.unique(table[:, 1])
    again = []
    for _ in range(RESAMPLES):
        drawn = generator.choice(names, len(names))
        resampled = _gain(np.concatenate([table[table[:, 1] == name] for name in drawn]), now)
        if resampled is not None:
            again.append(resampled)
    if len(names) < 2 or len(again) < RESAMPLES // 2:
        return None
    low, high = np.percentile(again, [2.5, 97.5])
    return Effect(gain, float(min(low, gain)), float(max(high, gain)))


def _gain(table: Floats, now: float) -> float | None:
    """The gain of 100 more labels by the power law that fits best."""
    from scipy.optimize import OptimizeWarning, curve_fit  # here: SciPy takes a second to import

    sizes, errors = table[:, 0], 1.0 - table[:, 2]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # the covariance, which is not asked for
            (limit, scale, rate), _ = curve_fit(
                _error,
                sizes / now,
                errors,
                p0=(max(1e-6, np.min(errors) * 0.8), max(1e-6, np.min(errors) * 0.2), 0.5),
                bounds=((0.0, 0.0, 0.05), (1.0, 1.0, 2.0)),
                max_nfev=2_000,
            )
    except (RuntimeError, ValueError):
        return None
    return float(_error(1.0, limit, scale, rate) - _error(1.0 + STEP / now, limit, scale, rate))


def _error(share: Floats | float, limit: float, scale: float, rate: float) -> Floats | float:
    return limit + scale * share**-rate
