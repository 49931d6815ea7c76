"""Linear classifiers on columns weighted by naive Bayes (Wang and Manning 2012): strong on short texts."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import SGDClassifier
from sklearn.svm import LinearSVC

from core.learning.estimators.estimator import CLASS_WEIGHT, Estimator
from core.learning.parameters import Parameter, Real

POWER = Real("power", 0.5, 0.25, 1.0)
"""1.0 is the paper's; the root of it trusts rare terms less."""


class NbWeighted(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One binary linear classifier a class (two classes: one), each on columns times its log-count ratios.

    The ratios are multiplied into the weights afterwards: `coef_` is that of a linear classifier of plain rows.
    """

    classes_: np.ndarray
    coef_: np.ndarray
    intercept_: np.ndarray

    def __init__(self, base: Any, power: float) -> None:
        self.base = base
        self.power = power

    def fit(self, matrix: Any, y: np.ndarray, sample_weight: np.ndarray | None = None) -> NbWeighted:
        """Fit on n rows, sparse and not negative. A row's weight counts in the ratios as well as in the classifiers."""
        self.classes_ = np.unique(y)
        sides = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        present = matrix.copy()  # a comparison would sort the matrix in place, which other candidates share
        present.data = (matrix.data > 0).astype(np.float64)
        if sample_weight is not None:
            present = present.multiply(np.asarray(sample_weight)[:, None]).tocsr()
        fitted = [self._side(matrix, present, y == side, sample_weight) for side in sides]
        self.coef_ = np.array([coef for coef, _ in fitted])
        self.intercept_ = np.array([intercept for _, intercept in fitted])
        return self

    def _side(
        self, matrix: Any, present: Any, mine: np.ndarray, weights: np.ndarray | None
    ) -> tuple[np.ndarray, float]:
        ratio = self._ratio(present, mine)
        weighed = matrix.copy()
        weighed.data *= ratio[weighed.indices]
        fitted = clone(self.base).fit(weighed, mine, sample_weight=weights)
        return np.asarray(fitted.coef_[0] * ratio), float(fitted.intercept_[0])

    def _ratio(self, present: Any, mine: np.ndarray) -> np.ndarray:
        """How much oftener a text of the class has each term, as a signed power of the logarithm; texts may weigh."""
        among = np.asarray(present[mine].sum(axis=0)).ravel() + 1.0
        elsewhere = np.asarray(present[~mine].sum(axis=0)).ravel() + 1.0
        ratio = np.log(among / among.sum()) - np.log(elsewhere / elsewhere.sum())
        return np.asarray(np.sign(ratio) * np.abs(ratio) ** self.power)

    def decision_function(self, matrix: Any) -> np.ndarray:
        """(n, k) margins, or (n,) where there are two classes, as scikit-learn has it."""
        margins = np.asarray(matrix @ self.coef_.T + self.intercept_)
        return margins[:, 0] if len(self.classes_) == 2 else margins

    def predict(self, matrix: Any) -> np.ndarray:
        """The class with the largest margin."""
        margins = self.decision_function(matrix)
        codes = (margins > 0).astype(np.intp) if margins.ndim == 1 else margins.argmax(axis=1)
        return np.asarray(self.classes_[codes])


class NbSgd(Estimator):
    """By stochastic gradient descent."""

    name: ClassVar[str] = "nbsgd"
    title: ClassVar[str] = "Support vector machine by stochastic gradient descent, terms weighted by naive Bayes"
    parameters: ClassVar[tuple[Parameter, ...]] = (Real("alpha", 1e-5, 1e-7, 1e-3, log=True), POWER, CLASS_WEIGHT)

    def build(self, seed: int) -> NbWeighted:
        """The classifier."""
        base = SGDClassifier(alpha=self.values["alpha"], class_weight=self.class_weight, max_iter=50, random_state=seed)
        return NbWeighted(base, self.values["power"])


class NbSvc(Estimator):
    """By the dual coordinate descent of liblinear."""

    name: ClassVar[str] = "nbsvc"
    title: ClassVar[str] = "Linear support vector machine, terms weighted by naive Bayes"
    parameters: ClassVar[tuple[Parameter, ...]] = (Real("C", 1.0, 0.03, 100.0, log=True), POWER, CLASS_WEIGHT)

    def build(self, seed: int) -> NbWeighted:
        """The classifier."""
        base = LinearSVC(C=self.values["C"], class_weight=self.class_weight, random_state=seed)
        return NbWeighted(base, self.values["power"])
