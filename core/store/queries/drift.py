"""Counts by day, for whoever asks whether a day is like those before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from core.store.models import DAY_HOURS, ClassCount, RunId, SliceCount
from core.store.rollups import PREDICTED

ByDay = Mapping[int, Mapping[str, int]]
"""Messages by day (since 1970, of UTC) and class."""


def class_days(connection: Connection, run_id: RunId, days: range) -> ByDay:
    """What a run called the messages of these days. Reads a row an hour, class and shard of them."""
    day = ClassCount.hour // DAY_HOURS
    rows = connection.execute(
        select(day, ClassCount.klass, func.sum(ClassCount.n))
        .where(
            ClassCount.series == PREDICTED,
            ClassCount.run_id == run_id,
            ClassCount.hour.between(days[0] * DAY_HOURS, days[-1] * DAY_HOURS + DAY_HOURS - 1),
        )
        .group_by(day, ClassCount.klass)
        .order_by(day)
    )
    found: dict[int, dict[str, int]] = {}
    for at, klass, n in rows:
        found.setdefault(int(at), {})[klass] = int(n)
    return found


def slice_class_days(connection: Connection, run_id: RunId, names: Collection[str], days: range) -> Mapping[str, ByDay]:
    """The same by slice, of the slices named. Reads a row a slice, day and class."""
    rows = connection.execute(
        select(SliceCount.slice, SliceCount.day, SliceCount.klass, SliceCount.n).where(
            SliceCount.run_id == run_id, SliceCount.slice.in_(names), SliceCount.day.between(days[0], days[-1])
        )
    )
    found: dict[str, dict[int, dict[str, int]]] = {name: {} for name in names}
    for name, day, klass, n in rows:
        found[name].setdefault(day, {})[klass] = n
    return found
