"""Stochastic gradient descent with the hinge loss."""

from typing import Any, ClassVar

from sklearn.linear_model import SGDClassifier

from core.learning.estimators.estimator import CLASS_WEIGHT, Estimator
from core.learning.parameters import Choice, Parameter, Real


class Sgd(Estimator):
    """A support vector machine by stochastic gradient descent: the one that scales to millions."""

    name: ClassVar[str] = "sgd"
    title: ClassVar[str] = "Linear model by stochastic gradient descent; with `hinge` a support vector machine"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Real("alpha", 1e-5, 1e-7, 1e-3, log=True),
        Choice("loss", "hinge", ("hinge", "squared_hinge", "modified_huber", "log_loss")),
        CLASS_WEIGHT,
    )

    def build(self, seed: int) -> Any:
        """The classifier."""
        return SGDClassifier(
            loss=self.values["loss"],
            alpha=self.values["alpha"],
            class_weight=self.class_weight,
            max_iter=50,
            random_state=seed,
        )
