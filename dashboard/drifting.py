"""Drift as a view shows it: which days, of which messages, held against which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.drift import DayDrift, day_drift
from core.store.models import DAY_HOURS, HOUR_MS

if TYPE_CHECKING:
    from dashboard.reading import Reading

DAY_MS = DAY_HOURS * HOUR_MS
DAYS_USUAL = 28
DAYS_MOST = 366


def shown_days(reading: Reading) -> range:
    """The days that a drift figure draws: those of the time range; four weeks where none is chosen."""
    hours = reading.hours
    last = min(hours[-1] // DAY_HOURS, reading.common.at // DAY_MS)
    first = hours[0] // DAY_HOURS if reading.view.when else last - DAYS_USUAL + 1
    return range(max(first, last - DAYS_MOST + 1), last + 1)


def drift_days(reading: Reading) -> list[DayDrift]:
    """Each of these days against the weeks before it; days without messages, or without a past, are left out."""
    found = (day_drift(reading.class_days, day, reading.classes) for day in shown_days(reading))
    return [each for each in found if each is not None]
