"""Precision, recall and F1 of each class, out of a confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learning.quality.proportions import Proportion, proportions

RESAMPLES = 500
SEED = 7


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """Of what is called the class so much is of it, of the class so much is found; F1 is between, with its interval."""

    precision: Proportion
    recall: Proportion
    f1: float
    f1_low: float
    f1_high: float


def per_class(counts: np.ndarray) -> list[ClassQuality]:
    """The quality of each class.

    Shares have Wilson's interval, F1 the bootstrap's (messages drawn anew, which are the cells drawn anew).

    Args:
        counts: the (k, k) confusion matrix: messages by true class (row) and predicted class (column).
    """
    from sklearn.metrics import f1_score

    k, n = len(counts), int(counts.sum())
    right = counts.diagonal()
    truth, predicted = np.divmod(np.arange(k * k), k)
    f1 = (
        f1_score(truth, predicted, labels=range(k), average=None, sample_weight=counts.ravel(), zero_division=0.0)
        if n
        else np.zeros(k)
    )
    drawn = (
        np.random.default_rng(SEED).multinomial(n, counts.ravel() / max(n, 1), size=RESAMPLES) if n else counts[None]
    )
    low, high = np.percentile(_f1(drawn.reshape(-1, k, k)), [2.5, 97.5], axis=0)
    return [
        ClassQuality(precision, recall, float(value), float(min(a, value)), float(max(b, value)))
        for precision, recall, value, a, b in zip(
            proportions(right, counts.sum(axis=0)), proportions(right, counts.sum(axis=1)), f1, low, high, strict=True
        )
    ]


def _f1(counts: np.ndarray) -> np.ndarray:
    """Of many (k, k) matrices at once, as scikit-learn has it of one: 0 where there is nothing."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    both = counts.sum(axis=1) + counts.sum(axis=2)
    return np.asarray(np.divide(2 * right, both, out=np.zeros(right.shape), where=both > 0))
