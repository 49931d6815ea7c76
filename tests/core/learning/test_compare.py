"""Two models compared: the numbers are those of the papers and of the libraries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.errors import PipelineError
from core.learning.compare import (
    HeldOut,
    Standing,
    against_first,
    by_kind,
    mcnemar,
    paired_folds,
    pareto_front,
    per_class,
    reliability,
)


def folds(mean: float, n: int = 10, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 0.004, n)


def test_the_corrected_test_is_the_plain_one_with_a_wider_spread() -> None:
    first, second = folds(0.978), folds(0.984, seed=2)
    found = paired_folds(first, second, 1 / 9)
    assert found is not None
    plain = stats.ttest_rel(second, first)
    wider = np.sqrt((1 / 10 + 1 / 9) / (1 / 10))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(plain.statistic) / wider, 9))
    assert paired_folds(first, second, 0.0).p_value == pytest.approx(plain.pvalue)  # type: ignore[union-attr]
    assert found.low < found.difference < found.high
    assert found.better + found.same + found.worse == pytest.approx(1)


def test_folds_that_share_their_messages_seldom_make_a_difference_of_nothing() -> None:
    """Repeated folds of one sample: differences that all lean the way the sample leans."""
    chance = np.random.default_rng(7)
    wrong = {"plain": 0, "corrected": 0}
    for _ in range(1_000):
        lean = chance.normal(0, 0.01)  # what a resampled variance cannot see: folds correlate by their test share
        gain = lean + chance.normal(0, 0.01 * np.sqrt(9.0), 100)
        wrong["plain"] += stats.ttest_1samp(gain, 0).pvalue < 0.05
        found = paired_folds(np.zeros(100), gain, 1 / 9)
        wrong["corrected"] += found is not None and found.p_value < 0.05
    assert wrong["plain"] > 100
    assert wrong["corrected"] <= 60


def test_the_probabilities_turn_with_the_models_and_the_region() -> None:
    first, second = folds(0.97), folds(0.98, seed=3)
    there, back = paired_folds(first, second, 0.25), paired_folds(second, first, 0.25)
    assert there is not None
    assert back is not None
    assert (there.better, there.worse) == pytest.approx((back.worse, back.better))
    wide = paired_folds(first, second, 0.25, rope=0.1)
    assert wide is not None
    assert wide.same > 0.99 > there.same


def test_folds_that_cannot_be_paired_are_refused_and_one_fold_tells_nothing() -> None:
    assert paired_folds(np.ones(1), np.ones(1), 0.1) is None
    same = paired_folds(np.ones(5), np.ones(5), 0.1)
    assert same is not None
    assert (same.p_value, same.same) == (1.0, pytest.approx(1.0))
    with pytest.raises(PipelineError):
        paired_folds(np.ones(5), np.ones(4), 0.1)


def test_mcnemar_is_the_exact_binomial_test_of_those_who_were_right_alone() -> None:
    found = mcnemar(200, 4, 15)
    assert found is not None
    assert found.p_value == pytest.approx(stats.binomtest(4, 19, 0.5).pvalue)
    assert mcnemar(200, 0, 0) is None


def test_looking_at_twenty_classes_finds_no_difference_that_is_not_there() -> None:
    chance = np.random.default_rng(5)
    alarms = 0
    for _ in range(100):
        first = {f"class {n}": chance.normal(0.9, 0.01, 10) for n in range(20)}
        second = {klass: chance.normal(0.9, 0.01, 10) for klass in first}
        found = per_class(first, second, 0.0)
        alarms += any(each.settled for each in found)
        assert all(each.low <= each.difference <= each.high for each in found)
    assert alarms <= 10
    spam = {"ham": folds(0.9, seed=1), "spam": folds(0.95, seed=2)}, {"ham": folds(0.9, seed=3), "spam": folds(0.8)}
    assert [(each.klass, each.settled) for each in per_class(*spam, 1 / 9)] == [("ham", False), ("spam", True)]


def test_the_front_holds_those_that_nobody_beats_in_everything() -> None:
    board = [
        Standing("big", 0.99, 4e6, 2e-4),
        Standing("small", 0.97, 4e5, 1e-4),
        Standing("worse", 0.96, 5e5, 3e-4),
        Standing("unknown", 0.98, None, 5e-5),
        Standing("twin", 0.97, 4e5, 1e-4),
    ]
    assert pareto_front(board) == {"big", "small", "unknown", "twin"}


def test_kinds_of_messages_are_told_apart_with_what_each_difference_is_worth() -> None:
    linked = [HeldOut("win at https://x.co/a now or never", "VM-SHOP", n >= 30, True) for n in range(100)]
    hindi = [HeldOut("\u0906\u092a\u0915\u093e \u0916\u093e\u0924\u093e", "+911234", n > 1, n != 1) for n in range(40)]
    found = {each.kind: each for each in by_kind([*linked, *hindi])}
    assert set(found) == {"short, under 5 words", "has a link", "not Latin script", "alphanumeric sender"}
    link, script = found["has a link"], found["not Latin script"]
    assert (link.n, link.first, link.second, link.settled) == (100, 0.7, 1.0, True)
    assert link.low < link.difference <= link.high
    assert link.low > 0
    assert (script.n, script.settled) == (40, False)
    assert script.low <= script.difference <= script.high
    assert by_kind([]) == []


def test_several_models_pay_for_being_looked_at_together_and_other_folds_are_not_tested() -> None:
    first, second, third = folds(0.970), folds(0.976, seed=2), folds(0.971, seed=3)
    alone = paired_folds(first, second, 1 / 9)
    (both, none, other) = against_first(first, [second, None, third], 1 / 9)
    assert alone is not None
    assert both is not None
    assert other is not None
    assert none is None
    assert both.p_value == pytest.approx(2 * alone.p_value), "Holm: the smallest of two counts twice"
    assert other.p_value == pytest.approx(max(2 * alone.p_value, other.test.p_value))
    assert both.test.high - both.test.low > alone.high - alone.low
    assert against_first(first, [None], 1 / 9) == [None]
    assert against_first(first[:1], [second[:1]], 1 / 9) == [None], "one fold tells nothing"


def test_a_model_that_knows_its_chances_has_no_calibration_error_and_the_bins_are_those_of_the_library() -> None:
    from sklearn.calibration import calibration_curve

    chance = np.random.default_rng(5)
    confidence = chance.uniform(0.34, 1.0, 40_000)
    honest = chance.uniform(size=len(confidence)) < confidence
    found = reliability(confidence, honest)
    assert found is not None
    assert found.error < 0.01
    right, sure = calibration_curve(honest, confidence, n_bins=10)
    assert [each.right for each in found.bins] == pytest.approx(right)
    assert [each.sure for each in found.bins] == pytest.approx(sure)
    assert sum(each.n for each in found.bins) == found.n == 40_000
    boastful = reliability(np.full(100, 0.9), np.arange(100) < 60)
    assert boastful is not None
    assert boastful.error == pytest.approx(0.3)
    assert reliability(np.array([]), np.array([], bool)) is None
    certain = reliability(np.array([1.0, 0.0]), np.array([True, False]))
    assert certain is not None
    assert (certain.error, len(certain.bins)) == (0.0, 2)
