"""How often rules are right, told from how they meet: no message's class need be known.

Two rules for one class that are mostly right meet more often than chance would have them, two rules for different
classes less often. In a message of its class a rule hits at one rate, in all others at another (latent classes, each
message's rules independent given its class; Dawid and Skene 1979, with abstentions): expectation-maximisation finds the
rates. The classes' shares must be about right for it, so they are given, from messages of known class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
STEPS_MOST = 200
CLOSE = 1e-5
RATE_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of r rules: the share of its hits on which it is held to be right, and on how many another voice hit as well."""

    agreed: Floats
    meetings: Floats


def agreement(
    matrix: sparse.csr_matrix,
    codes: Whole,
    voices: Whole,
    shares: Floats,
    known: tuple[Floats, Floats],
    prior: tuple[float, float],
) -> Agreement:
    """How often each rule is right by the words of the others.

    Args:
        matrix: (n, r) hits on messages of unknown class.
        codes: the class code of each rule.
        voices: a number a rule, one for copies of each other.
        shares: how frequent each of the k classes is.
        known: on how many messages of known class each rule is right, of how many.
        prior: how often a rule is right beforehand, and how many messages that weighs.
    """
    n, r = matrix.shape
    hit = matrix.astype(np.float64)
    number = np.asarray(hit.sum(axis=0)).ravel()
    of_voice = by_voice(hit, voices)
    several = np.asarray((of_voice > 0).sum(axis=1)).ravel() > 1
    meetings = np.asarray(hit[several].sum(axis=0)).ravel()
    right, judged = known
    usual, weight = prior
    agreed = np.full(r, usual)
    if not several.any():
        return Agreement(agreed, meetings)
    hit = hit[np.diff(hit.indptr) > 0]  # a message that no rule hit says nothing of how often they are right
    own = np.eye(len(shares), dtype=bool)[codes].T
    rate = (number + 1.0) / (n + 2.0)
    each = 1.0 / np.bincount(voices, minlength=r)[voices]
    rows = np.repeat(np.arange(hit.shape[0]), np.diff(hit.indptr))
    together = 1.0 / np.asarray(by_voice(hit, voices)[rows, voices[hit.indices]]).ravel()
    shared = sparse.csr_matrix((together, hit.indices, hit.indptr), shape=hit.shape)
    for _ in range(STEPS_MOST):
        accuracy = (right + number * agreed + weight * usual) / (judged + number + weight)
        rates = np.where(own, accuracy * rate / shares[codes], (1.0 - accuracy) * rate / (1.0 - shares[codes]))
        rates = np.clip(rates, RATE_LEAST, 1.0 - 1e-3)
        silent = np.where(number > 0, np.log1p(-rates), 0.0)
        said = np.log(shares) + silent @ each + shared @ (np.log(rates) - silent).T
        before, agreed = agreed, _right_on(hit, softmax(said, axis=1), codes) / np.maximum(number, 1.0)
        agreed = np.where(number > 0, agreed, usual)
        if np.abs(agreed - before).max() < CLOSE:
            break
    return Agreement(agreed, meetings)


def by_voice(hit: sparse.csr_matrix, voices: Whole) -> sparse.csr_matrix:
    """(n, r): how many rules of each voice hit each message."""
    r = len(voices)
    return (hit @ sparse.csr_matrix((np.ones(r), (np.arange(r), voices)), shape=(r, r))).tocsr()


def _right_on(hit: sparse.csr_matrix, believed: Floats, codes: Whole) -> Floats:
    """The sum of each rule's own class over its hits."""
    return np.asarray((hit.T @ believed)[np.arange(len(codes)), codes])
