"""Quiet hours: whether people may be told now. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from core.settings import QuietSettings

SATURDAY = 5


def is_quiet(settings: QuietSettings, at_ms: int) -> bool:
    """Whether it is quiet at that moment (ms since 1970), by the clock of the settings' place.

    >>> is_quiet(QuietSettings(time_zone="Asia/Kolkata"), 1_790_000_000_000)
    False
    """
    if not settings.time_zone:
        return False
    there = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.time_zone))
    if settings.weekend and there.weekday() >= SATURDAY:
        return True
    now, start, end = there.time(), settings.start, settings.end
    return start <= now < end if start <= end else now >= start or now < end
