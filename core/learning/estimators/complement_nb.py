"""Complement naive Bayes."""

from typing import Any, ClassVar

import numpy as np
from sklearn.naive_bayes import ComplementNB

from core.learning.estimators.estimator import Estimator, Weights
from core.learning.parameters import Parameter, Real


class ComplementNaiveBayes(Estimator):
    """Complement naive Bayes: trained in a blink, hard to beat on little data."""

    name: ClassVar[str] = "cnb"
    title: ClassVar[str] = "Complement naive Bayes"
    parameters: ClassVar[tuple[Parameter, ...]] = (Real("alpha", 0.3, 0.01, 3.0, log=True),)

    def build(self, seed: int) -> Any:  # noqa: ARG002 - nothing random in it
        """The classifier."""
        return ComplementNB(alpha=self.values["alpha"])

    def margins(self, fitted: Any, matrix: Any) -> np.ndarray:
        """The joint log likelihood."""
        return np.asarray(fitted.predict_joint_log_proba(matrix))

    def weights(self, fitted: Any) -> Weights:
        """It is linear in the features: the weights are its log probabilities."""
        coef = np.asarray(fitted.feature_log_prob_)
        return Weights(coef, np.zeros(len(coef)))
