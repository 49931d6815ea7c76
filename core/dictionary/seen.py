"""Which keys a source has had so far: eight bytes a key, whatever its length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd


class SeenKeys:
    """Remembers keys as 64-bit hashes in sorted runs, each more than twice as long as the next.

    The hash is the same on every machine. Two of 15 million different keys share one with a chance of 6 in a million;
    the later of them would be taken for a key that came twice.
    """

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.uint64]] = []

    def add(self, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Remember the keys; for each whether it is new (of equal ones among them the first)."""
        hashes: npt.NDArray[np.uint64] = pd.util.hash_array(np.array(keys, dtype=object), categorize=False)
        ordered, first = np.unique(hashes, return_index=True)
        known = np.zeros(len(ordered), dtype=bool)
        for run in self._runs:
            places = np.searchsorted(run, ordered)
            known |= run[np.minimum(places, len(run) - 1)] == ordered
        fresh = np.zeros(len(keys), dtype=bool)
        fresh[first[~known]] = True
        self._remember(ordered[~known])
        return fresh

    def _remember(self, run: npt.NDArray[np.uint64]) -> None:
        """Keep a sorted run; merge runs of like length, so that there are few and each key is moved seldom."""
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)
