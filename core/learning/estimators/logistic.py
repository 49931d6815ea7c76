"""Logistic regression."""

from typing import Any, ClassVar

from sklearn.linear_model import LogisticRegression

from core.learning.estimators.estimator import CLASS_WEIGHT, Estimator
from core.learning.parameters import Parameter, Real


class Logistic(Estimator):
    """Logistic regression, weakly regularised as TF-IDF likes it."""

    name: ClassVar[str] = "logreg"
    title: ClassVar[str] = "Logistic regression"
    parameters: ClassVar[tuple[Parameter, ...]] = (Real("C", 10.0, 0.1, 1000.0, log=True), CLASS_WEIGHT)

    def build(self, seed: int) -> Any:
        """By stochastic averaging: six times faster than the default solver on text, and as good."""
        return LogisticRegression(
            C=self.values["C"],
            class_weight=self.class_weight,
            solver="saga",
            tol=1e-2,
            max_iter=200,
            random_state=seed,
        )
