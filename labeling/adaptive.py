"""Adaptive overlap: how sure the class of a message is by now, and whose word would settle it. Pure.

The model's calibrated confidence is the prior; each opinion weighs by what its giver's words have meant before. Arrays
have a row a true class and a column a class said, both in the order of the classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
P = TypeVar("P", bound=Hashable)

OFFICE_WEIGHT = 20.0
"""So many verdicts of the office's average weigh in with a person's own."""
EXPECTED_ACCURACY = 0.9
EXPECTED_WEIGHT = 10.0
"""What an office is held to be before it has said much: so accurate, with the weight of so many verdicts a class."""
LEAST = 1e-9
MOST_SURE = 0.999
"""A model's confidence never shuts an office up by itself."""


def prior(classes: int, predicted: int | None, confidence: float) -> Array:
    """What the model says, as probabilities: its confidence, and the rest shared by the other classes."""
    if predicted is None or classes < 2:
        return np.full(classes, 1.0 / classes)
    sure = min(max(confidence, 1.0 / classes), MOST_SURE)
    shares = np.full(classes, (1.0 - sure) / (classes - 1))
    shares[predicted] = sure
    return shares


def smoothed(counts: Array, office: Array) -> Array:
    """A person's confusion as probabilities (rows sum to 1): their counts, the office's, and an expectation."""
    classes = len(office)
    wrong = (1.0 - EXPECTED_ACCURACY) / max(1, classes - 1)
    expected = np.full((classes, classes), wrong) + np.eye(classes) * (EXPECTED_ACCURACY - wrong)
    together = office + EXPECTED_WEIGHT * expected
    together = together / together.sum(axis=1, keepdims=True)
    own = counts + OFFICE_WEIGHT * together
    return np.asarray(own / own.sum(axis=1, keepdims=True))


def likelihood(confusion: Array, said: int) -> Array:
    """How likely the word `said` is under each true class.

    Nobody's word is taken as evidence against itself, however unlucky they have been so far.
    """
    column = np.maximum(confusion[:, said], LEAST)
    return np.asarray(np.minimum(column, column[said]))


def posterior(before: Array, opinions: Sequence[tuple[Array, int]]) -> Array:
    """The probability of each class after these opinions, each a (confusion, class said); in any order.

    >>> sure = smoothed(np.zeros((2, 2)), np.zeros((2, 2)))
    >>> posterior(np.array([0.5, 0.5]), [(sure, 0), (sure, 0)]).round(2).tolist()
    [0.99, 0.01]
    """
    logs = np.log(np.maximum(before, LEAST))
    for confusion, said in opinions:
        logs = logs + np.log(likelihood(confusion, said))
    shares = np.exp(logs - logs.max())
    return np.asarray(shares / shares.sum())


def expected_gain(now: Array, confusion: Array) -> float:
    """By how much the likeliest class is expected to become surer when this person is asked; never below 0."""
    joint = np.stack([now * likelihood(confusion, said) for said in range(len(now))])
    said = joint.sum(axis=1)
    # Weighed by how likely each answer is; their sum is not 1 where a likelihood was held down.
    return max(0.0, float(np.max(joint, axis=1).sum() / said.sum() - np.max(now)))


def opinions_wanted(now: Array, given: int, most: int, sure_at: float) -> int:
    """How many opinions a message needs in all: one more than it has while nobody can be sure, `most` at the most."""
    if given > 0 and float(np.max(now)) >= sure_at:
        return max(1, min(given, most))
    return max(1, min(given + 1, most))


def best_asked(now: Array, confusions: Mapping[P, Array]) -> P | None:
    """Who would settle it most likely; None where it makes no difference."""
    gains = {person: expected_gain(now, confusion) for person, confusion in confusions.items()}
    best: Any = max(gains, key=lambda person: gains[person], default=None)
    return None if best is None or gains[best] <= LEAST else best
