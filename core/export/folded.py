"""A linear head as few numbers: the first class is where the others are measured from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import PipelineError
from core.learning.heads import CascadeHead, Head, LinearHead


@dataclass(frozen=True, eq=False)
class Folded:
    """`weights` (features, k - 1) and `bias` (k - 1,) of all classes but the first.

    `stages` is None where they are margins over the first class, whose own is 0. In a cascade the first column says
    how far the first class is ahead of all others, the further ones how far each of the others is ahead of the second
    class; `stages` are both temperatures.
    """

    weights: np.ndarray
    bias: np.ndarray
    stages: tuple[float, float] | None = None


def fold(head: Head) -> Folded:
    """A linear head or a cascade of two.

    Raises:
        PipelineError: it is neither.
    """
    if isinstance(head, LinearHead):
        return Folded(*_over_the_first(head))
    if isinstance(head, CascadeHead):
        first, rest = _over_the_first(head.first), _over_the_first(head.rest)
        one, two = head.temperatures
        weights, bias = np.hstack([first[0], rest[0]]), np.concatenate([first[1], rest[1]])
        return Folded(weights, bias, (float(one), float(two)))
    raise PipelineError(f"a head of the kind '{head.kind}' is no sum of weights")


def _over_the_first(head: LinearHead) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities do not change when the same is taken from every class's margin."""
    return (head.coef[1:] - head.coef[0]).T, head.intercept[1:] - head.intercept[0]
