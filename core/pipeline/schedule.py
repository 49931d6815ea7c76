"""When a room retrains by the clock: its cron expression, as a watcher asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from core.settings import Settings


class Cron:
    """The moments of a cron expression; none where it is empty.

    Args:
        settings: the room's; `[pipeline] cron`, by the clock of `[quiet_hours] time_zone`.
        now: the clock.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._expression = settings.pipeline.cron
        self._zone = ZoneInfo(settings.quiet_hours.time_zone or "UTC")
        self._now = now
        self._next = self._after()

    def _after(self) -> datetime | None:
        return next(CronSim(self._expression, self._now().astimezone(self._zone))) if self._expression else None

    @property
    def is_due(self) -> bool:
        """Whether a moment has come that was not taken yet."""
        return self._next is not None and self._now() >= self._next

    def take(self) -> bool:
        """Whether it is due; if so, the next moment counts from now on."""
        due = self.is_due
        if due:
            self._next = self._after()
        return due
