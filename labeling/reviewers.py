"""Reviewers: how good, and what haste costs them. Pure but for the two that begin with `judged`.

For the person and for whoever looks after the office. Nobody is ranked by speed, and what a person sees is their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaln
from scipy.stats import beta, binomtest
from sqlalchemy import Connection, Select, Subquery, bindparam, case, exists, or_, select
from sqlalchemy.orm import aliased

from core.store.models import Origin, Truth
from labeling.models import Decision, Gold, Task, Verdict, VerdictKind
from labeling.people import PersonId
from labeling.tasks import current

Floats = NDArray[np.float64]
LEVEL = 0.9
LOOK_BACK = 2_000
PRECISION = (2.0, 100.0)
"""Between how many verdicts the office's share weighs, at the least and at the most: few people cannot prove more."""


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
# Cut off before anything is asked of them: it costs the same after years of work, however few of them are known.
_newest = (
    select(
        Verdict.id, Verdict.message_id, Verdict.person_id, Verdict.task_id, Verdict.klass, Verdict.seconds, Verdict.at
    )
    .where(Verdict.kind == VerdictKind.LABEL, current())
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
)


def _known(newest: Subquery) -> Select[Any]:
    """Those of these verdicts whose messages are known without them: gold, decided by a lead, or judged by others too.

    What only one person has said is true because they said it.
    """
    decided = select(Decision.klass).where(Decision.message_id == newest.c.message_id)
    by_another = exists().where(
        _other.message_id == newest.c.message_id,
        _other.person_id != newest.c.person_id,
        _other.kind == VerdictKind.LABEL,
        _theirs.id == _other.task_id,
        ~_theirs.gold,
    )
    stands = decided.order_by(Decision.id.desc()).limit(1).correlate(newest).scalar_subquery()
    held = case((Task.gold, Gold.klass), else_=Truth.klass)
    return (
        select(newest.c.person_id, newest.c.klass, held, newest.c.seconds, newest.c.at)
        .join(Task, Task.id == newest.c.task_id)
        .outerjoin(Truth, (Truth.message_id == newest.c.message_id) & (Truth.origin == Origin.VERDICT))
        .outerjoin(Gold, Gold.message_id == newest.c.message_id)
        .where(or_(Task.gold, stands.is_not(None), by_another))
        .order_by(newest.c.id.desc())
    )


JUDGED_BY = _known(_newest.where(Verdict.person_id == bindparam("this_person")).subquery())
JUDGED_OF_LATE = _known(_newest.subquery())


def judged_by(connection: Connection, person: PersonId) -> pd.DataFrame:
    """Of a person's newest 2,000 verdicts those on messages that are known without them, the oldest first.

    Columns person_id, said, held (missing: nothing is), seconds (may be missing), at. Along ix_verdict_person_id_id.
    """
    return _frame(connection.execute(JUDGED_BY, {"this_person": person}))


def judged_of_late(connection: Connection) -> pd.DataFrame:
    """The same of the office's newest 2,000 verdicts, whoever gave them."""
    return _frame(connection.execute(JUDGED_OF_LATE))


def _frame(found: Iterable[Any]) -> pd.DataFrame:
    rows = [tuple(row) for row in found]
    return pd.DataFrame(rows[::-1], columns=["person_id", "said", "held", "seconds", "at"])
