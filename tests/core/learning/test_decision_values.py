"""The benchmark's decision values are scikit-learn's `cross_val_predict`, to the last digit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score
from sklearn.model_selection import PredefinedSplit, RepeatedStratifiedKFold, cross_val_predict

from core.corpus import CLASSES, Corpus
from core.learning import ESTIMATORS, Candidate, FoldResult, benchmark, repeated_stratified

LINEAR = [each.name for each in ESTIMATORS if each.linear]
ALL = [Candidate(features, estimator) for features in ("word", "char") for estimator in LINEAR] + [
    Candidate.parse(name) for name in ("both(words=0.5)-svc", "char(longest=4,case=kept)-svc(C=0.3,classes=balanced)")
]


def margins_of(results: list[FoldResult], name: str, shape: tuple[int, int]) -> np.ndarray:
    found = np.full(shape, np.nan)
    for result in results:
        if result.candidate == name and result.fraction == 1.0:
            found[result.test] = result.margins
    return found


def plain_margins(candidate: Candidate, texts: list[str], y: np.ndarray, fold_of: np.ndarray, seed: int) -> np.ndarray:
    """scikit-learn's plain way, vectorising anew in each fold for each candidate."""
    method = "predict_joint_log_proba" if candidate.estimator == "cnb" else "decision_function"
    documents, folds = np.array(texts, dtype=object), PredefinedSplit(fold_of)
    if method == "decision_function":
        values = cross_val_predict(candidate.build(seed), documents, y, cv=folds, method=method)
    else:  # not one of the methods that cross_val_predict knows
        values = np.empty((len(y), int(y.max()) + 1))
        for train, test in folds.split():
            fitted = candidate.build(seed).fit(documents[train], y[train])
            matrix = fitted["features"].transform(documents[test])
            values[test] = fitted["classifier"].predict_joint_log_proba(matrix)
    return np.column_stack([-values, values]) if values.ndim == 1 else np.asarray(values)


@pytest.mark.parametrize("k", [2, 3])
def test_out_of_fold_decision_values_are_scikit_learns_to_the_last_digit(k: int) -> None:
    drawn = list(Corpus(4, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 400))
    texts = [message.body for message in drawn]
    y = np.minimum([CLASSES.index(message.label) for message in drawn], k - 1)
    splits = repeated_stratified(y, folds=3, repeats=1, seed=9, classes=CLASSES[:k])
    results = list(benchmark(texts, y, CLASSES[:k], ALL, splits, curve=(0.3, 1.0), seed=9))
    fold_of = np.empty(len(y), dtype=int)
    for split in splits:
        fold_of[split.test] = split.fold
    for candidate in ALL:
        ours = margins_of(results, candidate.name, (len(y), k))
        assert np.array_equal(ours, plain_margins(candidate, texts, y, fold_of, 9)), candidate.name


def test_every_candidate_has_its_first_point_before_any_has_its_second() -> None:
    drawn = list(Corpus(4, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 120))
    y = np.array([CLASSES.index(message.label) for message in drawn])
    splits = repeated_stratified(y, folds=2, repeats=1, seed=9, classes=CLASSES)
    results = list(benchmark([message.body for message in drawn], y, CLASSES, ALL, splits, curve=(1.0, 0.5), seed=9))
    assert {result.candidate for result in results[: len(ALL)]} == {candidate.name for candidate in ALL}
    assert {result.fraction for result in results[: len(ALL)]} == {0.5}
    assert results[0].candidate.startswith("word")


def test_repeated_folds_are_those_of_scikit_learn() -> None:
    y = np.arange(50) % 3
    ours = repeated_stratified(y, folds=4, repeats=3, seed=6, classes=CLASSES)
    theirs = list(RepeatedStratifiedKFold(n_splits=4, n_repeats=3, random_state=6).split(np.zeros(50), y))
    assert [(split.repeat, split.fold) for split in ours] == [(r, f) for r in range(3) for f in range(4)]
    for split, (train, test) in zip(ours, theirs, strict=True):
        assert (split.train == train).all()
        assert (split.test == test).all()


@pytest.mark.real_data
def test_the_three_classes_of_the_smishing_collection_are_told_apart(sms_data: Path) -> None:
    with (sms_data / "smishing_5971.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    classes = ("ham", "smishing", "spam")
    texts, y = [row["TEXT"] for row in rows], np.array([classes.index(row["LABEL"].lower()) for row in rows])
    splits = repeated_stratified(y, folds=5, repeats=1, seed=7, classes=classes)
    candidate = Candidate("char", "sgd")
    results = list(benchmark(texts, y, classes, [candidate], splits, seed=7))
    predicted, fold_of = np.empty(len(y), dtype=int), np.empty(len(y), dtype=int)
    for result in results:
        predicted[result.test], fold_of[result.test] = result.predicted, result.fold
    assert f1_score(y, predicted, average="macro") > 0.85
    ours = margins_of(results, candidate.name, (len(y), 3))
    assert np.array_equal(ours, plain_margins(candidate, texts, y, fold_of, 7))
