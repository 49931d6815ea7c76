"""What a linear model goes by: for each class the terms that speak for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from core.errors import PipelineError
from core.learning.model import Model

MOST = 14


@dataclass(frozen=True, slots=True)
class Term:
    """A term, and how far a message that has it once moves to the class (before its row is made one long)."""

    term: str
    weight: float


def top_terms(model: Model, code: int, most: int = MOST) -> list[Term]:
    """The terms that speak for the class of `code` against the mean of the others, the strongest first.

    A term that contains a stronger one of the list, or is contained in it, says nothing new and is left out: of `free`,
    `fre` and `ree` the strongest stays. Only terms that speak *for* the class are given.

    Raises:
        PipelineError: the model is not linear.
    """
    if not model.linear:
        raise PipelineError(f"{model.candidate} is not linear: its terms have no weights", fix="Look at a linear one.")
    terms = list(chain.from_iterable(block.terms for block in model.blocks.each))
    row = np.concatenate([block.idf * block.weight for block in model.blocks.each])
    pull = model.head.pull(code, np.arange(len(terms)), row) * row
    # Of equal weights the first by name, so that the list is the same on every machine.
    strongest = np.argsort(-pull, kind="stable")[: 20 * most]
    ranked = sorted((-float(pull[column]), terms[column]) for column in strongest if pull[column] > 0)
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
