"""Is the server well?"""

from __future__ import annotations

from http import HTTPStatus

from dashboard.room import room
from dashboard.routes.base import Handler


class Health(Handler):
    """200 while the store answers and the live feed is fresh, else 503 with a sentence. Tells nothing else.

    The feed looks at the store each second anyway, and what came of that is asked for here: however often anybody asks,
    the store does not notice.
    """

    role = None

    def get(self) -> None:
        """How the feed's last look went."""
        trouble = room().hub.health.trouble
        if trouble:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.answer({"ok": not trouble, "what": trouble or "the store answers and the live feed is fresh"})
