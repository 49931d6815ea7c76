"""The benchmark: all candidates on the same folds, each result as soon as it is there.

Vectorising is most of the work, so each text is cut into terms once for all folds, and each fold and point of the curve
becomes a matrix once for all estimators that share a feature set. The numbers are those of scikit-learn's
`cross_val_predict` on the same folds, to the last digit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from core.learning.calibration import confidence
from core.learning.candidate import Candidate, Values
from core.learning.counts import Counts, UnionCounts, counts_of
from core.learning.metrics import Score, scores
from core.learning.splits import Split, curve_points


@dataclass(frozen=True, slots=True)
class FoldResult:
    """A candidate on one fold, trained on `fraction` of its training part.

    `test` holds the numbers of the n messages tested; `predicted` their class codes, `confidence` how sure the model is
    of each (not calibrated yet), `margins` its (n, k) scores. Seconds of vectorising are in neither of the two times.
    """

    candidate: str
    repeat: int
    fold: int
    fraction: float
    train_size: int
    test: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    margins: np.ndarray
    scores: tuple[Score, ...]
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True, slots=True)
class _Vectorised:
    split: Split
    fraction: float
    train: np.ndarray
    train_matrix: Any
    test_matrix: Any


def benchmark(
    texts: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    candidates: Sequence[Candidate],
    splits: Sequence[Split],
    *,
    curve: Sequence[float] = (1.0,),
    seed: int = 0,
    kept: dict[Any, Counts | UnionCounts] | None = None,
) -> Iterator[FoldResult]:
    """Cross-validate candidates, yielding each fold as it finishes.

    Args:
        texts: n texts, cleaned.
        y: n class codes into `classes`.
        classes: the k class names.
        candidates: what is tried.
        splits: the folds, from `repeated_stratified`.
        curve: points of the learning curve, as shares of each training part.
        seed: of the estimators and of the curve's samples.
        kept: the terms of earlier calls on the same texts, which then are not cut again; filled here.
    """
    documents = np.array(list(texts), dtype=object)
    sharing = [list(group) for _, group in groupby(sorted(candidates, key=_words_first), key=_words_first)]
    kept = {} if kept is None else kept
    for group in sharing:
        if (key := _words_first(group[0])) not in kept:
            kept[key] = counts_of(group[0].feature_set().build(), documents)
    counts = [kept[_words_first(group[0])] for group in sharing]
    for split in splits:
        for fraction, train in curve_points(split, y, sorted(curve), seed):
            for group, counted in zip(sharing, counts, strict=True):
                ready = _Vectorised(split, fraction, train, *counted.matrices(train, split.test))
                for candidate in group:
                    yield _fold(candidate, ready, y, classes, seed)


def _words_first(candidate: Candidate) -> tuple[bool, tuple[str, Values]]:
    """Words are cheapest: they give the page its first points."""
    return candidate.features != "word", candidate.feature_key


def _fold(candidate: Candidate, ready: _Vectorised, y: np.ndarray, classes: Sequence[str], seed: int) -> FoldResult:
    estimator = candidate.classifier()
    began = time.perf_counter()
    fitted = estimator.build(seed).fit(ready.train_matrix, y[ready.train])
    fitted_at = time.perf_counter()
    predicted = np.asarray(fitted.predict(ready.test_matrix))
    margins = _all_classes(estimator.margins(fitted, ready.test_matrix), fitted.classes_, len(classes))
    done_at = time.perf_counter()
    return FoldResult(
        candidate=candidate.name,
        repeat=ready.split.repeat,
        fold=ready.split.fold,
        fraction=ready.fraction,
        train_size=len(ready.train),
        test=ready.split.test,
        predicted=predicted,
        confidence=confidence(margins, predicted),
        margins=margins,
        scores=scores(y[ready.split.test], predicted, classes),
        fit_seconds=fitted_at - began,
        predict_seconds=done_at - fitted_at,
    )


def _all_classes(margins: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    """Margins for all classes; one that the training part had no message of cannot win."""
    if len(seen) == k:
        return margins
    whole = np.full((len(margins), k), margins.min() - 1e3)
    whole[:, seen] = margins
    return whole
