"""Where the second model is better: class by class, corrected for the number of classes that are looked at.

With twenty classes one in twenty looks better by chance alone. The p-values are Holm's, the intervals Bonferroni's: all
of them hold together at `level`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.holm import holm
from core.learning.compare.paired import paired_folds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassDifference:
    """A score of one class: the means of the two models, and the difference with what it is worth among all."""

    klass: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    settled: bool


def per_class(
    first: Mapping[str, Floats], second: Mapping[str, Floats], test_share: float, *, level: float = 0.95
) -> list[ClassDifference]:
    """The differences of all classes that both models have scores of, in the order of the first.

    Args:
        first: of each class a score of each fold.
        second: the other model's, on the same folds in the same order.
        test_share: as `paired_folds` has it.
        level: at which all intervals hold together.
    """
    classes = [klass for klass in first if klass in second and len(first[klass]) > 1]
    if not classes:
        return []
    each = 1.0 - (1.0 - level) / len(classes)
    tests = [paired_folds(first[klass], second[klass], test_share, level=each) for klass in classes]
    found = [test for test in tests if test is not None]
    settled, corrected = holm([test.p_value for test in found], 1.0 - level)
    return [
        ClassDifference(
            klass,
            float(np.mean(first[klass])),
            float(np.mean(second[klass])),
            test.difference,
            test.low,
            test.high,
            float(p_value),
            bool(sure),
        )
        for klass, test, p_value, sure in zip(classes, found, corrected, settled, strict=True)
    ]
