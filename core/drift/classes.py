"""Whether the classes of a day are those of the weeks before it. Pure.

How far a day is: the Jensen-Shannon distance and the population stability index (PSI). Whether that is more than
chance: an e-process, which may be looked at after every message. For a day with class counts d and the weeks before it
with counts r it is

    E = m(r) m(d) / sup_p Pr(r, d | p),    m: the Krichevsky-Trofimov mixture, a Dirichlet(1/2) over p

(universal inference; Wasserman, Ramdas and Balakrishnan 2020). If one p gave all these messages, then
Pr(E ever reaches 1/a) <= a by Ville's inequality, whatever p is, however few messages there are and however often
somebody looks. A day is settled at E >= 365 / 0.05, so that over a year of days at most one year in twenty has an alarm
that nothing caused.

Days differ by more than chance of their own accord (a weekend, a campaign). The days of the reference tell by how
much: Pearson's chi-squared over its degrees of freedom. Where that is above one, log E is divided by it (a power of at
most one of an e-value is an e-value), and chance is drawn with as many times fewer messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts = Mapping[str, int]
Floats = NDArray[np.float64]

REFERENCE_DAYS = 28
"""A day is held against so many days before it: whole weeks, so that each weekday is in it as often as the others."""
FALSE_ALARMS_A_YEAR = 0.05
DAYS_A_YEAR = 365
SETTLED = DAYS_A_YEAR / FALSE_ALARMS_A_YEAR
"""The evidence at which a day is settled."""
RESAMPLES = 400
BAND = 95.0
"""The share of draws, in percent, that chance stays below."""
LEAST_DAYS = 5
"""With fewer days of reference nobody knows how much days differ."""
_SEED = 7


@dataclass(frozen=True, slots=True)
class ClassMove:
    """One class: its share before and on the day, what chance would give it on such a day, and its part of the PSI."""

    klass: str
    before: float
    now: float
    low: float
    high: float
    psi: float

    @property
    def moved(self) -> bool:
        """Whether it is outside of what chance gives."""
        return not self.low <= self.now <= self.high


@dataclass(frozen=True, slots=True)
class DayDrift:
    """A day against the weeks before it.

    Args:
        day: days since 1970.
        n: its messages.
        reference: messages of the weeks before.
        distance: Jensen-Shannon, 0 to 1.
        psi: population stability index.
        chance: what chance alone stays below in 19 of 20 such days, as a distance.
        evidence: E; infinite where it is beyond what a float holds.
        classes: the classes, in the order given.
    """

    day: int
    n: int
    reference: int
    distance: float
    psi: float
    chance: float
    evidence: float
    classes: tuple[ClassMove, ...]

    @property
    def settled(self) -> bool:
        """Whether chance is ruled out, over a year of looking."""
        return self.evidence >= SETTLED

    @property
    def value(self) -> float:
        """The number of the alarm: the distance where chance is ruled out, else 0."""
        return self.distance if self.settled else 0.0

    @property
    def grown(self) -> ClassMove:
        """The class that gained most."""
        return max(self.classes, key=lambda each: each.now - each.before)

    @property
    def most_moved(self) -> ClassMove:
        """The class whose share changed most."""
        return max(self.classes, key=lambda each: abs(each.now - each.before))


def js_distance(one: ArrayLike, other: ArrayLike) -> Floats:
    """The Jensen-Shannon distance (0 to 1) of distributions along the last axis; they need not add up to one.

    >>> float(js_distance([1, 0], [0, 3]))
    1.0
    """
    from scipy.spatial.distance import jensenshannon  # here: a server that starts does not wait for it

    # By rounding, equal distributions may come out as nan or as a tiny negative number under the root.
    found: Floats = np.nan_to_num(np.asarray(jensenshannon(one, other, base=2, axis=-1), float), nan=0.0)
    return found


def psi(reference: ArrayLike, now: ArrayLike) -> Floats:
    """The parts of the population stability index, a class each: (now - before) * log(now / before), in nats.

    Half a message is added to every count, so that a class that was never seen has a finite part.
    """
    before, after = (_shares(np.asarray(counts, float) + 0.5) for counts in (reference, now))
    return np.asarray((after - before) * np.log(after / before))


def evidence(reference: ArrayLike, now: ArrayLike, dispersion: float = 1.0) -> float:
    """E of the day's counts `now` against those of the reference (see the head of this file)."""
    one, other = np.asarray(reference, float), np.asarray(now, float)
    log_e = _log_mixture(one) + _log_mixture(other) - _log_best(one + other)
    log_e /= max(1.0, dispersion)
    return exp(log_e) if log_e < 700 else inf


