"""Two models on the messages that people judged: only those on which one of the two is right tell them apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OneRight:
    """Of `judged` messages the first model alone was right on `first`, the second alone on `second`.

    The p-value holds for one look at a number of verdicts that was fixed before: who looks on and on asks
    `core.learning.settle`.
    """

    judged: int
    first: int
    second: int
    p_value: float


def mcnemar(judged: int, first: int, second: int) -> OneRight | None:
    """McNemar's exact test; None where the two were never right apart."""
    from statsmodels.stats.contingency_tables import mcnemar as of_table  # here: it takes a second to import

    if first + second == 0:
        return None
    found = of_table([[judged - first - second, first], [second, 0]], exact=True)
    return OneRight(judged, first, second, float(found.pvalue))
