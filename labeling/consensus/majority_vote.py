"""The majority's class."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from labeling.consensus.method import Floats, Method, Votes, Weighed


class Majority(Method):
    """The class that most people name; a tie is no truth."""

    name: ClassVar[str] = "majority"
    title: ClassVar[str] = "The class that most people name, at once with each verdict; a tie is no truth."

    def weigh(self, votes: Votes, model: Floats | None) -> Weighed:  # noqa: ARG002 - no model is asked
        """Shares of the verdicts; a person's quality is how often the others of a message say the same."""
        counts = votes.counts()
        given = counts.sum(axis=1, keepdims=True)
        return Weighed(counts / given, with_others(votes, counts), self.name)


def with_others(votes: Votes, counts: Floats) -> Floats:
    """How often each person says what the others on the same message say, their own word left out; else 1/2."""
    others = counts.sum(axis=1)[votes.what] - 1
    same = counts[votes.what, votes.said] - 1
    agreeing, heard = (np.bincount(votes.who, weights=each, minlength=len(votes.people)) for each in (same, others))
    return np.asarray(np.divide(agreeing, heard, out=np.full(len(heard), 0.5), where=heard > 0))
