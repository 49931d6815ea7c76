"""What the live page shows, for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from core.errors import StoreDownError
from dashboard.room import room
from dashboard.routes.api.base import JSON, ApiHandler, Operation
from dashboard.routes.api.schemas import LiveOut
from dashboard.routes.base import aside
from dashboard.views import View
from labeling.models import Role


class Live(ApiHandler):
    """The live page's state: what a page gets; of a view that is looked at the store is not asked."""

    path: ClassVar[str] = "/live"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("All that the live page shows", LiveOut)}

    async def get(self) -> None:
        """`pane`, `when`, `slice` and `against` as in the page's address; digits are masked for viewers, as there."""
        hub = room().hub
        if not hub.has_looked:
            raise StoreDownError("the store was not looked at yet", fix="Try again in a second.")
        view = View.from_query({name: self.get_query_argument(name) for name in self.request.query_arguments})
        state = await aside(partial(hub.snapshot, view, masks=not self.person.may(Role.REVIEWER)))
        self.set_header("Content-Type", f"{JSON}; charset=utf-8")
        self.finish(state)
