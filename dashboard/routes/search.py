"""The search's routes: how it stands, once as JSON, and as a socket that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.routes.feed import FeedSocket
from dashboard.search_view import search_state
from labeling.models import Role


class SearchState(Handler):
    """The newest search with its trials. No text of a message is in it."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """As the page has it."""
        self.answer(await aside(search_state, room().project))


class SearchSocket(FeedSocket):
    """One page's socket."""

    def on_message(self, message: str | bytes) -> None:
        """The page says "rest" when its tab is hidden, and "look" when it is back."""
        if message == "rest":
            self._looking = False
            room().searching.leave(self)
        elif not self._looking:
            self._join()

    def _look(self, query: Mapping[str, str]) -> None:  # noqa: ARG002 - there is one search to look at
        self._join()

    def _join(self) -> None:
        self._looking = True
        room().searching.join(self, asyncio.get_running_loop())

    def on_close(self) -> None:
        """The page is gone."""
        room().searching.leave(self)


SEARCH_ROUTES = ((r"/search.json", SearchState), (r"/search/feed", SearchSocket))
