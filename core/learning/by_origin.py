"""How good a model is on the messages alone whose class people have told: weak labels may flatter it, or wrong it.

Pure: counts in, scores with intervals out. Scores come from the run's own folds, so no message was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.learning.quality.proportions import proportion

LEAST = 50
"""Messages, below which their scores would say more of chance than of the model."""
DRAWS = 2_000
Cells = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Apart:
    """Scores on `messages` of one origin, each with its 95 % interval; the scores are None where too few tell.

    Macro-F1 is over the classes that these messages have; its interval is of draws of as many such (bootstrap).
    """

    messages: int
    accuracy: tuple[float, float, float] | None
    macro_f1: tuple[float, float, float] | None


def apart(cells: Cells) -> Apart:
    """The scores behind a confusion matrix: counts by (true class, predicted class)."""
    messages = sum(cells.values())
    if messages < LEAST:
        return Apart(messages, None, None)
    names = sorted({name for cell in cells for name in cell})
    matrix = np.zeros((len(names), len(names)))
    for (truth, klass), n in cells.items():
        matrix[names.index(truth), names.index(klass)] = n
    right = int(np.trace(matrix))
    drawn = np.random.default_rng(0).multinomial(messages, matrix.ravel() / messages, DRAWS)
    low, high = np.quantile(_macro_f1(drawn.reshape(DRAWS, *matrix.shape).astype(float), matrix), (0.025, 0.975))
    value = float(_macro_f1(matrix[None], matrix)[0])
    share = proportion(right, messages)
    accuracy = (share.share, share.low, share.high)
    return Apart(messages, accuracy, (value, min(float(low), value), max(float(high), value)))


def _macro_f1(matrices: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each (k, k) matrix; over the classes that `seen` has messages of."""
    right = np.diagonal(matrices, axis1=1, axis2=2)
    both = matrices.sum(axis=1) + matrices.sum(axis=2)
    f1 = 2 * right / np.maximum(both, 1)
    return np.asarray(f1[:, seen.sum(axis=1) > 0].mean(axis=1))
