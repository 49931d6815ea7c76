"""Predictions by slice and day, and the slices that a page offers."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from core.slices import SENDER
from core.store.models import DAY_HOURS, RunId, Slice, SliceCount
from core.store.queries.live import HourCount

SENDERS_SHOWN = 30


def slice_days(connection: Connection, name: str, run_id: RunId, hours: range) -> list[HourCount]:
    """A slice's messages by day and class in these hours; a day is named by its first hour since 1970."""
    days = SliceCount.day.between(hours[0] // DAY_HOURS, hours[-1] // DAY_HOURS)
    rows = connection.execute(
        select(SliceCount.day, SliceCount.klass, func.sum(SliceCount.n))
        .where(SliceCount.run_id == run_id, SliceCount.slice == name, days)
        .group_by(SliceCount.day, SliceCount.klass)
        .order_by(SliceCount.day)
    )
    return [HourCount(day * DAY_HOURS, klass, int(n)) for day, klass, n in rows if n]


def known_slices(connection: Connection) -> list[str]:
    """What there were predictions of: kinds and scripts, then the senders with the most."""
    rows = connection.execute(select(Slice.name, Slice.n).order_by(Slice.n.desc(), Slice.name)).all()
    senders = [row.name for row in rows if row.name.startswith(f"{SENDER}:")]
    return [row.name for row in rows if not row.name.startswith(f"{SENDER}:")] + senders[:SENDERS_SHOWN]
