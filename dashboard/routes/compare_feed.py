"""The compare page's socket: a comparison as it moves, to those who have it open."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

from tornado.websocket import WebSocketClosedError

from dashboard.access.requests import visitor
from dashboard.room import room
from dashboard.routes.feed import FeedSocket, finished
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

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin with the comparison that the address names."""
        self.set_nodelay(True)
        room().watch.add(self, self._session)
        self._looking = True
        self._join(self.get_query_argument("comparison", "0"))

    def on_message(self, message: str | bytes) -> None:
        """The page says "rest", "look", or `{"comparison": 5}`; 0 is none."""
        if message == "rest":
            self._looking = False
        elif message == "look":
            self._looking = True
            self._catch_up()
        else:
            try:
                self._join(str(json.loads(message)["comparison"]))
            except (ValueError, TypeError, KeyError, RecursionError):
                self.close(1003, "this is no comparison")

    def _join(self, wanted: str) -> None:
        known = wanted.isascii() and wanted.isdecimal() and len(wanted) < 20 and int(wanted) < ID_MOST
        self._comparison = int(wanted) if known else 0
        room().comparing.sessions.join(self, self._comparison, asyncio.get_running_loop())

    def on_close(self) -> None:
        """The page is gone."""
        room().comparing.sessions.leave(self)

    def send(self, message: str) -> None:
        """Send a message, or note that one was missed: the page gets the comparison as it is then."""
        if not self._looking or (self._under_way is not None and not self._under_way.done()):
            self._missed = True
            return
        try:
            self._under_way = asyncio.ensure_future(finished(self.write_message(message)))
        except WebSocketClosedError:
            self.on_close()
            return
        self._under_way.add_done_callback(self._catch_up)

    def _catch_up(self, _written: asyncio.Future[None] | None = None) -> None:
        if self._missed and self._looking:
            self._missed = False
            self.send(room().comparing.sessions.told(self._comparison) or BOARD)


BOARD = '{"kind":"board"}'
"""Where no comparison is open, only the board can have been missed."""
COMPARE_FEED = ((r"/compare/feed", CompareSocket),)
