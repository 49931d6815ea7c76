"""The JSON twin of the live page."""

from __future__ import annotations

from functools import partial

from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.views import View
from labeling.models import Role


class LiveStateRoute(Handler):
    """All that the live page shows."""

    role = Role.VIEWER

    async def get(self) -> None:
        """The state as it is now; `pane`, `when`, `slice` and `against` as in the page's address."""
        view = View.from_query({name: self.get_query_argument(name) for name in self.request.query_arguments})
        masks = not self.person.may(Role.REVIEWER)
        state = await aside(partial(room().hub.snapshot, view, masks=masks))
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(state)
