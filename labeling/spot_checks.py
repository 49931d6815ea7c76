"""Spot checks: a few messages of each judged group come back, blind, to somebody else. They tell the group's error."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, select

from core.store.models import Origin, Truth
from labeling.group_models import SpotCheck, VerdictGroup
from labeling.models import Verdict
from labeling.tasks import current

LOOK_BACK = 1_000


@dataclass(frozen=True, slots=True)
class ErrorOfGroups:
    """Of spot checks that others have judged, how many they judged otherwise; the Wilson interval (95 %) of the share.

    `groups` and `messages` that the checks stand for; `waiting` checks that nobody has judged yet. The interval is
    None where nothing was judged.
    """

    groups: int
    messages: int
    checked: int
    otherwise: int
    waiting: int
    low: float | None
    high: float | None


def choose(task_ids: Sequence[int], share: float, seed: str) -> list[int]:
    """The tasks to hold back: a share of them, at least one, drawn by a hash of the seed; none of a single one."""
    if len(task_ids) < 2:
        return []
    wanted = max(1, math.ceil(share * len(task_ids)))
    return sorted(sorted(task_ids, key=lambda task_id: _draw(seed, task_id))[:wanted])


def _draw(seed: str, task_id: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{task_id}".encode(), digest_size=8).digest()


def error_of_groups(connection: Connection, template_id: int | None = None) -> ErrorOfGroups:
    """The error of the newest judged groups (of one template, or of all), as far as spot checks have told it.

    Groups that were taken back do not count.
    """
    newest = select(VerdictGroup.id, VerdictGroup.klass, VerdictGroup.size, VerdictGroup.person_id)
    if template_id is not None:
        newest = newest.where(VerdictGroup.template_id == template_id)
    recent = newest.order_by(VerdictGroup.id.desc()).limit(LOOK_BACK).subquery()
    stands = _stands(recent.c.id)
    groups, messages = connection.execute(
        select(func.count(), func.coalesce(func.sum(recent.c.size), 0)).where(stands)
    ).one()
    given = (
        select(Truth.klass)
        .where(Truth.message_id == SpotCheck.message_id, Truth.origin == Origin.VERDICT)
        .correlate(SpotCheck)
        .scalar_subquery()
    )
    checks = connection.execute(
        select(given, recent.c.klass)
        .select_from(SpotCheck)
        .join(recent, recent.c.id == SpotCheck.group_id)
        .where(stands)
    ).all()
    judged = [(truth, klass) for truth, klass in checks if truth is not None]
    otherwise = sum(truth != klass for truth, klass in judged)
    low, high = wilson(otherwise, len(judged)) if judged else (None, None)
    return ErrorOfGroups(groups, int(messages), len(judged), otherwise, len(checks) - len(judged), low, high)


def _stands(group_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether any of the group's verdicts still stands."""
    return exists().where(Verdict.group_id == group_id, current())


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of `k` in `n`."""
    from scipy.stats import binomtest  # half a second to import, which only who has checks need pay

    interval = binomtest(k, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
