"""The majority's class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consensus:
    """The class that the office holds a message to be (None: no verdict, or a tie), and the share that says so."""

    klass: str | None
    share: float
    verdicts: int


def majority(verdicts: Sequence[str]) -> Consensus:
    """The class that most verdicts name.

    >>> majority(["spam", "spam", "personal"])
    Consensus(klass='spam', share=0.6666666666666666, verdicts=3)
    >>> majority(["spam", "personal"]).klass is None
    True
    """
    if not verdicts:
        return Consensus(None, 0.0, 0)
    (first, most), *others = Counter(verdicts).most_common(2)
    tied = bool(others) and others[0][1] == most
    return Consensus(None if tied else first, most / len(verdicts), len(verdicts))
