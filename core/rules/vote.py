"""Rules vote: the class with the most weight wins, a tie is an abstention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.rules.ruleset import RuleSet
from core.rules.scan import Hits

ABSTAIN = -1


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
    """Weighted majority of the rules that hit."""
    weights = np.array([rule.weight for rule in ruleset.rules])
    by_class = np.zeros((len(ruleset.rules), len(ruleset.classes)))
    by_class[np.arange(len(weights)), ruleset.codes] = weights
    totals = np.asarray(hits.matrix.astype(float) @ by_class)
    best = totals.argmax(axis=1)
    top = totals.max(axis=1, initial=0)
    decided = (top > 0) & ((totals == top[:, None]).sum(axis=1) == 1)
    codes = np.where(decided, best, ABSTAIN)
    return Votes(codes, _heaviest(hits, weights, np.array(ruleset.codes), codes), (totals > 0).sum(axis=1) > 1)


def _heaviest(hits: Hits, weights: np.ndarray, rule_codes: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Of the rules that hit for the class decided, the heaviest (the first among equals)."""
    chosen = np.full(len(codes), ABSTAIN)
    best = np.zeros(len(codes))
    coo = hits.matrix.tocoo()
    for message, rule in zip(coo.row, coo.col, strict=True):
        if rule_codes[rule] == codes[message] and weights[rule] > best[message]:
            chosen[message], best[message] = rule, weights[rule]
    return chosen
