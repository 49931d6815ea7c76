"""The JSON twin of the live page."""

from __future__ import annotations

from dashboard.room import room
from dashboard.routes.base import Handler
from labeling.models import Role


class LiveStateRoute(Handler):
    """All that the live page shows."""

    role = Role.VIEWER

    def get(self) -> None:
        """The state as it is now."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(room().hub.snapshot(masks=not self.person.may(Role.REVIEWER)))
