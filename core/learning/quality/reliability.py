"""Calibration: of the messages of which a model was 90 % sure, are 90 % right?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.learning.quality.proportions import Proportion, proportions

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The messages with a confidence from `start` up to `end`: how sure the model was, and how often it was right."""

    start: float
    end: float
    confidence: float
    right: Proportion


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that have messages, and how far confidence and share right are apart on average.

    `gap` is the expected calibration error, weighed by messages; `brier` the mean squared distance of confidence from
    what came true (0 is best).
    """

    bins: list[Bin]
    gap: float
    brier: float


def reliability(right: np.ndarray, confidence: np.ndarray, *, bins: int = BINS) -> Reliability | None:
    """How far a model's confidence can be taken at its word; None without messages.

    Args:
        right: n booleans: whether the prediction is the truth.
        confidence: n probabilities of the class predicted.
        bins: so many, equally wide.
    """
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import mean_squared_error

    if not len(right):
        return None
    # A confidence of just 0.9 belongs to the bin that begins there, and scikit-learn has it in the one below.
    said = np.clip(np.nextafter(confidence, 2.0), 0.0, 1.0)
    true, mean = calibration_curve(right, said, n_bins=bins, strategy="uniform")
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], said), minlength=bins)
    full = np.flatnonzero(counts)
    hits = np.rint(true * counts[full]).astype(int)
    found = [
        Bin(float(edges[number]), float(edges[number + 1]), float(sure), share)
        for number, sure, share in zip(full, mean, proportions(hits, counts[full]), strict=True)
    ]
    gap = float(np.average(np.abs(true - mean), weights=counts[full]))
    return Reliability(found, gap, float(mean_squared_error(right, confidence)))
