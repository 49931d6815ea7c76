"""Metrics, by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, matthews_corrcoef, precision_recall_fscore_support


@dataclass(frozen=True, slots=True)
class Score:
    """One metric; `klass` is None for a metric over all classes."""

    metric: str
    klass: str | None
    value: float


def scores(truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> tuple[Score, ...]:
    """Macro-F1, accuracy and Matthews' coefficient; precision, recall and F1 of each class.

    Args:
        truth: n class codes.
        predicted: n class codes.
        classes: the k names; a class that is absent scores 0.
    """
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, predicted, labels=range(len(classes)), zero_division=0.0
    )
    whole = (
        Score("macro_f1", None, float(np.mean(f1))),
        Score("accuracy", None, float(accuracy_score(truth, predicted))),
        Score("mcc", None, float(matthews_corrcoef(truth, predicted))),
    )
    per_class = tuple(
        Score(metric, name, float(values[code]))
        for metric, values in (("precision", precision), ("recall", recall), ("f1", f1))
        for code, name in enumerate(classes)
    )
    return whole + per_class
