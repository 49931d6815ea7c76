"""Thresholds: the model decides by itself where it is sure enough, a person looks at the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learning.quality.proportions import Proportion, proportions

STEPS = 100


@dataclass(frozen=True, slots=True)
class Threshold:
    """From confidence `at` on the model decides: how many messages of all, and how many of those wrongly."""

    at: float
    decided: int
    wrong: Proportion


def thresholds(right: np.ndarray, confidence: np.ndarray, *, steps: int = STEPS) -> list[Threshold]:
    """What each of `steps` + 1 thresholds from 0 to 1 would do to these messages.

    Args:
        right: n booleans: whether the prediction is the truth.
        confidence: n probabilities of the class predicted.
        steps: so many, equally wide.
    """
    at = np.linspace(0.0, 1.0, steps + 1)
    order = np.argsort(confidence, kind="stable")
    wrong_from = np.concatenate([np.cumsum(~right[order][::-1])[::-1], [0]])
    first = np.searchsorted(confidence[order], at, side="left")
    decided, wrong = len(right) - first, wrong_from[first]
    return [
        Threshold(float(value), int(n), share)
        for value, n, share in zip(at, decided, proportions(wrong, decided), strict=True)
    ]
