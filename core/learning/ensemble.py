"""An ensemble as a candidate: linear members whose margins are added up with weights.

Calibrated margins of linear models are sums of words' weights, and so is their weighted sum: an ensemble is one linear
model over all features of its members. It is kept, explained and scored as any other, and members with the same
features share their columns, so that it is as large as its different feature sets together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.errors import PipelineError, UnknownNameError
from core.learning.candidate import Candidate, Fitted, Values
from core.learning.features.feature_set import Vectoriser
from core.learning.heads import LinearHead

PREFIX = "ensemble:"
_PLUS = re.compile(r"\+(?![^()]*\))")  # not one within brackets: a value may be 1e+03
_WHERE = "[pipeline] candidates"


@dataclass(frozen=True, slots=True)
class FittedEnsemble:
    """Fitted members, each with its weight and the place of its matrix among the ensemble's."""

    members: tuple[tuple[float, int, Fitted], ...]

    @property
    def classes(self) -> np.ndarray:
        """The class codes that it has seen."""
        return self.members[0][2].classes

    def margins(self, matrices: Sequence[Any]) -> np.ndarray:
        """(n, classes seen) weighted sums of the members' margins."""
        weighed = [weight * fitted.margins([matrices[place]]) for weight, place, fitted in self.members]
        return np.asarray(np.sum(weighed, axis=0))

    def predict(self, matrices: Sequence[Any]) -> np.ndarray:
        """N class codes."""
        return np.asarray(self.classes[self.margins(matrices).argmax(axis=1)])

    def head(self, k: int) -> LinearHead:
        """One row of weights a class, over the columns of all matrices side by side.

        Raises:
            PipelineError: a member's margins are no sum of weights.
        """
        coefs: dict[int, np.ndarray] = {}
        intercept = np.zeros(k)
        for weight, place, fitted in self.members:
            head = fitted.head(k)
            if not isinstance(head, LinearHead):
                raise PipelineError("an ensemble is kept of linear members only")
            coefs[place] = coefs.get(place, 0.0) + weight * head.coef
            intercept += weight * head.intercept
        return LinearHead(np.hstack([coefs[place] for place in sorted(coefs)]), intercept)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """`ensemble:0.6*char-svc+1.2*word-logreg`: flat linear candidates, each with the weight of its margins."""

    members: tuple[tuple[float, Candidate], ...]

    @classmethod
    def of(cls, members: Iterable[tuple[float, str]]) -> Ensemble:
        """The ensemble of candidates by name; weights are made to add up to one, of three digits each.

        Raises:
            UnknownNameError: a name names no candidate, or one that may not be a member; there are fewer than two.
        """
        listed = list(members)
        whole = sum(weight for weight, _ in listed)
        return cls.parse(PREFIX + "+".join(f"{weight / whole:.3g}*{name}" for weight, name in listed))

    @classmethod
    def parse(cls, name: str) -> Ensemble:
        """The ensemble of that name.

        Raises:
            UnknownNameError: with what is amiss.
        """
        members = []
        for said in _PLUS.split(name.replace(" ", "").removeprefix(PREFIX)):
            weight, times, member = said.partition("*")
            candidate = Candidate.parse(member if times else said)
            if not candidate.linear or candidate.cascade:
                raise _wrong(name, f"{candidate.name} is not flat and linear")
            members.append((_weight(name, weight), candidate))
        if len({candidate for _, candidate in members}) != len(members) or len(members) < 2:
            raise _wrong(name, "it needs two different members at least, each once")
        return cls(tuple(members))

    @property
    def name(self) -> str:
        """As settings and pages call it."""
        return PREFIX + "+".join(f"{weight:.10g}*{candidate.name}" for weight, candidate in self.members)

    @property
    def linear(self) -> bool:
        """A weighted sum of sums of weights is one."""
        return True

    @property
    def feature_keys(self) -> tuple[tuple[str, Values], ...]:
        """Those of its matrices: members with the same features share one."""
        return tuple(dict.fromkeys(candidate.feature_key for _, candidate in self.members))

    def vectorisers(self) -> list[tuple[Vectoriser, str]]:
        """A vectoriser for each of its matrices, not fitted, and what its feature set is called."""
        first = {candidate.feature_key: candidate for _, candidate in reversed(self.members)}
        return [made for key in self.feature_keys for made in first[key].vectorisers()]

    def fit(
        self, matrices: Sequence[Any], y: np.ndarray, seed: int, weights: np.ndarray | None = None
    ) -> FittedEnsemble:
        """Fit every member on its matrix, of n rows each, with n class codes `y`; None: all rows weigh the same."""
        places = {key: place for place, key in enumerate(self.feature_keys)}
        return FittedEnsemble(
            tuple(
                (weight, places[each.feature_key], each.fit([matrices[places[each.feature_key]]], y, seed, weights))
                for weight, each in self.members
            )
        )


AnyCandidate: TypeAlias = Candidate | Ensemble
"""What can be tried, trained and kept."""


def candidate_of(name: str) -> AnyCandidate:
    """The candidate or the ensemble of that name.

    Raises:
        UnknownNameError: there is none.
    """
    return (Ensemble if name.strip().startswith(PREFIX) else Candidate).parse(name)


def _weight(name: str, said: str) -> float:
    try:
        weight = float(said)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise _wrong(name, f"'{said}' is no weight above 0")
    return float(f"{weight:.3g}")


def _wrong(name: str, why: str) -> UnknownNameError:
    return UnknownNameError(
        f"'{name}' names no ensemble: {why}",
        where=_WHERE,
        fix=f"Write {PREFIX}weight*candidate+weight*candidate, such as {PREFIX}0.6*char-svc+0.4*word-svc.",
    )
