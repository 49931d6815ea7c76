"""Who is to be champion: a linear model, unless one that is not linear beats the best of them by a settled margin.

A linear model says which words moved it, fits on a phone and is trained in seconds, so it need not win: it need only
not lose. And a champion that changes with every retraining teaches the office nothing, so the reigning one stays until
another is better for certain. An ensemble is linear too, but larger and slower than each of its members, and was chosen
by what these folds said: it has to win as one that is not linear has. All of it is one rule, *settled*: the paired
difference over the folds is at least the margin, and the interval of the corrected resampled t-test
(`core.learning.compare.paired`) lies above nothing. Where several challenge, their intervals are Bonferroni's: the
luckiest of ten is not to win by luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import PipelineError, UnknownNameError
from core.learning.compare.paired import FoldTest, paired_folds
from core.learning.ensemble import PREFIX, candidate_of

LEVEL = 0.95
MARGIN = 0.002


@dataclass(frozen=True, eq=False)
class OnTrial:
    """A candidate and its macro-F1 of each fold; the folds are the same, in the same order, for all."""

    name: str
    linear: bool
    scores: NDArray[np.float64]
    ensemble: bool = False

    @classmethod
    def of(cls, name: str, scores: NDArray[np.float64]) -> OnTrial:
        """A candidate by its name; one that nobody knows any more counts as not linear."""
        return cls(name, bool(is_linear(name)), scores, name.startswith(PREFIX))

    @property
    def first(self) -> bool:
        """Whether it is one linear model, to which the others are held."""
        return self.linear and not self.ensemble

    @property
    def kind(self) -> str:
        """As a sentence goes on after `it is`."""
        return "an ensemble" if self.ensemble else "linear" if self.linear else "not linear"

    @property
    def mean(self) -> float:
        """Over the folds."""
        return float(np.mean(self.scores))


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is to be champion, and the sentences that say why: of the winner, and of who was not taken."""

    candidate: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Rule:
    margin: float
    test_share: float

    def of(self, champion: OnTrial, challenger: OnTrial, looks: int) -> FoldTest | None:
        level = 1.0 - (1.0 - LEVEL) / max(1, looks)
        return paired_folds(champion.scores, challenger.scores, self.test_share, level=level)

    def settles(self, test: FoldTest | None) -> bool:
        return test is not None and test.low > 0 and test.difference >= self.margin


def is_linear(candidate: str) -> bool | None:
    """Whether a candidate is linear, by its name; None where nobody knows it any more."""
    try:
        return candidate_of(candidate).linear
    except UnknownNameError:
        return None


def choose(
    trial: Iterable[OnTrial], reigning: str | None, *, margin: float = MARGIN, test_share: float = 0.0
) -> Choice:
    """Choose the champion among candidates on the same folds; their order does not matter.

    Args:
        trial: the candidates.
        reigning: the champion's candidate, None where there is none.
        margin: the gain of macro-F1 from which on a settled difference counts.
        test_share: messages tested for each message trained on in a fold (`paired_folds`).

    Raises:
        PipelineError: no candidate is linear, or two have not the same number of folds.
    """
    # The best first; of equals the reigning one, then by name: so that neither order nor luck decides.
    ranked = sorted(trial, key=lambda each: (-each.mean, each.name != reigning, each.name))
    linear = [each for each in ranked if each.first]
    others = [each for each in ranked if not each.first]
    if not linear:
        raise PipelineError(
            "no single linear candidate is on trial, so none can be shown to beat the best of them",
            where="[pipeline] candidates",
            fix="Add a linear one, such as word-logreg.",
        )
    rule = _Rule(margin, test_share)
    chosen, why = _stays_or_goes(linear, reigning, rule)
    if not others:
        return Choice(chosen.name, f"{why}.")
    worthy = [each for each in others if rule.settles(rule.of(linear[0], each, len(others)))]
    if not worthy:
        best = others[0]
        return Choice(chosen.name, f"{why}. {_not_taken(linear[0], best, rule, len(others))}.")
    chosen, why = _stays_or_goes(worthy, reigning, rule)
    over = _words(linear[0], rule.of(linear[0], chosen, len(others)))
    return Choice(chosen.name, f"{why}. It is {chosen.kind}, and {over}: settled, and at least {margin:.4f}.")


def _stays_or_goes(ranked: Sequence[OnTrial], reigning: str | None, rule: _Rule) -> tuple[OnTrial, str]:
    """The best, or the reigning one where the best is not better for certain; and a sentence without its full stop."""
    best = ranked[0]
    present = next((each for each in ranked if each.name == reigning), None)
    kind = "linear" if best.first else "settled"
    if present is None:
        among = f"best of {len(ranked)} {kind} candidates on the same folds" if len(ranked) > 1 else f"only {kind} one"
        return best, f"{best.name}: {among}, macro-F1 {best.mean:.4f}"
    if present is best:
        return best, f"{best.name} stays: still the best {kind} one, macro-F1 {best.mean:.4f}"
    test = rule.of(present, best, len(ranked) - 1)
    if rule.settles(test):
        return best, f"{best.name}: {_words(present, test)}, settled on {len(best.scores)} folds"
    return present, f"{present.name} stays: {best.name} is {_words(present, test)}, {_why_not(test, rule)}"


def _not_taken(linear: OnTrial, best: OnTrial, rule: _Rule, looks: int) -> str:
    test = rule.of(linear, best, looks)
    return f"{best.name} is {best.kind} and was not taken: it is {_words(linear, test)}, {_why_not(test, rule)}"


def _words(than: OnTrial, test: FoldTest | None) -> str:
    """Better or worse than whom, by how much, with the interval."""
    if test is None:
        return f"not to be held against {than.name}"
    how = "better" if test.difference >= 0 else "worse"
    return (
        f"{how} than {than.name} by {abs(test.difference):.4f} macro-F1 ({_signed(test.low)} to {_signed(test.high)})"
    )


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def _why_not(test: FoldTest | None, rule: _Rule) -> str:
    if test is None:
        return "a test needs two folds at least"
    if test.difference < 0:
        return "which is no gain"
    if test.low <= 0:
        return f"which {test.folds} folds do not settle"
    return f"which is less than {rule.margin:.4f}"
