"""Whether a model is right as often as it is sure: reliability by bins, and the expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages of about the same confidence: how many, how sure the model was of them, on which share it was right."""

    n: int
    sure: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins with messages, the least sure first; `error` is 0 where the model is right as often as it is sure."""

    n: int
    error: float
    bins: list[Bin]


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_], *, bins: int = BINS) -> Reliability | None:
    """The expected calibration error (Guo et al. 2017): the bins' gaps between sure and right, weighted by messages.

    Args:
        confidence: of n messages, the probability that the model gave the class it predicted, from 0 to 1.
        right: whether that class is the message's.
        bins: of equal width; scikit-learn's `calibration_curve` draws the same ones, without their counts.

    Returns:
        None without messages.
    """
    if not len(confidence):
        return None
    place = np.clip((np.asarray(confidence) * bins).astype(int), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sure = np.bincount(place, weights=confidence, minlength=bins)
    good = np.bincount(place, weights=right, minlength=bins)
    error = float(np.abs(sure - good).sum() / len(confidence))
    there = [Bin(int(n), float(s / n), float(g / n)) for n, s, g in zip(counts, sure, good, strict=True) if n]
    return Reliability(len(confidence), error, there)
