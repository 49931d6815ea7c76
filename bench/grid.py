"""A grid of 24 candidates on 5 folds of 100,000 messages, against scikit-learn's `GridSearchCV`; equal scores asserted.

The grid is one that a team would run first: words and pairs of words, 3 to 5 characters within words, and both beside
each other; each with eight settings of three classifiers: complement naive Bayes (4 smoothings), stochastic gradient
descent (3 strengths of regularisation), a linear support vector machine. `GridSearchCV` gets the same 24 as pipelines
of vectoriser and classifier, the same folds, macro-F1, no refit, and as many processes. The messages are made up (a
seed gives the same ones anywhere), about 48 characters each; SIZE= takes fewer.

What it costs: cutting texts into terms once for each feature set (GridSearchCV: once for each candidate and fold); a
matrix for each feature set and fold; a fit for each candidate and fold. All three grow with the messages, the last two
with the folds, only the last with the candidates. Fits and matrices are shared out to the workers, the texts of one
feature set are cut by one worker. The more candidates share a feature set, the more fits are all the time there is, so
the gain has a limit: vectorising and fitting one candidate, divided by fitting it. It is large for naive Bayes and
stochastic gradient descent, and small for support vector machines on characters. A run from the cache pays for fits
only.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline

from bench.result import report, timed
from core.corpus import CLASSES, Corpus
from core.learning import ArrayCache, Candidate, Split, benchmark, repeated_stratified

SIZE = 100_000
FOLDS = 5
WORKERS = 2
SEED = 7
CLASSIFIERS = [
    *(f"cnb(alpha={alpha})" for alpha in (0.03, 0.1, 0.3, 1.0)),
    *(f"sgd(alpha={alpha})" for alpha in (1e-5, 3e-5, 1e-4)),
    "svc(C=0.3)",
]
FEATURES = ("word(signs=apart)", "char", "both")
GRID = [Candidate.parse(f"{features}-{classifier}") for features in FEATURES for classifier in CLASSIFIERS]

Scores = dict[str, list[float]]
"""Macro-F1 of each candidate on each fold."""


def ours(texts: Sequence[str], y: np.ndarray, splits: Sequence[Split], cache: ArrayCache) -> Scores:
    """The product's benchmark."""
    found: Scores = {candidate.name: [0.0] * len(splits) for candidate in GRID}
    for result in benchmark(texts, y, CLASSES, GRID, splits, seed=SEED, workers=WORKERS, cache=cache):
        found[result.candidate][result.fold] = result.scores[0].value
    return found


def theirs(texts: Sequence[str], y: np.ndarray, splits: Sequence[Split]) -> Scores:
    """scikit-learn's grid search."""
    fold_of = np.empty(len(y), dtype=int)
    for split in splits:
        fold_of[split.test] = split.fold
    grid = [
        {"features": [candidate.feature_set().build()], "classifier": [candidate.classifier().build(SEED)]}
        for candidate in GRID
    ]
    first = Pipeline([("features", grid[0]["features"][0]), ("classifier", grid[0]["classifier"][0])])
    search = GridSearchCV(
        first, grid, cv=PredefinedSplit(fold_of), scoring="f1_macro", n_jobs=WORKERS, refit=False, error_score="raise"
    )
    found = search.fit(np.array(texts, dtype=object), y).cv_results_
    return {
        candidate.name: [float(found[f"split{fold}_test_score"][place]) for fold in range(len(splits))]
        for place, candidate in enumerate(GRID)
    }


def main() -> None:
    """Run both, and ours once more from its cache."""
    size = int(os.environ.get("SIZE") or SIZE)
    drawn = list(Corpus(SEED, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, size))
    texts, y = [sms.body for sms in drawn], np.array([CLASSES.index(sms.truth) for sms in drawn])
    splits = repeated_stratified(y, folds=FOLDS, repeats=1, seed=SEED, classes=CLASSES)
    with tempfile.TemporaryDirectory() as folder:
        first, seconds = timed(lambda: ours(texts, y, splits, ArrayCache(Path(folder))))
        print(f"{seconds:8.1f} s  ours, nothing kept", flush=True)
        again, seconds_cached = timed(lambda: ours(texts, y, splits, ArrayCache(Path(folder))))
        print(f"{seconds_cached:8.1f} s  ours, from the cache", flush=True)
        kept = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    plain, seconds_plain = timed(lambda: theirs(texts, y, splits))
    print(f"{seconds_plain:8.1f} s  GridSearchCV", flush=True)
    apart = max(abs(np.mean(first[name]) - np.mean(plain[name])) for name in plain)
    assert again == first
    assert apart <= 1e-12, apart
    best = max(first, key=lambda name: float(np.mean(first[name])))
    report(
        "grid",
        ratio=seconds_plain / seconds,
        equal=True,
        size=size,
        seconds=seconds,
        seconds_cached=round(seconds_cached, 3),
        seconds_gridsearchcv=round(seconds_plain, 3),
        candidates=len(GRID),
        folds=FOLDS,
        workers=WORKERS,
        cache_mb=round(kept / 1e6),
        best=best,
        macro_f1=round(float(np.mean(first[best])), 4),
    )


if __name__ == "__main__":
    main()