def overdispersion(days: ArrayLike) -> float:
    """By how much days differ more than chance: at least 1; 1 too where there are not enough of them to tell.

    Args:
        days: counts, a row a day and a column a class.
    """
    table = np.asarray(days, float)
    table = table[table.sum(axis=1) > 0]
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[0] < LEAST_DAYS or table.shape[1] < 2:
        return 1.0
    from scipy.stats import chi2_contingency

    found = chi2_contingency(table, correction=False)
    return max(1.0, float(found.statistic) / float(found.dof))


def chance_band(reference: ArrayLike, n: int, dispersion: float = 1.0) -> tuple[float, Floats, Floats]:
    """What chance alone gives on a day of `n` messages: a parametric bootstrap from the reference's shares.

    Both the day and the reference are drawn anew, RESAMPLES times and always the same, from one multinomial.

    Returns:
        the distance that BAND percent of the draws stay below, and each class's lowest and highest share (95 %).
    """
    counts = np.asarray(reference, float)
    p = _shares(counts)
    draw = np.random.default_rng(_SEED)
    few, many = (max(1, round(size / max(1.0, dispersion))) for size in (n, float(counts.sum())))
    days = _shares(draw.multinomial(few, p, size=RESAMPLES).astype(float))
    before = _shares(draw.multinomial(many, p, size=RESAMPLES).astype(float))
    moved = days - before + p
    low, high = np.percentile(moved, [2.5, 97.5], axis=0)
    return float(np.percentile(js_distance(before, days), BAND)), np.clip(low, 0, 1), np.clip(high, 0, 1)


def day_drift(days: Mapping[int, Counts], day: int, classes: Sequence[str]) -> DayDrift | None:
    """A day against the REFERENCE_DAYS before it; None where either has no messages.

    Args:
        days: counts by day (since 1970) and class.
        day: which.
        classes: in the order in which they are told; classes that are not named do not count.
    """
    now = _row(days.get(day, {}), classes)
    before = tuple(row for at in range(day - REFERENCE_DAYS, day) if sum(row := _row(days.get(at, {}), classes)))
    return _day_drift(day, before, now, tuple(classes)) if before and sum(now) else None


def newest_drift(days: Mapping[int, Counts], today: int, classes: Sequence[str]) -> DayDrift | None:
    """Today or the day before, whichever says more: a day that begins has not undone the one that ended."""
    found = [each for day in (today, today - 1) if (each := day_drift(days, day, classes)) is not None]
    return max(found, key=lambda each: each.value, default=None)


@lru_cache(maxsize=1_000)  # pages look several times a second, and of all days only the newest has changed
def _day_drift(
    day: int, before: tuple[tuple[int, ...], ...], now: tuple[int, ...], classes: tuple[str, ...]
) -> DayDrift:
    reference = np.asarray(before, float).sum(axis=0)
    counts = np.asarray(now, float)
    dispersion = overdispersion(before)
    chance, low, high = chance_band(reference, sum(now), dispersion)
    parts = psi(reference, counts)
    was, is_now = _shares(reference), _shares(counts)
    moves = tuple(
        ClassMove(klass, float(was[at]), float(is_now[at]), float(low[at]), float(high[at]), float(parts[at]))
        for at, klass in enumerate(classes)
    )
    return DayDrift(
        day,
        sum(now),
        int(reference.sum()),
        float(js_distance(reference, counts)),
        float(parts.sum()),
        chance,
        evidence(reference, counts, dispersion),
        moves,
    )


def _row(counts: Counts, classes: Sequence[str]) -> tuple[int, ...]:
    return tuple(max(0, counts.get(klass, 0)) for klass in classes)


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _log_mixture(counts: Floats) -> float:
    """Log of the probability of a sequence with these counts, under a Dirichlet(1/2) mixture."""
    from scipy.special import gammaln

    k = len(counts)
    return float(gammaln(k / 2) - gammaln(counts.sum() + k / 2) + (gammaln(counts + 0.5) - gammaln(0.5)).sum())


def _log_best(counts: Floats) -> float:
    """Log of the highest probability that any shares give a sequence with these counts."""
    from scipy.special import xlogy

    return float(xlogy(counts, counts).sum() - xlogy(counts.sum(), counts.sum()))
