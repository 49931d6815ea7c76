"""Quality figures: the numbers are scikit-learn's and statsmodels', and the intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from statsmodels.stats.proportion import proportion_confint

from core.learning import confidence, from_bytes, to_bytes
from core.learning.quality import (
    by_slice,
    fold_scores,
    per_class,
    precision_recall,
    proportion,
    reliability,
    roc,
    thresholds,
)
from core.learning.quality.areas import average_precisions, roc_areas
from core.learning.quality.classes import _f1

Said = tuple[np.ndarray, np.ndarray]
clockless = settings(deadline=None, max_examples=50)
sizes = st.integers(2, 60)
seeds = st.integers(0, 2**32 - 1)


def said(n: int, seed: int) -> Said:
    """Whether each of n messages is of a class, and how probable that was: with ties, and with just 0.3 and 0.9."""
    chance = np.random.default_rng(seed)
    is_class = chance.random(n) < 0.5
    is_class[:2] = True, False
    probability = np.where(is_class, chance.beta(4, 2, n), chance.beta(2, 4, n)).round(chance.integers(1, 4))
    return is_class, probability


def sample(n: int, k: int, seed: int) -> Said:
    """n true and predicted class codes."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, k, n)
    return truth, np.where(chance.random(n) < 0.7, truth, chance.integers(0, k, n))


@clockless
@given(sizes, seeds)
def test_areas_of_grouped_messages_are_those_of_scikit_learn(n: int, seed: int) -> None:
    is_class, probability = said(n, seed)
    values = np.unique(probability)
    counts = np.zeros((1, len(values), 2))
    np.add.at(counts, (0, np.searchsorted(values, probability), is_class.astype(int)), 1)
    assert roc_areas(counts)[0] == pytest.approx(roc_auc_score(is_class, probability))
    assert average_precisions(counts)[0] == pytest.approx(average_precision_score(is_class, probability))


@clockless
@given(sizes, seeds)
def test_each_point_of_a_curve_is_what_its_threshold_does(n: int, seed: int) -> None:
    is_class, probability = said(n, seed)
    curve = roc(is_class, probability, points=20)
    assert curve is not None
    assert len(curve.x) <= 20
    assert (curve.x[-1], curve.y[-1]) == (1.0, 1.0)
    for x, y, at in list(zip(curve.x, curve.y, curve.threshold, strict=True))[1:]:
        called = probability >= at
        assert x == pytest.approx(called[~is_class].mean())
        assert y == pytest.approx(called[is_class].mean())
    curve = precision_recall(is_class, probability, points=20)
    assert curve is not None
    for x, y, at in zip(curve.x, curve.y, curve.threshold, strict=True):
        called = probability >= at
        assert x == pytest.approx(recall_score(is_class, called))
        assert y == pytest.approx(precision_score(is_class, called))


def test_a_class_that_all_messages_are_of_has_no_curve() -> None:
    everything = np.ones(5, dtype=bool)
    assert roc(everything, np.linspace(0, 1, 5)) is None
    assert precision_recall(~everything, np.linspace(0, 1, 5)) is None


def test_the_interval_of_an_area_holds_the_area_of_all_messages_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)

    def draw(n: int) -> Said:
        is_class = chance.random(n) < 0.3
        return is_class, np.where(is_class, chance.beta(3, 2, n), chance.beta(2, 3, n))

    truth = roc_auc_score(*draw(400_000))
    found = [roc(*draw(300)) for _ in range(200)]
    held = np.mean([curve is not None and curve.area.low <= truth <= curve.area.high for curve in found])
    assert 0.90 <= held <= 0.99


