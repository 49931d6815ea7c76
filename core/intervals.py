"""Intervals that pages draw: light to import, because a server that starts waits for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def mean_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """The mean over folds and the half-width of its t interval (0 for a single fold)."""
    if len(values) < 2:
        return (float(values[0]), 0.0) if values else (0.0, 0.0)
    from scipy.special import stdtrit  # Student's t; half a second to import, which an empty room need not pay

    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5
    return float(np.mean(values)), spread * float(stdtrit(len(values) - 1, (1 + level) / 2))
