"""Rules vote: the class with the most weight wins, a tie is an abstention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.rules.ruleset import RuleSet
from core.rules.scan import Hits

ABSTAIN = -1
TIE_DIGITS = 9
"""Sums of the same numbers in another order are a tie."""


@dataclass(frozen=True, slots=True)
class Votes:
    """What the rules say of n messages.

    `codes` holds class codes and ABSTAIN where no rule hit or two classes tie; `rules` the number of the heaviest rule
    for that class (ABSTAIN likewise); `conflict` is true where rules for different classes hit.
    """

    codes: np.ndarray
    rules: np.ndarray
    conflict: np.ndarray


def vote(ruleset: RuleSet, hits: Hits) -> Votes:
    """Majority of the rules that hit, weighted as the file says."""
    weights = np.array([rule.weight for rule in ruleset.rules])
    said = sparse.csr_matrix(hits.matrix.astype(float).multiply(weights[None, :]))
    return decide(said, np.array(ruleset.codes), len(ruleset.classes))


def decide(said: sparse.csr_matrix, rule_codes: np.ndarray, k: int) -> Votes:
    """The class of which the hits say the most, among those that one was for.

    Args:
        said: (n, r), what each hit weighs; what a rule without a hit holds is left out of it, not 0.
        rule_codes: the class code of each rule.
        k: how many classes there are; one that nobody voted for has 0.
    """
    by_class = np.eye(k)[rule_codes]
    totals = np.round(np.asarray(said @ by_class), TIE_DIGITS)
    hit = sparse.csr_matrix((np.ones(said.nnz), said.indices, said.indptr), shape=said.shape)
    voted = np.asarray(hit @ by_class) > 0
    top = totals.max(axis=1, initial=-np.inf, keepdims=True)
    best = totals.argmax(axis=1)
    alone = (totals == top).sum(axis=1) == 1
    decided = alone & voted[np.arange(len(best)), best] if len(best) else alone
    codes = np.where(decided, best, ABSTAIN)
    return Votes(codes, _heaviest(said, rule_codes, codes), voted.sum(axis=1) > 1)


def _heaviest(said: sparse.csr_matrix, rule_codes: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Of the rules that hit for the class decided, the heaviest (the first among equals)."""
    chosen = np.full(len(codes), ABSTAIN)
    rows = np.repeat(np.arange(said.shape[0]), np.diff(said.indptr))
    for_it = rule_codes[said.indices] == codes[rows]
    rows, rules, weights = rows[for_it], said.indices[for_it], said.data[for_it]
    lightest_first = np.lexsort((-rules, weights, rows))
    chosen[rows[lightest_first]] = rules[lightest_first]  # the last one written stays
    return chosen
