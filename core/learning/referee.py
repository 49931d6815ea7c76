"""The referee of a race: keeps the scores of all candidates, and stops the hopeless ones after a fold."""

from __future__ import annotations

from collections.abc import Sequence

from core.learning.ensemble import AnyCandidate
from core.learning.racing import Race, hopeless
from core.learning.splits import Split
from core.learning.trial import FoldResult, Stopped


class Referee:
    """Of one race.

    Args:
        race: its rules.
        candidates: all that take part.
        splits: all folds, in order.
        fraction: the point of the learning curve that counts.
    """

    def __init__(
        self, race: Race, candidates: Sequence[AnyCandidate], splits: Sequence[Split], fraction: float
    ) -> None:
        self._race = race
        self._rivals = len(candidates) - 1
        self._number = {(split.repeat, split.fold): number for number, split in enumerate(splits)}
        self._folds = len({split.fold for split in splits})
        self._scores: dict[str, dict[int, float]] = {candidate.name: {} for candidate in candidates}
        self._fraction = fraction

    def sees(self, result: FoldResult) -> None:
        """Take note of a result."""
        if result.fraction != self._fraction:
            return
        value = next(score.value for score in result.scores if score.metric == self._race.metric and not score.klass)
        self._scores[result.candidate][self._number[result.repeat, result.fold]] = value

    def stops(self, after: int) -> list[Stopped]:
        """Who needs no further fold, once the first `after` are over; who missed one of them is not compared."""
        whole = {
            name: [values[number] for number in range(after)]
            for name, values in self._scores.items()
            if len(values) == after
        }
        reasons = hopeless(whole, planned=len(self._number), folds=self._folds, rivals=self._rivals, race=self._race)
        for name in reasons:
            del self._scores[name]
        return [Stopped(name, after, reason) for name, reason in reasons.items()]
