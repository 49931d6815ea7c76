"""ROC and precision-recall curves of one class against the others, with the area below and its interval.

The curves are scikit-learn's on all messages. The interval is a bootstrap's: a class's scores are gathered into a few
hundred groups first, so that it costs the same at fifty thousand messages as at five hundred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

GROUPS = 200
RESAMPLES = 200
SEED = 7

Areas = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Area:
    """The area below a curve, and the interval in which it lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve's points from strict to lenient, with the probability from which on a message counts as of the class."""

    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray
    area: Area
    positives: int


def roc(is_class: np.ndarray, probability: np.ndarray, *, points: int = 100) -> Curve | None:
    """Share of the class that is found (y) against share of the others that are taken for it (x).

    Args:
        is_class: n booleans: whether the message is of the class.
        probability: n probabilities that it is.
        points: so many at most.

    Returns:
        None where all messages are of the class, or none is.
    """
    from sklearn.metrics import roc_auc_score, roc_curve

    if is_class.all() or not is_class.any():
        return None
    false, found, threshold = roc_curve(is_class, probability)
    chosen = _thinned(false, found, points)
    area = _area(is_class, probability, float(roc_auc_score(is_class, probability)), roc_areas)
    return Curve(false[chosen], found[chosen], np.minimum(threshold[chosen], 1.0), area, int(is_class.sum()))


def precision_recall(is_class: np.ndarray, probability: np.ndarray, *, points: int = 100) -> Curve | None:
    """Share of what is called the class that is of it (y) against share of the class that is found (x).

    The area is the average precision. Arguments and None as for `roc`.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve

    if is_class.all() or not is_class.any():
        return None
    precision, recall, threshold = precision_recall_curve(is_class, probability)
    precision, recall, threshold = precision[:-1][::-1], recall[:-1][::-1], threshold[::-1]  # its last point has none
    chosen = _thinned(recall, precision, points)
    value = float(average_precision_score(is_class, probability))
    area = _area(is_class, probability, value, average_precisions)
    return Curve(recall[chosen], precision[chosen], threshold[chosen], area, int(is_class.sum()))


def _thinned(x: np.ndarray, y: np.ndarray, points: int) -> np.ndarray:
    """Numbers of at most `points` points, evenly along the way, its ends among them."""
    way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    if len(way) <= points:
        return np.arange(len(way))
    return np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], points)).clip(0, len(way) - 1))


def _area(is_class: np.ndarray, probability: np.ndarray, value: float, areas: Areas) -> Area:
    """The area of all messages, with the interval that messages drawn anew give."""
    edges = np.unique(np.quantile(probability, np.linspace(0.0, 1.0, GROUPS + 1)))
    group = np.searchsorted(edges, probability, side="right")
    counts = np.bincount(2 * group + is_class, minlength=2 * (len(edges) + 1))
    n = int(counts.sum())
    drawn = np.random.default_rng(SEED).multinomial(n, counts / n, size=RESAMPLES).reshape(RESAMPLES, -1, 2)
    drawn = drawn[(drawn.sum(axis=1) > 0).all(axis=1)]  # without both there is no curve
    if not len(drawn):
        return Area(value, 0.0, 1.0)
    # Groups lose a little of the order within them: the interval is moved to the area of all messages.
    low, high = np.percentile(areas(drawn), [2.5, 97.5]) + value - float(areas(counts.reshape(1, -1, 2))[0])
    return Area(value, float(max(0.0, min(low, value))), float(min(1.0, max(high, value))))


def roc_areas(counts: np.ndarray) -> np.ndarray:
    """Areas below ROC curves, as scikit-learn has them of one, of many at once.

    Args:
        counts: (curves, groups, 2) messages of the others and of the class, the least probable group first.
    """
    from scipy.integrate import trapezoid

    reached = _reached(counts)
    return np.asarray(trapezoid(reached[:, :, 1], reached[:, :, 0], axis=1))


def average_precisions(counts: np.ndarray) -> np.ndarray:
    """Average precisions, as scikit-learn has them of one, of many at once; `counts` as for `roc_areas`."""
    called = np.cumsum(counts[:, ::-1], axis=1)
    precision = called[:, :, 1] / np.maximum(called.sum(axis=2), 1)
    return np.asarray((np.diff(_reached(counts)[:, :, 1], axis=1) * precision).sum(axis=1))


def _reached(counts: np.ndarray) -> np.ndarray:
    """Shares of the others and of the class that count as of it, from nothing to all."""
    called = np.cumsum(counts[:, ::-1], axis=1)
    return np.concatenate([np.zeros((len(counts), 1, 2)), called / called[:, -1:]], axis=1)
