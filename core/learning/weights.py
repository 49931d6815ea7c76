"""What a training message weighs: a label that a rule gave less than one that a person gave."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from core.errors import PipelineError


def fitted(classifier: Any, matrix: Any, y: np.ndarray, weights: np.ndarray | None) -> Any:
    """A classifier, fitted on n rows with class codes `y` that weigh `weights` (n,); None: all the same.

    Raises:
        PipelineError: it takes no weights; trained without them it would be another model than asked for.
    """
    if weights is None:
        return classifier.fit(matrix, y)
    if not has_fit_parameter(classifier, "sample_weight"):
        raise PipelineError(
            f"{type(classifier).__name__} takes no sample weights, and labels by rules weigh less than others here",
            where="[pipeline] weak_weight",
            fix="Leave its candidates out, or let all weigh the same: weak_weight = 1 and weak_by_accuracy = false.",
        )
    return classifier.fit(matrix, y, sample_weight=weights)


def of(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """The weights of some rows."""
    return None if weights is None else weights[rows]
