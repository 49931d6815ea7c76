"""A vote on one message: needed with every verdict, so it imports nothing large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consensus:
    """The class that the office holds a message to be (None: nobody named one, or a tie), and the share that says so.

    `verdicts` counts those who could not tell as well.
    """

    klass: str | None
    share: float
    verdicts: int


def majority(verdicts: Sequence[str | None]) -> Consensus:
    """The class that most verdicts name. None is somebody who cannot tell: an opinion that names no class.

    >>> majority(["spam", "spam", "personal"])
    Consensus(klass='spam', share=0.6666666666666666, verdicts=3)
    >>> majority(["spam", "personal"]).klass is None
    True
    >>> majority(["spam", None])
    Consensus(klass='spam', share=0.5, verdicts=2)
    """
    named = Counter(klass for klass in verdicts if klass is not None)
    if not named:
        return Consensus(None, 0.0, len(verdicts))
    (first, most), *others = named.most_common(2)
    tied = bool(others) and others[0][1] == most
    return Consensus(None if tied else first, most / len(verdicts), len(verdicts))
