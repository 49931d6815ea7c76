"""Linear support vector machine."""

from typing import Any, ClassVar

from sklearn.svm import LinearSVC

from core.learning.estimators.estimator import Estimator


class Svc(Estimator):
    """Linear support vector machine."""

    name: ClassVar[str] = "svc"
    title: ClassVar[str] = "Linear support vector machine"

    def build(self, seed: int) -> Any:
        """The classifier."""
        return LinearSVC(C=1.0, random_state=seed)
