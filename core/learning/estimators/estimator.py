"""What an estimator is: a scikit-learn classifier by name, and its weights once it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.registry import Registry


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear classifier: margins of a row x are `coef @ x + intercept`, the largest one wins.

    `coef` is (k, features), `intercept` is (k,), for k classes; two classes have rows for both.
    """

    coef: np.ndarray
    intercept: np.ndarray


class Estimator(ABC):
    """Builds a classifier, and reads its weights."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    linear: ClassVar[bool] = True

    @abstractmethod
    def build(self, seed: int) -> Any:
        """A scikit-learn classifier that is not fitted yet."""

    def margins(self, fitted: Any, matrix: Any) -> np.ndarray:
        """(n, k) scores, the largest of a row being the class predicted."""
        scores = np.asarray(fitted.decision_function(matrix))
        return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores

    def weights(self, fitted: Any) -> Weights:
        """The weights of a fitted classifier."""
        coef, intercept = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        if len(coef) == 1:  # two classes: scikit-learn keeps the second one's side only
            return Weights(np.vstack([-coef, coef]), np.concatenate([-intercept, intercept]))
        return Weights(coef, intercept)


ESTIMATORS: Registry[Estimator] = Registry("estimator", Estimator, "core.learning.estimators")  # type: ignore[type-abstract]
