"""Agreement: how far people mean the same by the classes, beyond what chance would give. Pure.

Every coefficient comes with an interval: messages (not verdicts, which are not independent) are drawn again with
replacement, all draws in one multiplication. 1 is full agreement, 0 what guessing with these shares would give.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

Floats = NDArray[np.float64]
DRAWS = 1_000
LEVEL = 0.95
SEED = 7
LEAST_MESSAGES = 10
"""With fewer messages that several people judged, an interval would say nothing."""
WEEK_MS = 7 * 86_400_000
MONDAY_MS = 4 * 86_400_000
"""1970 began on a Thursday."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient with its interval at 95 %, over so many messages that several people judged."""

    value: float
    low: float
    high: float
    messages: int


def counts(verdicts: pd.DataFrame, classes: Sequence[str]) -> Floats:
    """(n, k): of each message that two or more people judged, how many named each class.

    Args:
        verdicts: columns message_id, person_id, klass; of somebody who judged a message twice the last counts.
        classes: the k classes.
    """
    last = verdicts.drop_duplicates(["message_id", "person_id"], keep="last")
    table = pd.crosstab(last["message_id"], last["klass"]).reindex(columns=list(classes), fill_value=0)
    counted = table.to_numpy(float)
    return np.asarray(counted[counted.sum(axis=1) > 1])


def alpha(verdicts: pd.DataFrame, classes: Sequence[str]) -> Agreement | None:
    """Krippendorff's alpha (nominal), for any number of people a message; None where too little was judged twice."""
    return _alpha(counts(verdicts, classes))


def alpha_of_classes(verdicts: pd.DataFrame, classes: Sequence[str]) -> dict[str, Agreement]:
    """Alpha of each class against all others: which one people mean differently."""
    counted = counts(verdicts, classes)
    found = {}
    for code, klass in enumerate(classes):
        one = np.stack([counted[:, code], counted.sum(axis=1) - counted[:, code]], axis=1)
        if (agreement := _alpha(one)) is not None:
            found[klass] = agreement
    return found


def alpha_of_weeks(verdicts: pd.DataFrame, classes: Sequence[str]) -> dict[int, Agreement]:
    """Alpha week by week, by the Monday (ms since 1970, UTC) of each message's first verdict; column `at` besides."""
    if verdicts.empty:
        return {}
    first = verdicts.groupby("message_id")["at"].transform("min")
    monday = (first - MONDAY_MS) // WEEK_MS * WEEK_MS + MONDAY_MS
    found = {}
    for week, rows in verdicts.groupby(monday):
        if (agreement := alpha(rows, classes)) is not None:
            found[int(week)] = agreement
    return found


def fleiss(verdicts: pd.DataFrame, classes: Sequence[str]) -> Agreement | None:
    """Fleiss' kappa, over the messages that as many people judged as most often happens: it knows no other."""
    counted = counts(verdicts, classes)
    people = counted.sum(axis=1).astype(int)
    if not len(people):
        return None
    of_these = counted[people == np.bincount(people).argmax()]
    n = of_these.sum(axis=1).max(initial=0)
    agreeing = ((of_these * (of_these - 1)).sum(axis=1) / (n * (n - 1)))[:, None]

    def kappa(drawn: Floats) -> Floats:
        shares = drawn[:, 1:] / drawn[:, 1:].sum(axis=1, keepdims=True)
        return _beyond(drawn[:, 0] / len(of_these), (shares**2).sum(axis=1))

    def theirs() -> float:
        return float(fleiss_kappa(of_these)) if _several(of_these) else 1.0

    return _interval(np.concatenate([agreeing, of_these], axis=1), kappa, theirs)


