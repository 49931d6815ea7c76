"""The search's routes: how it stands, once as JSON, and as a socket that follows it."""

from __future__ import annotations

from typing import Any, ClassVar

from dashboard.audience import Audience
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.routes.socket import AudienceSocket
from dashboard.search_view import search_state
from labeling.models import Role


class SearchState(Handler):
    """The newest search with its trials. No text of a message is in it."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """As the page has it."""
        self.answer(await aside(search_state, room().project))


class SearchSocket(AudienceSocket):
    """One page's socket: the whole search first, then what changes."""

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the search."""
        return room().search


SEARCH_ROUTES = ((r"/search.json", SearchState), (r"/search/feed", SearchSocket))
