"""One candidate on one fold: what it is, and what may come of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import TallyroomError
from core.learning.calibration import confidence
from core.learning.ensemble import AnyCandidate
from core.learning.metrics import Score, scores
from core.learning.splits import Split
from core.learning.weights import of


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
class FailedFold:
    """A candidate that could not be tried on one fold; `sentence` says why, `error` is what was raised."""

    candidate: str
    repeat: int
    fold: int
    fraction: float
    error: Exception

    @property
    def sentence(self) -> str:
        """As a person reads it."""
        if isinstance(self.error, TallyroomError):
            return self.error.sentence
        return f"{type(self.error).__name__}: {self.error}"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A candidate that is not tried any further, after so many folds, and why."""

    candidate: str
    after_folds: int
    reason: str


Outcome = FoldResult | FailedFold | Stopped


@dataclass(frozen=True, slots=True)
class Point:
    """A fold at one point of the learning curve: the numbers of the messages trained on are `train`."""

    split: Split
    fraction: float
    train: np.ndarray


def tried(
    candidate: AnyCandidate,
    point: Point,
    matrices: Sequence[tuple[Any, Any]],
    y: np.ndarray,
    classes: Sequence[str],
    seed: int,
    weights: np.ndarray | None = None,
) -> FoldResult:
    """Fit a candidate on the first of each pair of matrices, and score it on the second.

    `weights` are those of all messages in training, None where all weigh the same; every tested message counts as one.
    """
    train, test = [pair[0] for pair in matrices], [pair[1] for pair in matrices]
    began = time.perf_counter()
    fitted = candidate.fit(train, y[point.train], seed, of(weights, point.train))
    fitted_at = time.perf_counter()
    predicted = fitted.predict(test)
    margins = for_all_classes(fitted.margins(test), fitted.classes, len(classes))
    done_at = time.perf_counter()
    return FoldResult(
        candidate=candidate.name,
        repeat=point.split.repeat,
        fold=point.split.fold,
        fraction=point.fraction,
        train_size=len(point.train),
        test=point.split.test,
        predicted=predicted,
        confidence=confidence(margins, predicted),
        margins=margins,
        scores=scores(y[point.split.test], predicted, classes),
        fit_seconds=fitted_at - began,
        predict_seconds=done_at - fitted_at,
    )


def for_all_classes(margins: np.ndarray, seen: np.ndarray, k: int) -> np.ndarray:
    """Margins for all classes; one that the training part had no message of cannot win."""
    if len(seen) == k:
        return margins
    whole = np.full((len(margins), k), margins.min() - 1e3)
    whole[:, seen] = margins
    return whole
