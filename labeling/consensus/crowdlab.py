"""CROWDLAB (Goh, Tkachenko and Mueller 2022): reviewers and model together.

cleanlab says how far the model and each person can be trusted, told from messages that several people judged. Each
message's classes are then weighed here: in arrays over the verdicts, so that a message that one person judged costs one
row and not a place for everybody.

One thing is ours. cleanlab measures people against always naming the commonest class; where that is most of the
messages nobody does much better, and all weights fall to nothing. So each class, as the model sees the messages, weighs
alike while trust is told: cleanlab gets a message of a rare class several times. Of classes about as frequent as one
another it gets each once, and finds what the paper says.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from labeling.consensus.dawid_skene import DawidSkene
from labeling.consensus.majority_vote import with_others
from labeling.consensus.method import Codes, Floats, Method, Votes, Weighed

LEARNT_FROM_MOST = 5_000
"""Messages with several verdicts from which trust is told: cleanlab keeps a place a message and person."""
REPEATED_MOST = 20
"""So often a message counts at the most: a handful that the model takes for a rare class is not to decide on trust."""
NUDGE = 1e-9
UNHEARD = 1e-3


@dataclass(frozen=True, slots=True)
class Trust:
    """How much the model weighs, how much each person does, and how often a word is the consensus."""

    model: float
    people: Floats
    agreement: float


class Crowdlab(Method):
    """Reviewers and model together."""

    name: ClassVar[str] = "crowdlab"
    title: ClassVar[str] = "Reviewers and model together, each by how far it can be trusted (CROWDLAB, cleanlab)."
    uses_model: ClassVar[bool] = True

    def weigh(self, votes: Votes, model: Floats | None) -> Weighed:
        """By Dawid and Skene where no model has said anything, nobody's messages were judged twice, or nobody is heard.

        The last happens where nearly all is of one class, for the model at least: everybody's weight falls to nothing,
        and the model alone would be the office.
        """
        counts = votes.counts()
        if model is not None and (counts.sum(axis=1) > 1).any():
            trust = trusted(votes, counts, model)
            if (trust.people[votes.who] > UNHEARD).mean() >= 0.5:
                return Weighed(posterior(votes, model, trust), with_others(votes, counts), self.name)
        return DawidSkene(self.classes).weigh(votes, None)


def trusted(votes: Votes, counts: Floats, model: Floats) -> Trust:
    """Told from messages that several people judged, the first 5,000 in a scrambled order of their ids."""
    from cleanlab.multiannotator import get_label_quality_multiannotator

    several = np.flatnonzero(counts.sum(axis=1) > 1)
    some = several[np.argsort(_scrambled(votes.messages[several]), kind="stable")[:LEARNT_FROM_MOST]]
    times = evened(model[some])
    kept = np.flatnonzero(times.cumsum() <= LEARNT_FROM_MOST)  # repeated ones count as often as they stand
    kept = kept[np.argsort(some[kept])]
    once, times = some[kept], times[kept]
    rows = np.repeat(once, times)
    row_of = np.full(len(votes.messages), -1)
    row_of[once] = np.arange(len(once))
    mine = row_of[votes.what] >= 0
    present = np.unique(votes.who[mine])
    said = np.full((len(once), len(votes.people)), np.nan)
    said[row_of[votes.what[mine]], votes.who[mine]] = votes.said[mine]
    labels = np.repeat(said, times, axis=0)
    # cleanlab breaks a tie that nothing decides by a draw from the one generator that all share: a nudge decides it.
    nudge = (_scrambled(votes.messages[rows])[:, None] + np.arange(model.shape[1], dtype=np.uint64) * 7) % 997
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = get_label_quality_multiannotator(
            labels[:, present],
            model[rows] + NUDGE * nudge,
            return_detailed_quality=False,
            return_annotator_stats=False,
            return_weights=True,
            verbose=False,
        )
    people = np.full(len(votes.people), float(np.mean(found["annotator_weight"])))
    people[present] = found["annotator_weight"]
    # The model weighs by the root of the verdicts a message: all messages count here, not only those learnt from.
    scale = np.sqrt(counts.sum(axis=1).mean() / counts[rows].sum(axis=1).mean())
    agreement = float(found["label_quality"]["annotator_agreement"].mean())
    return Trust(float(found["model_weight"]) * float(scale), people, agreement)


def evened(model: Floats) -> Codes:
    """(messages,): how often each is to count, so that the classes, as the model sees them, are about as frequent."""
    seen = model.argmax(axis=1)
    found = np.bincount(seen, minlength=model.shape[1])
    times = np.round(found.max(initial=1) / np.maximum(found, 1)).astype(np.int64)
    return np.asarray(np.minimum(times, REPEATED_MOST)[seen])


def posterior(votes: Votes, model: Floats, trust: Trust) -> Floats:
    """(messages, k): the weighted mean of what the model and each word say."""
    k = len(votes.classes)
    weight = trust.people[votes.who]
    heard = np.zeros_like(model)
    np.add.at(heard, (votes.what, votes.said), weight * trust.agreement)
    others = (1 - trust.agreement) / (k - 1)
    all_weight = np.bincount(votes.what, weights=weight, minlength=len(votes.messages))
    named = np.zeros_like(model)
    np.add.at(named, (votes.what, votes.said), weight)
    heard += (all_weight[:, None] - named) * others
    return np.asarray((heard + trust.model * model) / (all_weight + trust.model)[:, None])


def _scrambled(ids: Codes) -> np.ndarray:
    """Multiplying by an odd number permutes the 64-bit integers."""
    return ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
