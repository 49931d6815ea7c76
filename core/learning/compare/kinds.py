"""Two models by kind of message: short ones, those with a link, in another script.

Kinds overlap and are looked at together, so p-values are Holm's and intervals Bonferroni's. Only messages on which one
of the two alone is right tell them apart: the interval is the exact one of who was right there, in shares of the kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.holm import holm
from core.slices import KINDS


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A message that neither model was trained on, and whether each was right."""

    body: str
    sender: str | None
    first_right: bool
    second_right: bool


@dataclass(frozen=True, slots=True)
class KindDifference:
    """On which shares of a kind's `n` messages each was right, and the difference with what it is worth among all."""

    kind: str
    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    settled: bool


def by_kind(messages: Iterable[HeldOut], *, level: float = 0.95) -> list[KindDifference]:
    """The kinds that there are messages of, in the order of `KINDS`; `level` holds for all of them together."""
    from scipy.stats import binomtest  # here: it takes a second to import

    rows = list(messages)
    right = np.array([(each.first_right, each.second_right) for each in rows], dtype=bool).reshape(-1, 2)
    found = [
        (kind, right[of])
        for kind, holds in KINDS.items()
        if (of := np.array([holds(each.body, each.sender) for each in rows], dtype=bool)).any()
    ]
    if not found:
        return []
    each_level = 1.0 - (1.0 - level) / len(found)
    tests = [_alone(part) for _, part in found]
    p_values = [binomtest(b, a + b).pvalue if a + b else 1.0 for a, b in tests]
    settled, corrected = holm(p_values, 1.0 - level)
    differences = []
    for (kind, part), (a, b), p_value, sure in zip(found, tests, corrected, settled, strict=True):
        share = binomtest(b, a + b).proportion_ci(each_level) if a + b else (0.5, 0.5)
        low, high = ((a + b) * (2.0 * end - 1.0) / len(part) for end in share)
        first, second = (float(value) for value in part.mean(axis=0))
        differences.append(
            KindDifference(kind, len(part), first, second, (b - a) / len(part), low, high, float(p_value), bool(sure))
        )
    return differences


def _alone(right: np.ndarray) -> tuple[int, int]:
    """How often the first and the second alone was right."""
    return int((right[:, 0] & ~right[:, 1]).sum()), int((right[:, 1] & ~right[:, 0]).sum())
