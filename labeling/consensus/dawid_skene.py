"""Dawid and Skene (1979): each person's confusion and each message's class, each told from the other.

Expectation-maximisation in arrays. A step costs the verdicts times the classes, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy.special import logsumexp, softmax

from labeling.consensus.method import Floats, Method, Votes, Weighed

STEPS_MOST = 200
CLOSE = 1e-8
LEAST = 1e-12
STEP_DIGITS = 12
"""Where two classes are as likely, the last bits of a sum must not decide: each step would make more of them."""
OFFICE_WEIGHT = 4.0
"""Who has said little is held to be like the office: so many of its verdicts a class weigh in with their own."""


class DawidSkene(Method):
    """Weighs each word by what its giver's words have meant."""

    name: ClassVar[str] = "dawid_skene"
    title: ClassVar[str] = "Each word weighs by how its giver confuses the classes (Dawid and Skene 1979)."

    def __init__(self, classes: Sequence[str], office_weight: float = OFFICE_WEIGHT) -> None:
        """With an `office_weight` of 0 it is the published method, in which a few verdicts may mean anything."""
        super().__init__(classes)
        self._office_weight = office_weight

    def weigh(self, votes: Votes, model: Floats | None) -> Weighed:  # noqa: ARG002 - no model is asked
        """From the shares of the verdicts until nothing moves any more."""
        counts = votes.counts()
        posterior = counts / counts.sum(axis=1, keepdims=True)
        confusion = self.confusion(votes, posterior)
        for _ in range(STEPS_MOST):
            before = posterior
            posterior = _posterior(votes, posterior.mean(axis=0), confusion)
            confusion = self.confusion(votes, posterior)
            if np.abs(posterior - before).max() < CLOSE:
                break
        right = np.einsum("pkk,k->p", confusion, posterior.mean(axis=0))
        return Weighed(posterior, right, self.name)

    def confusion(self, votes: Votes, posterior: Floats) -> Floats:
        """(people, k true, k said), rows of sum 1: how each person names each class."""
        k = len(votes.classes)
        counted = np.zeros((len(votes.people), k, k))
        heard = counted.transpose(0, 2, 1)  # a view: (people, said, true)
        np.add.at(heard, (votes.who, votes.said), posterior[votes.what])
        if self._office_weight:
            office = counted.sum(axis=0) + np.eye(k)
            counted += self._office_weight * office / office.sum(axis=1, keepdims=True)
        rows = counted.sum(axis=2, keepdims=True)
        return np.asarray(np.divide(counted, rows, out=np.full_like(counted, 1.0 / k), where=rows > 0))


def _posterior(votes: Votes, shares: Floats, confusion: Floats) -> Floats:
    """(messages, k), from the classes' shares and everybody's confusion."""
    heard = np.log(np.maximum(confusion, LEAST))[votes.who, :, votes.said]
    likely = np.zeros((len(votes.messages), len(votes.classes)))
    np.add.at(likely, votes.what, heard)
    prior = np.log(np.maximum(shares, LEAST))
    return np.asarray(np.round(softmax(likely + prior - logsumexp(prior), axis=1), STEP_DIGITS))
