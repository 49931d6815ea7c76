"""What the rules make of a message together: each word weighs by how often its rule is right.

A rule votes for one class or abstains. The class of a message is told by the hits alone, each as strong as the odds
that its rule is right (naive Bayes, all classes as likely beforehand): an abstention says nothing. How often a rule is
right comes from messages of known class, and where there are few, from how the rules meet (`core.rules.agreement`).
Rules that hit the same messages are one voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import betaincinv, softmax

from core.fingerprint import fingerprint
from core.rules.agreement import agreement, by_voice
from core.rules.ruleset import RuleSet
from core.rules.scan import Hits
from core.rules.vote import Votes, decide

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
USUAL = 0.75
"""How often a rule is held to be right of which nothing is known."""
SHRINK = 10.0
"""So many messages of known class that were as good as all rules together are added to what a rule has."""
AGREEMENT_MOST = 20.0
"""What other rules say of a rule weighs no more than so many messages of known class, however often they meet."""
AGREEMENT_HALVES = 10.0
"""With so many messages of known class it weighs half: rules that are no witnesses for each other mislead."""
SAME_VOICE = 0.9
"""Two rules of a class that share so much of what either hits are held to be copies of one."""
TOGETHER_LEAST = 5
SURE_LEAST = 0.005
AGREED_LEAST = 0.5
"""Other rules alone never show that a rule is mostly wrong: they may be."""
DIGITS = 2
"""Of an accuracy, where messages are labelled by it: the labels must not move with each verdict."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Of r rules: how often each is right with a 95 % interval, from how many `judged` messages, on how many `right`.

    `agreement`: what the words of other rules weighed, in messages. `voices`: rules of one number are copies.
    """

    accuracies: Floats
    low: Floats
    high: Floats
    judged: Whole
    right: Whole
    agreement: Floats
    voices: Whole


@dataclass(frozen=True)
class LabelModel:
    """The rules with how often each is right, so rounded that the same words give the same labels for long."""

    ruleset: RuleSet
    accuracies: tuple[float, ...]
    voices: tuple[int, ...]

    @classmethod
    def of(cls, ruleset: RuleSet, estimates: Estimates) -> LabelModel:
        """The model that labels messages by these estimates."""
        rounded = (round(float(each), DIGITS) for each in estimates.accuracies)
        return cls(ruleset, tuple(rounded), tuple(map(int, estimates.voices)))

    @classmethod
    def plain(cls, ruleset: RuleSet) -> LabelModel:
        """All rules as good as one another: the vote by the weights in the file."""
        n = len(ruleset.rules)
        return cls(ruleset, (USUAL,) * n, tuple(range(n)))

    @property
    def fingerprint(self) -> str:
        """Of what it says beyond the rules; empty where that is nothing."""
        chance = 1 / len(self.ruleset.classes)
        alike = len(set(self.accuracies)) <= 1 and min(self.accuracies, default=USUAL) > chance
        if alike and len(set(self.voices)) == len(self.voices):
            return ""
        return fingerprint("label model", list(self.accuracies), list(self.voices))

    def probabilities(self, hits: Hits) -> Floats:
        """(n, k): how probable each class is of n messages; all alike where no rule hit."""
        return np.asarray(softmax(self._evidence(hits) @ self._classes(), axis=1))

    def vote(self, hits: Hits) -> Votes:
        """The class that the model believes; an abstention where two are as likely, or none that was voted for."""
        return decide(self._evidence(hits), np.array(self.ruleset.codes), len(self.ruleset.classes))

    def _evidence(self, hits: Hits) -> sparse.csr_matrix:
        accuracies = np.array(self.accuracies)
        return evidence(self.ruleset, hits.matrix, accuracies, np.array(self.voices))

    def _classes(self) -> Floats:
        return _by_class(self.ruleset)


def evidence(ruleset: RuleSet, matrix: sparse.csr_matrix, accuracies: Floats, voices: Whole) -> sparse.csr_matrix:
    """(n, r): what each hit says for its rule's class, in logarithms of odds; copies share one voice."""
    k = len(ruleset.classes)
    weights = np.array([rule.weight for rule in ruleset.rules])
    accuracies = np.clip(accuracies, SURE_LEAST, 1.0 - SURE_LEAST)  # rounded, it may be 0 or 1
    each = weights * (np.log(accuracies * (k - 1)) - np.log1p(-accuracies))
    hit = matrix.tocsr().astype(np.float64)
    rows = np.repeat(np.arange(hit.shape[0]), np.diff(hit.indptr))
    of_voice = by_voice(hit, voices)
    together = np.asarray(of_voice[rows, voices[hit.indices]]).ravel() if hit.nnz else np.ones(0)
    return sparse.csr_matrix((each[hit.indices] / together, hit.indices, hit.indptr), shape=hit.shape)


def estimate(ruleset: RuleSet, hits: Hits, truth: NDArray[np.int64]) -> Estimates:
    """How often each rule is right.

    Args:
        ruleset: the r rules.
        hits: of n messages.
        truth: n class codes, -1 where unknown.
    """
    matrix = hits.matrix.tocsr()
    codes = np.array(ruleset.codes, dtype=np.int64)
    voices = _voices(matrix, codes)
    known = truth >= 0
    said = matrix[known].astype(np.float64)
    judged = np.asarray(said.sum(axis=0)).ravel()
    right = np.asarray(said.multiply(truth[known][:, None] == codes[None, :]).sum(axis=0)).ravel()
    usual = (right.sum() + SHRINK * USUAL) / (judged.sum() + SHRINK)
    shares = np.bincount(truth[known], minlength=len(ruleset.classes)) + SHRINK / len(ruleset.classes)
    met = agreement(matrix[~known], codes, voices, shares / shares.sum(), (right, judged), (usual, SHRINK))
    weight = np.minimum(met.meetings, AGREEMENT_MOST / (1.0 + judged / AGREEMENT_HALVES))
    total = judged + weight + SHRINK
    accuracies = (right + weight * np.maximum(met.agreed, AGREED_LEAST) + SHRINK * usual) / total
    low, high = (betaincinv(accuracies * total, (1.0 - accuracies) * total, q) for q in (0.025, 0.975))
    return Estimates(accuracies, low, high, judged.astype(int), right.astype(int), weight, voices)


def copies(ruleset: RuleSet, voices: Sequence[int] | Whole) -> list[str]:
    """Of each rule the first one of its voice, empty where that is the rule itself."""
    first: dict[int, str] = {}
    named = [
        (first.setdefault(int(voice), rule.name), rule.name) for rule, voice in zip(ruleset.rules, voices, strict=True)
    ]
    return [one if one != own else "" for one, own in named]


def _by_class(ruleset: RuleSet) -> Floats:
    """(r, k): 1 at each rule's class."""
    return np.eye(len(ruleset.classes))[ruleset.codes]


def _voices(matrix: sparse.csr_matrix, codes: Whole) -> Whole:
    """A number a rule; rules of one class that hit nearly the same messages have the same."""
    ones = matrix.astype(np.int64)
    both = (ones.T @ ones).tocoo()
    each = np.asarray(ones.sum(axis=0)).ravel()
    shared = both.data / np.maximum(each[both.row] + each[both.col] - both.data, 1)
    same = (codes[both.row] == codes[both.col]) & (shared >= SAME_VOICE) & (both.data >= TOGETHER_LEAST)
    graph = sparse.csr_matrix((np.ones(same.sum()), (both.row[same], both.col[same])), shape=both.shape)
    _, voices = connected_components(graph, directed=False)
    return np.asarray(voices, dtype=np.int64)
