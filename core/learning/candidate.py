"""A candidate: a feature set and an estimator with their parameters, flat or as a cascade; all of it in a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from sklearn.pipeline import Pipeline

from core.errors import UnknownNameError
from core.learning.cascade import Cascade
from core.learning.estimators import ESTIMATORS, Estimator
from core.learning.features import FEATURES, FeatureSet
from core.learning.features.feature_set import Vectoriser
from core.learning.heads import Head
from core.learning.parameters import Tunable, Value
from core.learning.weights import fitted as fit_weighted
from core.registry import Registry

Values = tuple[tuple[str, Value], ...]
Tuned = TypeVar("Tuned", bound=Tunable)

_NAME = re.compile(
    r"(?P<cascade>cascade:)?(?P<features>[^-():]+)(?:\((?P<first>[^()]*)\))?"
    r"-(?P<estimator>[^-():]+)(?:\((?P<second>[^()]*)\))?"
)
_WHERE = "[pipeline] candidates"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted candidate: the matrices that it was fitted on, of other texts, go in."""

    estimator: Estimator
    classifier: Any

    @property
    def classes(self) -> np.ndarray:
        """The class codes that it has seen."""
        return np.asarray(self.classifier.classes_)

    def margins(self, matrices: Sequence[Any]) -> np.ndarray:
        """(n, classes seen) scores."""
        return self.estimator.margins(self.classifier, matrices[0])

    def predict(self, matrices: Sequence[Any]) -> np.ndarray:
        """N class codes."""
        return np.asarray(self.classifier.predict(matrices[0]))

    def head(self, k: int) -> Head:
        """What is kept of it, for all k classes."""
        return self.estimator.head(self.classifier, k)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`char-svc`, `char(longest=4)-svc(C=0.5)`, `cascade:both-logreg`: the values that are not written are the usual.

    A cascade asks first whether a message is of the room's first class, and then which of the others it is.
    """

    features: str
    estimator: str
    feature_values: Values = ()
    estimator_values: Values = ()
    cascade: bool = False

    @classmethod
    def parse(cls, name: str) -> Candidate:
        """The candidate of that name.

        Raises:
            UnknownNameError: with the nearest known name, or what a parameter may be.
        """
        found = _NAME.fullmatch(name.replace(" ", ""))
        if found is None:
            raise UnknownNameError(
                f"'{name}' names no candidate",
                where=_WHERE,
                fix=f"Write features-estimator, such as char-svc; features: {', '.join(FEATURES.names())}; "
                f"estimators: {', '.join(ESTIMATORS.names())}.",
            )
        return cls(
            found["features"],
            found["estimator"],
            _values(FEATURES, found["features"], found["first"]),
            _values(ESTIMATORS, found["estimator"], found["second"]),
            found["cascade"] is not None,
        )

    @property
    def name(self) -> str:
        """As settings and pages call it."""
        first, second = _said(self.feature_values), _said(self.estimator_values)
        return f"{'cascade:' if self.cascade else ''}{self.features}{first}-{self.estimator}{second}"

    @property
    def feature_key(self) -> tuple[str, Values]:
        """The same for all candidates that share a matrix."""
        return self.features, self.feature_values

    @property
    def feature_keys(self) -> tuple[tuple[str, Values], ...]:
        """Those of its matrices, of which it has one."""
        return (self.feature_key,)

    @property
    def linear(self) -> bool:
        """Whether it adds up weights of terms; a cascade of two such classifiers does, twice."""
        return ESTIMATORS.get(self.estimator).linear

    def feature_set(self) -> FeatureSet:
        """Its feature set."""
        return FEATURES.get(self.features)(**dict(self.feature_values))

    def classifier(self) -> Estimator:
        """Its estimator."""
        inner = ESTIMATORS.get(self.estimator)(**dict(self.estimator_values))
        return Cascade(inner) if self.cascade else inner

    def vectorisers(self) -> list[tuple[Vectoriser, str]]:
        """A vectoriser for each of its matrices, not fitted, and what its feature set is called with its parameters."""
        return [(self.feature_set().build(), str(self.feature_key))]

    def fit(self, matrices: Sequence[Any], y: np.ndarray, seed: int, weights: np.ndarray | None = None) -> Fitted:
        """Fit its classifier on its matrix, of n rows, with n class codes `y`; None: all rows weigh the same."""
        estimator = self.classifier()
        return Fitted(estimator, fit_weighted(estimator.build(seed), matrices[0], y, weights))

    def build(self, seed: int) -> Pipeline:
        """The same as one plain scikit-learn pipeline, not fitted."""
        return Pipeline([("features", self.feature_set().build()), ("classifier", self.classifier().build(seed))])


def _values(registry: Registry[Tuned], name: str, said: str | None) -> Values:
    cls = registry.get(name, where=_WHERE)
    pairs: Sequence[tuple[str, str, str]] = [pair.partition("=") for pair in (said or "").split(",") if pair]
    try:
        return cls.unusual({key: value for key, _, value in pairs})
    except UnknownNameError as error:
        raise UnknownNameError(error.what, where=_WHERE, fix=error.fix) from None


def _said(values: Values) -> str:
    return f"({','.join(f'{name}={value}' for name, value in values)})" if values else ""
