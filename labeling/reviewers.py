"""Reviewers: how good, and what haste costs them. Pure but for `judged_by`.

For the person and for whoever looks after the office. Nobody is ranked by speed, and what a person sees is their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaln
from scipy.stats import beta, binomtest
from sqlalchemy import Connection, bindparam, case, exists, or_, select
from sqlalchemy.orm import aliased

from core.store.models import Origin, Truth
from labeling.models import Decision, Gold, Task, Verdict, VerdictKind
from labeling.people import PersonId
from labeling.tasks import current

Floats = NDArray[np.float64]
LEVEL = 0.9
LOOK_BACK = 2_000
PRECISION = (2.0, 500.0)
"""Between how many verdicts the office's share weighs, at the least and at the most."""


def quality(judged: pd.DataFrame) -> pd.DataFrame:
    """How often each person is right, class by class, drawn towards the office where they have said little.

    Empirical Bayes: the shares of all people on a class are taken to come from one beta distribution, the likeliest
    one; a person's own is what remains of it after their verdicts.

    Args:
        judged: columns person_id, held (the class that the message is held to be) and said.

    Returns:
        person_id, klass, verdicts, right, quality (the mean), low and high (90 %), a row a person and class.
    """
    counted = (
        judged.assign(right=judged["held"] == judged["said"])
        .groupby(["held", "person_id"], sort=True)["right"]
        .agg(["size", "sum"])
        .reset_index()
    )
    parts = []
    for klass, rows in counted.groupby("held", sort=True):
        n, right = rows["size"].to_numpy(float), rows["sum"].to_numpy(float)
        a, b = prior(right, n)
        mine = beta(a + right, b + n - right)
        parts.append(
            pd.DataFrame(
                {
                    "person_id": rows["person_id"].to_numpy(),
                    "klass": klass,
                    "verdicts": n.astype(int),
                    "right": right.astype(int),
                    "quality": mine.mean(),
                    "low": mine.ppf((1 - LEVEL) / 2),
                    "high": mine.ppf((1 + LEVEL) / 2),
                }
            )
        )
    columns = ["person_id", "klass", "verdicts", "right", "quality", "low", "high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def prior(right: Floats, n: Floats) -> tuple[float, float]:
    """The beta distribution from which people's shares most likely come; its mean is the office's, one each added."""
    mean = (right.sum() + 1) / (n.sum() + 2)

    def unlikely(log_precision: float) -> float:
        a, b = mean * np.exp(log_precision), (1 - mean) * np.exp(log_precision)
        return -float((betaln(a + right, b + n - right) - betaln(a, b)).sum())

    found = minimize_scalar(unlikely, bounds=tuple(np.log(PRECISION)), method="bounded")
    precision = float(np.exp(found.x))
    return float(mean * precision), float((1 - mean) * precision)


@dataclass(frozen=True, slots=True)
class Pace:
    """A third of somebody's verdicts by their seconds: the median, how many, and the share right with its interval."""

    seconds: float
    verdicts: int
    right: float
    low: float
    high: float


def speed_against_accuracy(seconds: Sequence[float], right: Sequence[bool]) -> list[Pace]:
    """The fastest, the middle and the slowest third, each with how often it was right; empty for under 30 verdicts."""
    if len(seconds) < 30:
        return []
    order = np.argsort(np.asarray(seconds, dtype=float), kind="stable")
    thirds = []
    for third in np.array_split(order, 3):
        good = int(np.asarray(right, dtype=bool)[third].sum())
        interval = binomtest(good, len(third)).proportion_ci(LEVEL, method="wilson")
        median = float(np.median(np.asarray(seconds, dtype=float)[third]))
        thirds.append(Pace(median, len(third), good / len(third), float(interval.low), float(interval.high)))
    return thirds


_other, _theirs = aliased(Verdict), aliased(Task)
_held = case((Task.gold, Gold.klass), else_=Truth.klass)
# A person's newest verdicts on messages that are known without them: gold, decided by a lead, or judged by others too.
# What only they have said is true because they said it.
JUDGED_BY = (
    select(Verdict.klass, _held, Verdict.seconds, Verdict.at)
    .join(Task, Task.id == Verdict.task_id)
    .outerjoin(Truth, (Truth.message_id == Verdict.message_id) & (Truth.origin == Origin.VERDICT))
    .outerjoin(Gold, Gold.message_id == Verdict.message_id)
    .where(
        Verdict.person_id == bindparam("this_person"),
        Verdict.kind == VerdictKind.LABEL,
        current(),
        or_(
            Task.gold,
            exists().where(Decision.message_id == Verdict.message_id),
            exists().where(
                _other.message_id == Verdict.message_id,
                _other.person_id != Verdict.person_id,
                _other.kind == VerdictKind.LABEL,
                _theirs.id == _other.task_id,
                ~_theirs.gold,
            ),
        ),
    )
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
)


def judged_by(connection: Connection, person: PersonId) -> pd.DataFrame:
    """A person's newest verdicts on messages that are known without them, the oldest first.

    Columns said, held (missing: nothing is), seconds (may be missing), at. Along ix_verdict_person_id_id.
    """
    rows = [tuple(row) for row in connection.execute(JUDGED_BY, {"this_person": person})]
    return pd.DataFrame(rows[::-1], columns=["said", "held", "seconds", "at"])
