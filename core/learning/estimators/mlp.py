"""A small neural network."""

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from core.learning.estimators.estimator import Estimator
from core.learning.heads import Head, NetworkHead
from core.learning.parameters import Parameter, Real, Whole


class _FewRounds(MLPClassifier):  # type: ignore[misc]
    """That the rounds are few is meant so: no warning."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803 - scikit-learn's name
        """As scikit-learn fits it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(X, y, sample_weight=sample_weight)


class NeuralNetwork(Estimator):
    """One hidden layer of rectified units: the nonlinear challenger, and small enough to be kept as arrays."""

    name: ClassVar[str] = "mlp"
    title: ClassVar[str] = "Neural network with one hidden layer"
    linear: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = (Whole("units", 16, 4, 128), Real("alpha", 1e-4, 1e-6, 1.0, log=True))

    def build(self, seed: int) -> Any:
        """Few rounds with large steps: a text's row is short and sparse, and the classes are nearly separable."""
        return _FewRounds(
            hidden_layer_sizes=(self.values["units"],),
            alpha=self.values["alpha"],
            learning_rate_init=0.01,
            max_iter=12,
            random_state=seed,
        )

    def margins(self, fitted: Any, matrix: Any) -> np.ndarray:
        """The output before it is made probabilities."""
        return self.head(fitted, len(fitted.classes_)).margins(matrix)

    def head(self, fitted: Any, k: int) -> Head:
        """Its layers; a class that was not seen stays far below the others."""
        (hidden, out), (hidden_bias, out_bias) = fitted.coefs_, fitted.intercepts_
        if out.shape[1] == 1:  # two classes: scikit-learn keeps the second one's side only
            out, out_bias = np.hstack([-out, out]) / 2, np.concatenate([-out_bias, out_bias]) / 2
        seen = fitted.classes_
        if len(seen) == k:
            return NetworkHead(hidden, hidden_bias, out, out_bias)
        whole, bias = np.zeros((len(out), k)), np.full(k, -1e6)
        whole[:, seen], bias[seen] = out, out_bias
        return NetworkHead(hidden, hidden_bias, whole, bias)
