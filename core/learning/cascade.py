"""The cascade: first whether a message is of the first class, then which of the others it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold

from core.errors import PipelineError
from core.learning.calibration import fit_temperature
from core.learning.estimators.estimator import Estimator
from core.learning.heads import CascadeHead, Head, LinearHead, joined
from core.learning.weights import fitted as fit_weighted
from core.learning.weights import of

INNER_FOLDS = 3


class Cascade(Estimator):
    """Two classifiers of one kind, one after the other, whose probabilities are multiplied.

    What is predicted is the class with the most of the product, so a first stage in doubt does not decide alone. Each
    stage's temperature is fitted on messages that it had not seen; without that a product of two would mean nothing.
    """

    name: ClassVar[str] = ""  # not an estimator by itself: a candidate says `cascade:`

    def __init__(self, inner: Estimator) -> None:
        super().__init__()
        self._inner = inner

    def build(self, seed: int) -> CascadeClassifier:
        """The pair, not fitted."""
        return CascadeClassifier(self._inner, seed)

    def margins(self, fitted: Any, matrix: Any) -> np.ndarray:
        """Logarithms of probabilities."""
        return np.asarray(fitted.log_probabilities(matrix))

    def head(self, fitted: Any, k: int) -> Head:
        """Both stages' weights; the fitted pair has seen all k classes, or the training would have been refused."""
        first, rest = fitted.first, fitted.rest
        one, two = self._inner.head(first.fitted, 2), self._inner.head(rest.fitted, k - 1)
        if not isinstance(one, LinearHead) or not isinstance(two, LinearHead):
            raise PipelineError(
                "a cascade is kept of linear stages only", fix="Name a linear estimator after cascade:."
            )
        return CascadeHead(one, two, np.array([first.temperature, rest.temperature]))


@dataclass(frozen=True, slots=True)
class Stage:
    """A fitted classifier and how sure it may be."""

    fitted: Any
    temperature: float


class CascadeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What scikit-learn calls a classifier: `fit`, `predict`, `classes_`."""

    classes_: np.ndarray
    first: Stage
    rest: Stage

    def __init__(self, inner: Estimator, seed: int) -> None:
        self.inner = inner
        self.seed = seed

    def fit(self, matrix: Any, y: np.ndarray, sample_weight: np.ndarray | None = None) -> CascadeClassifier:
        """Fit both stages on n rows with class codes `y`, 0 being the first class.

        Raises:
            PipelineError: the first class or two others have no message, or the classifiers take no weights.
        """
        self.classes_ = np.unique(y)
        if len(self.classes_) < 3 or self.classes_[0] != 0:
            raise PipelineError(
                "a cascade needs messages of the first class and of two others",
                fix="Take the flat candidate, without cascade:.",
            )
        others = np.flatnonzero(y != 0)
        self.first = self._stage(matrix, (y == 0).astype(np.int64), sample_weight)
        codes = np.searchsorted(self.classes_[1:], y[others])
        self.rest = self._stage(matrix[others], codes, of(sample_weight, others))
        return self

    def _stage(self, matrix: Any, y: np.ndarray, weights: np.ndarray | None) -> Stage:
        fitted = fit_weighted(self.inner.build(self.seed), matrix, y, weights)
        folds = min(INNER_FOLDS, int(np.bincount(y).min()))
        if folds < 2:
            return Stage(fitted, 1.0)
        unseen = np.empty((len(y), int(y.max()) + 1))
        for train, test in StratifiedKFold(folds, shuffle=True, random_state=self.seed).split(np.zeros(len(y)), y):
            part = fit_weighted(self.inner.build(self.seed), matrix[train], y[train], of(weights, train))
            unseen[test] = self.inner.margins(part, matrix[test])
        return Stage(fitted, fit_temperature(unseen, y))

    def log_probabilities(self, matrix: Any) -> np.ndarray:
        """(n, classes seen): logarithms of probabilities that sum to one."""
        first = self.inner.margins(self.first.fitted, matrix) / self.first.temperature
        return joined(first, self.inner.margins(self.rest.fitted, matrix) / self.rest.temperature)

    def predict(self, matrix: Any) -> np.ndarray:
        """The class with the most of the product."""
        return np.asarray(self.classes_[self.log_probabilities(matrix).argmax(axis=1)])
