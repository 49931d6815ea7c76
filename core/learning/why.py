"""What a linear model goes by: for each class the terms that speak for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

MOST = 14


class Weighted(Protocol):
    """A model with a weight for each class and term: `terms` are n, `idf` is (n,), `coef` is (k, n)."""

    @property
    def terms(self) -> Sequence[str]:
        """The features' names."""

    @property
    def idf(self) -> NDArray[np.float64]:
        """How rare each is."""

    @property
    def coef(self) -> NDArray[np.float64]:
        """What each weighs for each class."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term, and how far a message that has it once moves to the class (before its row is made one long)."""

    term: str
    weight: float


def top_terms(model: Weighted, code: int, most: int = MOST) -> list[Term]:
    """The terms that speak for the class of `code` against the mean of the others, the strongest first.

    A term that contains a stronger one of the list, or is contained in it, says nothing new and is left out: of `free`,
    `fre` and `ree` the strongest stays. Only terms that speak *for* the class are given.
    """
    pull = (model.coef[code] - np.delete(model.coef, code, axis=0).mean(axis=0)) * model.idf
    # Of equal weights the first by name, so that the list is the same on every machine.
    strongest = np.argsort(-pull, kind="stable")[: 20 * most]
    ranked = sorted((-float(pull[column]), model.terms[column]) for column in strongest if pull[column] > 0)
    found: list[Term] = []
    for weight, term in _distinct(ranked):
        found.append(Term(term, -weight))
        if len(found) == most:
            break
    return found


def _distinct(ranked: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    kept: list[str] = []
    for weight, term in ranked:
        bare = term.strip()
        if bare and not any(bare in other or other in bare for other in kept):
            kept.append(bare)
            yield weight, term
