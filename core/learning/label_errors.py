"""Labels that a model finds hard to believe, by confident learning (Northcutt et al. 2021, cleanlab)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Doubts:
    """Numbers of the messages whose labels are probably wrong, the worst first; `sure`: how probable the label is."""

    messages: NDArray[np.int64]
    sure: NDArray[np.float64]


def probable_errors(probabilities: NDArray[np.floating], given: NDArray[np.int64]) -> Doubts:
    """Which of n labels are probably wrong.

    Of each class as many are named as are estimated to be wrong from all labels and probabilities: a class that the
    model knows badly is not blamed for it.

    Args:
        probabilities: (n, k), of a model that was not trained on the message.
        given: n class codes.
    """
    from cleanlab.filter import find_label_issues  # here: it takes a second to import

    if len(np.unique(given)) < 2:
        return Doubts(np.array([], dtype=np.int64), np.array([]))
    sure = probabilities[np.arange(len(given)), given].astype(np.float64)
    wrong = find_label_issues(given, probabilities.astype(np.float64), filter_by="prune_by_noise_rate", n_jobs=1)
    messages = np.flatnonzero(wrong)
    messages = messages[np.argsort(sure[messages], kind="stable")]
    return Doubts(messages, sure[messages])
