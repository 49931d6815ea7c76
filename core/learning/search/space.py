"""The space of a search: every feature set, every estimator, and their parameters, conditional on which were chosen.

A point of it is a candidate. Optuna suggests points (`suggest`); a candidate's point (`point`) can be queued in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import UnknownNameError
from core.learning.candidate import Candidate
from core.learning.estimators import ESTIMATORS
from core.learning.features import FEATURES
from core.learning.parameters import Choice, Parameter, Real, Tunable, Value, Whole

if TYPE_CHECKING:
    import optuna

CASCADE_FROM = 3
"""Fewer classes have nothing to decide in two stages."""


@dataclass(frozen=True, slots=True)
class Space:
    """Which feature sets and estimators there are to choose from, for so many classes."""

    features: tuple[str, ...]
    estimators: tuple[str, ...]
    classes: int

    @classmethod
    def whole(cls, classes: int, *, linear: bool = False) -> Space:
        """All that is registered; only linear estimators where that is asked for."""
        names = [name for name in ESTIMATORS.names() if ESTIMATORS.get(name).linear or not linear]
        return cls(tuple(FEATURES.names()), tuple(names), classes)

    def suggest(self, trial: optuna.trial.Trial) -> Candidate:
        """The candidate at the point that the trial is given."""
        features = str(trial.suggest_categorical("features", self.features))
        estimator = str(trial.suggest_categorical("estimator", self.estimators))
        cascade = self.classes >= CASCADE_FROM and bool(trial.suggest_categorical("cascade", (False, True)))
        return Candidate(
            features,
            estimator,
            feature_values=_suggested(trial, features, FEATURES.get(features)),
            estimator_values=_suggested(trial, estimator, ESTIMATORS.get(estimator)),
            cascade=cascade,
        )

    def takes(self, name: str) -> bool:
        """Whether a candidate can be tried here: this version knows its name, and the space holds it."""
        try:
            candidate = Candidate.parse(name)
        except UnknownNameError:
            return False
        known = candidate.features in self.features and candidate.estimator in self.estimators
        return known and (self.classes >= CASCADE_FROM or not candidate.cascade)

    def point(self, candidate: Candidate) -> dict[str, Any]:
        """Where a candidate stands, as Optuna queues it."""
        point: dict[str, Any] = {"features": candidate.features, "estimator": candidate.estimator}
        if self.classes >= CASCADE_FROM:
            point["cascade"] = candidate.cascade
        for kind, said in (
            (FEATURES.get(candidate.features), candidate.feature_values),
            (ESTIMATORS.get(candidate.estimator), candidate.estimator_values),
        ):
            values = {each.name: each.usual for each in kind.parameters} | dict(said)
            point.update({f"{kind.name}.{name}": value for name, value in values.items()})
        return point


def _suggested(trial: optuna.trial.Trial, owner: str, kind: type[Tunable]) -> tuple[tuple[str, Value], ...]:
    """The values that differ from the usual ones: two names of one candidate would be tried twice."""
    return kind.unusual({each.name: _value(trial, f"{owner}.{each.name}", each) for each in kind.parameters})


def _value(trial: optuna.trial.Trial, name: str, parameter: Parameter) -> Value:
    match parameter:
        case Real():
            # Three digits are all that such a number has to say, and names with them can be read.
            value = trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
            return min(max(float(f"{value:.3g}"), parameter.low), parameter.high)
        case Whole():
            return trial.suggest_int(name, parameter.low, parameter.high)
        case Choice():
            return str(trial.suggest_categorical(name, parameter.options))
