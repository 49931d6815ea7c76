"""What an estimator is: a scikit-learn classifier by name, and its weights once it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.learning.heads import Head, LinearHead
from core.learning.parameters import Choice, Tunable
from core.registry import Registry

CLASS_WEIGHT = Choice("classes", "as_they_come", ("as_they_come", "balanced"))
"""Whether a rare class weighs as much as a frequent one: `balanced` is scikit-learn's."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear classifier: margins of a row x are `coef @ x + intercept`, the largest one wins.

    `coef` is (k, features), `intercept` is (k,), for k classes; two classes have rows for both.
    """

    coef: np.ndarray
    intercept: np.ndarray


class Estimator(Tunable, ABC):
    """Builds a classifier, and says how far it believes in each class."""

    linear: ClassVar[bool] = True

    @abstractmethod
    def build(self, seed: int) -> Any:
        """A scikit-learn classifier that is not fitted yet."""

    def margins(self, fitted: Any, matrix: Any) -> np.ndarray:
        """(n, k) scores, the largest of a row being the class predicted."""
        scores = np.asarray(fitted.decision_function(matrix))
        return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores

    def weights(self, fitted: Any) -> Weights:
        """The weights of a fitted classifier that is linear."""
        coef, intercept = np.asarray(fitted.coef_), np.asarray(fitted.intercept_)
        if len(coef) == 1:  # two classes: scikit-learn keeps the second one's side only
            return Weights(np.vstack([-coef, coef]), np.concatenate([-intercept, intercept]))
        return Weights(coef, intercept)

    def head(self, fitted: Any, k: int) -> Head:
        """What is kept of a fitted classifier, for all k classes; those without a message never win.

        A row of TF-IDF has at most the length 1 (a union's parts one each, times its weight), so no margin falls far
        below its intercept by more than the weights are long.
        """
        weights, seen = self.weights(fitted), fitted.classes_
        lowest = float((weights.intercept - np.linalg.norm(weights.coef, axis=1)).min())
        coef = np.zeros((k, weights.coef.shape[1]))
        intercept = np.full(k, lowest - 1e3)
        coef[seen], intercept[seen] = weights.coef, weights.intercept
        return LinearHead(coef, intercept)

    @property
    def class_weight(self) -> str | None:
        """As scikit-learn calls it."""
        return "balanced" if self.values.get("classes") == "balanced" else None


ESTIMATORS: Registry[Estimator] = Registry("estimator", Estimator, "core.learning.estimators")  # type: ignore[type-abstract]
