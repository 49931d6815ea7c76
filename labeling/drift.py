"""Whether a person's speed or agreement has drifted from what is usual for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

RECENT = 30
RECENT_LEAST = 20
USUAL_LEAST = 60
PAUSE_MS = 600_000
"""So long without a verdict is a break already: what came before it is not recent any more."""
SLOWER = 1.3
LESS_AGREED = 0.15
# It is asked again after every few verdicts, so each look has to be all the more sure.
LEVEL_SPEED = 1e-4
LEVEL_AGREED = 5e-4


class Reason(StrEnum):
    """What has drifted."""

    SLOWER = "slower"
    LESS_AGREED = "less agreed"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A break may do good; `sentence` says so to the person, and to nobody else."""

    reason: Reason
    sentence: str


def suggests_break(seconds: ArrayLike, agreed: ArrayLike, at: ArrayLike) -> Suggestion | None:
    """Compare a person's newest verdicts, since their last pause, with their own ones before.

    Args:
        seconds: how long each verdict took, the oldest first; NaN where nobody knows.
        agreed: whether it is what the office holds (1 or 0); NaN where the office has no word yet.
        at: when it was given, in ms.
    """
    times = np.asarray(at, float)
    n = _recent(times)
    if n < RECENT_LEAST or len(times) - n < USUAL_LEAST:
        return None
    split = len(times) - n
    if _slower(*_parts(seconds, split)):
        return Suggestion(
            Reason.SLOWER,
            "The last messages took you longer than yours usually do. A few minutes away may do you good.",
        )
    if _less_agreed(*_parts(agreed, split)):
        return Suggestion(
            Reason.LESS_AGREED,
            "You and the office differ more than usual on the last messages. They may be hard, or a break is due.",
        )
    return None


def _recent(at: NDArray[np.float64]) -> int:
    """How many of the newest came without a pause between them, at most RECENT."""
    pauses = np.flatnonzero(np.diff(at) >= PAUSE_MS)
    return int(min(RECENT, len(at) - (pauses[-1] + 1 if len(pauses) else 0)))


def _parts(values: ArrayLike, split: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    array = np.asarray(values, float)
    usual, recent = array[:split], array[split:]
    return usual[~np.isnan(usual)], recent[~np.isnan(recent)]


def _slower(usual: NDArray[np.float64], recent: NDArray[np.float64]) -> bool:
    if len(usual) < USUAL_LEAST or len(recent) < RECENT_LEAST or np.median(recent) < SLOWER * np.median(usual):
        return False
    from scipy import stats  # a second of start-up that only a drift needs

    return bool(stats.mannwhitneyu(recent, usual, alternative="greater").pvalue < LEVEL_SPEED)


def _less_agreed(usual: NDArray[np.float64], recent: NDArray[np.float64]) -> bool:
    if len(usual) < USUAL_LEAST or len(recent) < RECENT_LEAST or usual.mean() - recent.mean() < LESS_AGREED:
        return False
    from scipy import stats

    right = [[recent.sum(), usual.sum()], [(1 - recent).sum(), (1 - usual).sum()]]
    return bool(stats.fisher_exact(right, alternative="less").pvalue < LEVEL_AGREED)
