"""What a model believes is measured by scikit-learn's metrics, and by what mistakes cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from core.learning.probability_metrics import cost_matrix, probability_scores

CLASSES = ("personal", "notification", "spam")


def believed(seed: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)


def by_name(truth: np.ndarray, probabilities: np.ndarray, k: int, costs: np.ndarray | None = None) -> dict:
    no_costs = cost_matrix(CLASSES[:k], {})
    found = probability_scores(truth, probabilities, CLASSES[:k], no_costs if costs is None else costs)
    return {(score.metric, score.klass): score.value for score in found}


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(20, 60), st.sampled_from([2, 3]))
def test_the_numbers_are_scikit_learns(seed: int, n: int, k: int) -> None:
    truth, probabilities = believed(seed, n, k)
    found = by_name(truth, probabilities, k)
    assert found["log_loss", None] == pytest.approx(log_loss(truth, probabilities, labels=range(k)))
    came_true = np.eye(k)[truth]
    assert found["brier", None] == pytest.approx(((probabilities - came_true) ** 2).sum(axis=1).mean() / 2)
    assert found["cost", None] == pytest.approx((probabilities.argmax(axis=1) != truth).mean())
    for code in np.unique(truth) if len(np.unique(truth)) > 1 else []:
        area = roc_auc_score(truth == code, probabilities[:, code])
        assert found["roc_auc", CLASSES[code]] == pytest.approx(area)


def test_who_is_sure_and_right_has_nothing_to_lose_and_who_is_sure_and_wrong_has() -> None:
    truth = np.array([0, 1, 2, 2])
    right = by_name(truth, np.eye(3)[truth], 3)
    assert (right["brier", None], right["cost", None], right["calibration_error", None]) == (0, 0, 0)
    assert right["log_loss", None] == pytest.approx(0)
    assert {right["roc_auc", name] for name in (None, *CLASSES)} == {1.0}
    wrong = by_name(truth, np.eye(3)[(truth + 1) % 3], 3)
    assert wrong["log_loss", None] > 30
    assert (wrong["brier", None], wrong["cost", None]) == (1, 1)


def test_a_mistake_costs_what_the_settings_say_and_one_where_they_are_silent() -> None:
    costs = cost_matrix(CLASSES, {"personal": {"spam": 10.0}})
    assert costs.tolist() == [[0, 1, 10], [1, 0, 1], [1, 1, 0]]
    said = np.array([2, 2, 0, 0])
    found = by_name(np.array([0, 2, 0, 1]), np.eye(3)[said], 3, costs)
    assert found["cost", None] == pytest.approx((10 + 0 + 0 + 1) / 4)


def test_a_fold_without_a_class_has_no_area_for_it_and_goes_on() -> None:
    truth, probabilities = np.array([0, 0, 1, 1]), believed(3, 4, 3)[1]
    found = by_name(truth, probabilities, 3)
    assert ("roc_auc", "spam") not in found
    assert ("roc_auc", "personal") in found
    alone = by_name(np.zeros(4, dtype=int), probabilities, 3)
    assert not any(metric == "roc_auc" for metric, _ in alone)
