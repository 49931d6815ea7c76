"""Linear support vector machine."""

from typing import Any, ClassVar

from sklearn.svm import LinearSVC

from core.learning.estimators.estimator import CLASS_WEIGHT, Estimator
from core.learning.parameters import Parameter, Real


class Svc(Estimator):
    """Linear support vector machine."""

    name: ClassVar[str] = "svc"
    title: ClassVar[str] = "Linear support vector machine"
    parameters: ClassVar[tuple[Parameter, ...]] = (Real("C", 1.0, 0.03, 100.0, log=True), CLASS_WEIGHT)

    def build(self, seed: int) -> Any:
        """The classifier."""
        return LinearSVC(C=self.values["C"], class_weight=self.class_weight, random_state=seed)
