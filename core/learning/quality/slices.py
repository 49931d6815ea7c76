"""Quality by slice: where a model is weaker than on the whole.

Many slices are looked at together, and one in twenty looks bad by chance alone: the intervals are Bonferroni's, so that
all of them hold together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.learning.quality.proportions import LEVEL, Proportion, proportions

LEAST = 20
"""Messages of a slice that say something."""


@dataclass(frozen=True, slots=True)
class SliceQuality:
    """A slice: its share of right predictions with an interval, and macro-F1 over the classes that it has."""

    name: str
    right: Proportion
    macro_f1: float


def by_slice(
    truth: np.ndarray,
    predicted: np.ndarray,
    named: Sequence[Sequence[str]],
    *,
    least: int = LEAST,
    most: int = 0,
    level: float = LEVEL,
) -> list[SliceQuality]:
    """The slices with at least `least` messages, the worst first.

    Args:
        truth: n class codes.
        predicted: n class codes.
        named: the names of the slices that each of the n messages is in.
        least: messages that a slice needs.
        most: slices at most, those with the most messages; 0 for all.
        level: at which all intervals hold together.
    """
    members: dict[str, list[int]] = {}
    for number, names in enumerate(named):
        for name in names:
            members.setdefault(name, []).append(number)
    looked_at = sorted((name for name in members if len(members[name]) >= least), key=lambda name: -len(members[name]))
    looked_at = looked_at[: most or None]
    if not looked_at:
        return []
    right = truth == predicted
    hits = np.array([int(right[members[name]].sum()) for name in looked_at])
    sizes = np.array([len(members[name]) for name in looked_at])
    shares = proportions(hits, sizes, level=1.0 - (1.0 - level) / len(looked_at))
    found = [
        SliceQuality(name, share, _macro_f1(truth[members[name]], predicted[members[name]]))
        for name, share in zip(looked_at, shares, strict=True)
    ]
    return sorted(found, key=lambda each: (each.right.share, each.name))


def _macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0.0))
