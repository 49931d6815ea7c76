"""Selection: which messages' labels would tell the most. Pure: arrays in, scores out, the lowest first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def most_telling(labels: Floats, judged: Floats, waiting: Floats) -> Floats:
    """ActiveLab (Goh and Mueller 2023): how much the label of each waiting message would tell; the lowest the most.

    Where nobody has judged a message that somebody else has, this is the order of the model's calibrated confidence,
    the least sure first. Further opinions on judged messages are told apart by how far office and model can be trusted.

    Args:
        labels: (n, people) class codes of what was said, NaN where a person said nothing; nobody's column is empty.
        judged: (n, k) what the model says of these messages, as probabilities; best from folds that did not hold them.
        waiting: (m, k) what it says of the messages that wait.
    """
    from cleanlab.multiannotator import get_active_learning_scores

    if not len(waiting):
        return np.zeros(0)
    if not len(labels):
        return np.asarray(waiting.max(axis=1))
    _, scores = get_active_learning_scores(labels, judged, waiting)
    return np.asarray(scores, dtype=float)
