"""The majority's class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from labeling.consensus.method import Floats, Method, Votes


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


class Majority(Method):
    """The class that most people name; a tie is no truth."""

    name: ClassVar[str] = "majority"
    title: ClassVar[str] = "The class that most people name, at once with each verdict; a tie is no truth."

    def weigh(self, votes: Votes, model: Floats | None) -> tuple[Floats, Floats]:  # noqa: ARG002 - no model is asked
        """Shares of the verdicts; a person's quality is how often the others of a message say the same."""
        counts = votes.counts()
        given = counts.sum(axis=1, keepdims=True)
        return counts / given, with_others(votes, counts)


def with_others(votes: Votes, counts: Floats) -> Floats:
    """How often each person says what the others on the same message say, their own word left out; else 1/2."""
    others = counts.sum(axis=1)[votes.what] - 1
    same = counts[votes.what, votes.said] - 1
    agreeing, heard = (np.bincount(votes.who, weights=each, minlength=len(votes.people)) for each in (same, others))
    return np.asarray(np.divide(agreeing, heard, out=np.full(len(heard), 0.5), where=heard > 0))