def cohen_of_pairs(verdicts: pd.DataFrame, classes: Sequence[str]) -> dict[tuple[int, int], Agreement]:
    """Cohen's kappa of every two people, over the messages that both have judged; too few of them: left out."""
    last = verdicts.drop_duplicates(["message_id", "person_id"], keep="last")
    place = {klass: code for code, klass in enumerate(classes)}
    wide = last.assign(code=last["klass"].map(place)).pivot(index="message_id", columns="person_id", values="code")
    k, found = len(classes), {}
    for one, other in itertools.combinations(wide.columns, 2):
        both = wide[[one, other]].dropna().to_numpy(np.int64)
        cells = np.eye(k * k)[both[:, 0] * k + both[:, 1]]
        agreement = _interval(cells, lambda drawn: _cohen(drawn, k), lambda pair=both: _scikit(pair, k))  # type: ignore[misc]
        if agreement is not None:
            found[int(one), int(other)] = agreement
    return found


def in_words(agreement: Agreement | None) -> str:
    """What an alpha means, after Krippendorff's own bounds; the lower end of the interval decides."""
    if agreement is None:
        return "Too few messages were judged by two people to say how far the office agrees."
    if agreement.low >= 0.8:
        return "People mean the same by the classes: what they say can be relied on."
    if agreement.value >= 0.667:
        return "People mostly mean the same: good enough to learn from, with a doubt at the edges."
    return "People mean different things by the classes: a clearer guide will do more than more verdicts."


def _alpha(counted: Floats) -> Agreement | None:
    n = counted.sum(axis=1, keepdims=True)
    # What a message adds to the disagreement observed, and to how often each class is named.
    apart = ((n**2 - (counted**2).sum(axis=1, keepdims=True)) / np.maximum(n - 1, 1)).reshape(len(counted), 1)

    def coefficient(drawn: Floats) -> Floats:
        named = drawn[:, 1:]
        total = named.sum(axis=1)
        chance = total**2 - (named**2).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(chance > 0, 1 - (total - 1) * drawn[:, 0] / chance, 1.0)

    def theirs() -> float:
        if not _several(counted):
            return 1.0
        return float(krippendorff.alpha(value_counts=counted, level_of_measurement="nominal"))

    return _interval(np.concatenate([apart, counted], axis=1), coefficient, theirs)


def _several(counted: Floats) -> bool:
    """Whether more than one class was named at all; where one was, nobody disagreed."""
    return bool((counted.sum(axis=0) > 0).sum() > 1)


def _cohen(drawn: Floats, k: int) -> Floats:
    table = drawn.reshape(-1, k, k) / drawn.sum(axis=1).reshape(-1, 1, 1)
    chance = np.einsum("bi,bi->b", table.sum(axis=2), table.sum(axis=1))
    return _beyond(np.einsum("bii->b", table), chance)


def _scikit(pair: NDArray[np.int64], k: int) -> float:
    if len(np.unique(pair)) == 1:
        return 1.0
    return float(cohen_kappa_score(pair[:, 0], pair[:, 1], labels=list(range(k))))


def _beyond(observed: Floats, chance: Floats) -> Floats:
    """Agreement beyond chance; full where chance alone would give it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), 1.0)


def _draws(n: int) -> Floats:
    """(draws, n): how often each message is in each draw; the same for all statistics over as many messages."""
    drawn = np.random.default_rng(SEED).integers(0, n, (DRAWS, n)) + n * np.arange(DRAWS)[:, None]
    return np.bincount(drawn.ravel(), minlength=DRAWS * n).reshape(DRAWS, n).astype(float)


def _interval(cells: Floats, statistic: Callable[[Floats], Floats], value: Callable[[], float]) -> Agreement | None:
    """The percentile interval of a statistic of sums over messages (n, c); the value itself is the library's."""
    n = len(cells)
    if n < LEAST_MESSAGES:
        return None
    low, high = np.quantile(statistic(_draws(n) @ cells), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    found = value()
    # A statistic at its end (everybody agrees) is an end of its interval.
    return Agreement(found, min(float(low), found), max(float(high), found), n)
