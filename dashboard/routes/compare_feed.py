"""The compare page's socket: a comparison as it moves, to those who have it open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from dashboard.access.requests import visitor
from dashboard.room import room
from dashboard.routes.feed import FeedSocket
from labeling.models import Role
from labeling.people import PersonId

ID_MOST = 2**63


class CompareSocket(FeedSocket):
    """One page's socket, of a lead. Its person is there as long as it is open, also while its tab is hidden."""

    role: ClassVar[Role] = Role.LEAD
    person_id: PersonId

    def initialize(self, **bokeh: Any) -> None:
        """Nothing is looked at yet."""
        super().initialize(**bokeh)
        self._comparison = 0

    async def prepare(self) -> None:
        """Only to those who may; and note who it is."""
        await super().prepare()
        found = await visitor(self.request)
        if found is not None:
            self.person_id = found.person.id

    def on_message(self, message: str | bytes) -> None:
        """The page says "rest", "look", or which comparison it shows; a page that rests is still there."""
        if message == "rest":
            self._looking = False
        else:
            super().on_message(message)

    def _look(self, query: Mapping[str, str]) -> None:
        wanted = query.get("comparison", "0")
        known = wanted.isascii() and wanted.isdecimal() and len(wanted) < 20 and int(wanted) < ID_MOST
        self._comparison = int(wanted) if known else 0
        self._join()

    def _join(self) -> None:
        self._looking = True
        room().comparing.sessions.join(self, self._comparison, asyncio.get_running_loop())

    def on_close(self) -> None:
        """The page is gone."""
        room().comparing.sessions.leave(self)

    def send(self, message: str) -> None:
        """Send a message; a page that rests gets the comparison as it is when it looks again."""
        if self._looking:
            super().send(message)


COMPARE_FEED = ((r"/compare/feed", CompareSocket),)
