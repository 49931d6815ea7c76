"""Metrics of what a model believes, not only of what it says; by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from core.learning.metrics import Score
from core.learning.quality.reliability import reliability

LEAST = 1e-15
"""No probability is smaller: the logarithm of nothing would be all of the loss."""


def probability_scores(
    truth: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], costs: np.ndarray
) -> tuple[Score, ...]:
    """Log loss, Brier score, calibration error, mean cost; areas under the ROC and precision-recall curves by class.

    Args:
        truth: n class codes.
        probabilities: (n, k), calibrated, each row summing to one.
        classes: the k names; a class without a message, or with all of them, has no areas.
        costs: (k, k), what it costs to call a message of the row's class what the column says.
    """
    codes = np.arange(len(classes))
    kept = np.clip(probabilities, LEAST, 1.0)
    said = probabilities.argmax(axis=1)
    believed = probabilities[np.arange(len(said)), said]
    found = reliability(said == truth, believed)
    whole = [
        Score("log_loss", None, float(log_loss(truth, kept / kept.sum(axis=1, keepdims=True), labels=codes))),
        Score("brier", None, _brier(truth, probabilities)),
        Score("calibration_error", None, found.gap if found else 0.0),
        Score("cost", None, float(costs[truth, said].mean())),
    ]
    areas = [*_areas("roc_auc", roc_auc_score, truth, probabilities, classes)]
    areas += _areas("average_precision", average_precision_score, truth, probabilities, classes)
    return (*whole, *areas)


def cost_matrix(classes: Sequence[str], costs: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    """(k, k) costs: `costs[truth][said]` where it is given, else 1 for a mistake and 0 for none."""
    return np.array(
        [[costs.get(truth, {}).get(said, float(truth != said)) for said in classes] for truth in classes], dtype=float
    )


def _brier(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Half the squared distance of the probabilities from what came true: of two classes the usual score. 0 is best."""
    codes = np.arange(probabilities.shape[1])
    if len(codes) == 2:
        return float(brier_score_loss(truth, probabilities[:, 1], labels=codes, pos_label=1))
    return float(brier_score_loss(truth, probabilities, labels=codes, scale_by_half=True))


def _areas(
    metric: str, area: object, truth: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> list[Score]:
    """The area of each class against all others, and their mean."""
    assert callable(area)
    each = [
        Score(metric, name, float(area(truth == code, probabilities[:, code])))
        for code, name in enumerate(classes)
        if 0 < np.count_nonzero(truth == code) < len(truth)
    ]
    return [Score(metric, None, float(np.mean([score.value for score in each]))), *each] if each else []
