"""Shares of messages, with Wilson's interval: it stays within 0 and 1, and holds for small numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `n` messages: the share, and its interval (0 to 1 where there is no message)."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Hits of n; 0 of nothing."""
        return self.hits / self.n if self.n else 0.0


def proportion(hits: int, n: int, *, level: float = LEVEL) -> Proportion:
    """A share with its interval."""
    return proportions(np.array([hits]), np.array([n]), level=level)[0]


def proportions(hits: np.ndarray, n: np.ndarray, *, level: float = LEVEL) -> list[Proportion]:
    """Shares with their intervals, each by itself at `level`."""
    from statsmodels.stats.proportion import proportion_confint  # here: it takes a second to import

    # Of nothing nothing is known, and the library divides by zero.
    low, high = proportion_confint(np.where(n > 0, hits, 0), np.maximum(n, 1), alpha=1.0 - level, method="wilson")
    low, high = np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)
    return [
        Proportion(int(a), int(b), float(c), float(d))
        for a, b, c, d in zip(hits, n, np.clip(low, 0, 1), np.clip(high, 0, 1), strict=True)
    ]
