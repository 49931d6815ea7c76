"""From margins to probabilities: one temperature, fitted where the model had not seen the messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax


def probabilities(margins: np.ndarray, temperature: float) -> np.ndarray:
    """(n, k) probabilities, each row summing to one; a higher temperature makes them more even."""
    return np.asarray(softmax(margins / temperature, axis=1))


def confidence(margins: np.ndarray, predicted: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """The probability of the class predicted, for n rows."""
    return np.asarray(probabilities(margins, temperature)[np.arange(len(predicted)), predicted])


def to_bytes(margins: np.ndarray) -> list[bytes]:
    """A row of (n, k) margins each: k float32, little endian."""
    rows = np.ascontiguousarray(margins, dtype="<f4")
    whole, width = rows.tobytes(), rows.shape[1] * rows.itemsize
    return [whole[start : start + width] for start in range(0, len(whole), width)]


def from_bytes(rows: Sequence[bytes], k: int) -> np.ndarray:
    """The (n, k) margins that `to_bytes` was given, as float32."""
    return np.frombuffer(b"".join(rows), dtype="<f4").reshape(-1, k)


def fit_temperature(margins: np.ndarray, truth: np.ndarray) -> float:
    """The temperature under which the truth is most likely (Guo et al. 2017), from out-of-fold margins.

    It changes no prediction, only how sure the model says it is.
    """
    if not len(truth):
        return 1.0

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(margins / np.exp(log_temperature), axis=1)[np.arange(len(truth)), truth].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-6.0, 6.0), method="bounded").x))
