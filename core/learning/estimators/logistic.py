"""Logistic regression."""

from typing import Any, ClassVar

from sklearn.linear_model import LogisticRegression

from core.learning.estimators.estimator import Estimator


class Logistic(Estimator):
    """Logistic regression, weakly regularised as TF-IDF likes it."""

    name: ClassVar[str] = "logreg"
    title: ClassVar[str] = "Logistic regression"

    def build(self, seed: int) -> Any:
        """The classifier."""
        return LogisticRegression(C=10.0, max_iter=1000, random_state=seed)
