"""Is the server well?"""

from __future__ import annotations

from http import HTTPStatus

from core.errors import TallyroomError
from dashboard.room import room
from dashboard.routes.base import Handler


class Health(Handler):
    """200 while the store answers, 503 while it does not. Tells nothing else, so anybody may ask."""

    role = None

    def get(self) -> None:
        """Ask the store for the time."""
        try:
            with room().project.store.read():
                self.answer({"ok": True})
        except TallyroomError:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            self.answer({"ok": False})
