"""Hits over time: counted by hour, day or week, whichever the messages at hand fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

BINS_MOST: Final = 12
BINS_LEAST: Final = 3
"""A unit is taken where the messages fill so many of it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of time: its name, how many hours it takes, and an hour since 1970 at which one begins."""

    name: str
    hours: int
    since: int


WEEK, DAY, HOUR = Unit("week", 7 * 24, 96), Unit("day", 24, 0), Unit("hour", 1, 0)
"""Weeks begin on Mondays, UTC."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Stretches of one unit that follow each other; `starts` are their first hours since 1970."""

    unit: Unit
    starts: np.ndarray


def bins_of(hours: np.ndarray) -> Bins:
    """The newest `BINS_MOST` stretches of the longest unit that these hours since 1970 fill; none without hours."""
    if not len(hours):
        return Bins(HOUR, np.array([], dtype=np.int64))
    span = int(hours.max() - hours.min()) + 1
    unit = next((unit for unit in (WEEK, DAY) if span >= BINS_LEAST * unit.hours), HOUR)
    last, first = ((int(each) - unit.since) // unit.hours for each in (hours.max(), hours.min()))
    numbers = np.arange(max(first, last - BINS_MOST + 1), last + 1, dtype=np.int64)
    return Bins(unit, numbers * unit.hours + unit.since)


def hits_over_time(matrix: sparse.csr_matrix, hours: np.ndarray, bins: Bins) -> np.ndarray:
    """(r, bins): how many messages of each stretch each rule hits; what is older is left out.

    Args:
        matrix: (n, r) hits.
        hours: of each message, since 1970.
        bins: of these hours.
    """
    if not len(bins.starts):
        return np.zeros((matrix.shape[1], 0), dtype=np.int64)
    at = (hours - bins.starts[0]) // bins.unit.hours
    there = np.flatnonzero(at >= 0)
    shape = (len(bins.starts), len(at))
    of_bin = sparse.csr_matrix((np.ones(len(there), np.int64), (at[there], there)), shape=shape)
    return np.asarray((of_bin @ matrix.astype(np.int64)).toarray().T)
