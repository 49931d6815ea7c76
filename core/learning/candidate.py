"""A candidate: a feature set in front of an estimator, by name."""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.pipeline import Pipeline

from core.errors import UnknownNameError
from core.learning.estimators import ESTIMATORS, Estimator
from core.learning.features import FEATURES, FeatureSet


@dataclass(frozen=True, slots=True)
class Candidate:
    """`<features>-<estimator>`, such as `char-svc`."""

    features: str
    estimator: str

    @classmethod
    def parse(cls, name: str) -> Candidate:
        """The candidate of that name.

        Raises:
            UnknownNameError: with the nearest known name.
        """
        features, dash, estimator = name.partition("-")
        if not dash:
            raise UnknownNameError(
                f"'{name}' names no candidate",
                where="[pipeline] candidates",
                fix=f"Write features-estimator, such as char-svc; features: {', '.join(FEATURES.names())}; "
                f"estimators: {', '.join(ESTIMATORS.names())}.",
            )
        FEATURES.get(features, where="[pipeline] candidates")
        ESTIMATORS.get(estimator, where="[pipeline] candidates")
        return cls(features, estimator)

    @property
    def name(self) -> str:
        """As settings and pages call it."""
        return f"{self.features}-{self.estimator}"

    def feature_set(self) -> FeatureSet:
        """Its feature set."""
        return FEATURES.get(self.features)()

    def classifier(self) -> Estimator:
        """Its estimator."""
        return ESTIMATORS.get(self.estimator)()

    def build(self, seed: int) -> Pipeline:
        """The same as one plain scikit-learn pipeline, not fitted."""
        return Pipeline([("features", self.feature_set().build()), ("classifier", self.classifier().build(seed))])