@clockless
@given(st.integers(1, 60), seeds, st.integers(2, 12))
def test_bins_of_confidence_hold_every_message_once_and_open_just_theirs(n: int, seed: int, bins: int) -> None:
    right, sure = said(max(n, 2), seed)
    found = reliability(right, sure, bins=bins)
    assert found is not None
    assert sum(each.right.n for each in found.bins) == len(right)
    gap = 0.0
    for each in found.bins:
        inside = (sure >= each.start) & ((sure < each.end) | (each.end == 1.0))
        assert each.right.n == inside.sum()
        assert each.right.hits == right[inside].sum()
        assert each.confidence == pytest.approx(sure[inside].mean(), abs=1e-9)
        low, high = proportion_confint(each.right.hits, each.right.n, method="wilson")
        assert (each.right.low, each.right.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
        gap += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    assert found.gap == pytest.approx(gap, abs=1e-9)


def test_nothing_is_said_of_no_message() -> None:
    nothing = np.array([], dtype=bool)
    assert reliability(nothing, np.array([])) is None
    assert (proportion(0, 0).share, proportion(0, 0).low, proportion(0, 0).high) == (0.0, 0.0, 1.0)
    assert [each.decided for each in thresholds(nothing, np.array([]), steps=2)] == [0, 0, 0]
    assert by_slice(nothing, nothing, []) == []
    assert fold_scores([], 0.1) is None


@clockless
@given(sizes, seeds)
def test_a_threshold_leaves_to_the_model_what_it_is_so_sure_of(n: int, seed: int) -> None:
    right, sure = said(n, seed)
    for each in thresholds(right, sure, steps=20):
        decided = sure >= each.at
        assert (each.decided, each.wrong.n, each.wrong.hits) == (decided.sum(), decided.sum(), (decided & ~right).sum())


@clockless
@given(sizes, st.integers(2, 5), seeds)
def test_the_quality_of_a_class_is_scikit_learns(n: int, k: int, seed: int) -> None:
    truth, predicted = sample(n, k, seed)
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (truth, predicted), 1)
    asked = {"labels": range(k), "average": None, "zero_division": 0.0}
    found = per_class(counts)
    assert [each.precision.share for each in found] == pytest.approx(precision_score(truth, predicted, **asked))
    assert [each.recall.share for each in found] == pytest.approx(recall_score(truth, predicted, **asked))
    assert [each.f1 for each in found] == pytest.approx(f1_score(truth, predicted, **asked))
    assert _f1(counts[None])[0] == pytest.approx(f1_score(truth, predicted, **asked))
    assert all(0 <= each.f1_low <= each.f1 <= each.f1_high <= 1 for each in found)


def test_a_matrix_of_nothing_has_no_quality() -> None:
    assert [each.precision.n for each in per_class(np.zeros((3, 3), dtype=int))] == [0, 0, 0]


def test_intervals_of_many_slices_hold_together() -> None:
    """Of 20 slices on which a model is as good as anywhere, hardly ever one looks surely worse."""
    chance = np.random.default_rng(11)
    wrongly = 0
    for _ in range(100):
        truth = np.zeros(2_000, dtype=int)
        predicted = (chance.random(2_000) < 0.2).astype(int)
        named = [(f"kind:{number % 20}",) for number in range(2_000)]
        wrongly += any(not each.right.low <= 0.8 <= each.right.high for each in by_slice(truth, predicted, named))
    assert wrongly <= 10


def test_the_worst_slice_is_first_and_small_ones_are_left_out() -> None:
    truth, predicted = sample(300, 3, 3)
    named = [("kind:all", "kind:right" if t == p else "kind:wrong") for t, p in zip(truth, predicted, strict=True)]
    named[0] = (*named[0], "kind:rare")
    found = by_slice(truth, predicted, named)
    assert [each.name for each in found] == ["kind:wrong", "kind:all", "kind:right"]
    assert found[1].right.share == pytest.approx(accuracy_score(truth, predicted))
    assert found[1].macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert {each.name for each in by_slice(truth, predicted, named, most=1)} == {"kind:all"}


def test_folds_that_share_their_messages_have_the_wider_interval() -> None:
    values = [0.91, 0.93, 0.92, 0.95, 0.90]
    plain, corrected = fold_scores(values, 0.0), fold_scores(values, 0.25)
    assert plain is not None
    assert corrected is not None
    wider = np.sqrt((1 / 5 + 0.25) / (1 / 5))
    assert corrected.high - corrected.mean == pytest.approx(wider * (plain.high - plain.mean))
    alone = fold_scores([0.9], 0.25)
    assert alone is not None
    assert (alone.low, alone.mean, alone.high) == (0.9, 0.9, 0.9)


@clockless
@given(st.integers(0, 20), st.integers(2, 20), seeds)
def test_margins_come_back_as_they_went_and_say_the_same_confidence(n: int, k: int, seed: int) -> None:
    margins = np.random.default_rng(seed).normal(0, 5, (n, k))
    back = from_bytes(to_bytes(margins), k)
    assert back.shape == (n, k)
    predicted = margins.argmax(axis=1)
    assert confidence(back, predicted) == pytest.approx(confidence(margins, predicted), abs=1e-5)
