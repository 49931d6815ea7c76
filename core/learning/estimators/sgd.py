"""Stochastic gradient descent with the hinge loss."""

from typing import Any, ClassVar

from sklearn.linear_model import SGDClassifier

from core.learning.estimators.estimator import Estimator


class Sgd(Estimator):
    """A support vector machine by stochastic gradient descent: the one that scales to millions."""

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "Support vector machine by stochastic gradient descent"

    def build(self, seed: int) -> Any:
        """The classifier."""
        return SGDClassifier(loss="hinge", alpha=1e-5, max_iter=50, random_state=seed)
