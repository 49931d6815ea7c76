"""Which models nobody beats in everything: quality against size and speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """A model on the leaderboard; by what is not known of it (None) it beats nobody."""

    name: str
    quality: float
    size: float | None
    seconds: float | None


def pareto_front(standings: Sequence[Standing]) -> set[str]:
    """The names of those that no other is at least as good as in everything, and better in something."""
    return {each.name for each in standings if not any(_beats(other, each) for other in standings)}


def _beats(one: Standing, other: Standing) -> bool:
    gains = [one.quality - other.quality]
    for mine, theirs in ((one.size, other.size), (one.seconds, other.seconds)):
        if theirs is not None:
            gains.append(theirs - (float("inf") if mine is None else mine))
    return min(gains) >= 0 and max(gains) > 0
