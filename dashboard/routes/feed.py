"""The live feed's socket: a page says that it looks, and gets what changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from core.errors import TallyroomError
from dashboard.access.requests import host_is_ours, near_enough, origin_is_ours, quiet_summary, visitor
from dashboard.room import room
from dashboard.views import PANES, View
from labeling.models import Role


class FeedSocket(WebSocketHandler):
    """One page's socket.

    A page that reads too slowly is not queued for: what it misses is dropped, and it gets the whole state once it has
    read what was under way.
    """

    role: ClassVar[Role] = Role.VIEWER
    masks = True
    _session = ""

    def initialize(self, **_bokeh: Any) -> None:
        """Bokeh passes its own context to every route of an app."""
        self._looking = False
        self._under_way: asyncio.Future[None] | None = None
        self._missed = False
        self._view = View()

    def check_origin(self, origin: str) -> bool:
        """Only our own pages."""
        return origin_is_ours(self.request, origin)

    async def prepare(self) -> None:
        """Only to those with a session, under our own name."""
        if not host_is_ours(self.request.host):
            raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST)
        if not near_enough(self.request):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        found = await visitor(self.request)
        if found is None or not found.current:
            raise HTTPError(HTTPStatus.UNAUTHORIZED)
        if not found.person.may(self.role):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        self.masks = not found.person.may(Role.REVIEWER)
        self._session = found.hash

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin to look, at the view that the address names."""
        self.set_nodelay(True)
        room().watch.add(self, self._session)
        self._look({name: self.get_query_argument(name) for name in self.request.query_arguments})

    def on_message(self, message: str | bytes) -> None:
        """The page says "rest" when its tab is hidden, "look" when it is back, or which view it wants to look at."""
        if message == "rest":
            self._looking = False
            room().hub.leave(self)
        elif message == "look":
            if not self._looking:
                self._join()
        else:
            self._look(_query(message))

    def _look(self, query: Mapping[str, str]) -> None:
        """Look at another view; one that cannot be shown is refused with a sentence, and the page's usual one shown."""
        try:
            self._view = View.from_query(query)
            self._join()
        except TallyroomError as error:
            self.write_message(json.dumps({"kind": "refused", "what": error.what, "fix": error.fix}))
            self._view = View(pane=query["pane"]) if query.get("pane") in PANES else View()
            self._join()

    def _join(self) -> None:
        self._looking = True
        room().hub.join(self, self._view)

    def _request_summary(self) -> str:
        return quiet_summary(self)

    def on_close(self) -> None:
        """The page is gone."""
        room().hub.leave(self)

    def send(self, message: str) -> None:
        """Send a message, or note that one was missed."""
        if self._under_way is not None and not self._under_way.done():
            self._missed = True
            return
        try:
            self._under_way = asyncio.ensure_future(finished(self.write_message(message)))
        except WebSocketClosedError:
            room().hub.leave(self)
            return
        self._under_way.add_done_callback(self._catch_up)

    def _catch_up(self, _written: asyncio.Future[None]) -> None:
        if self._missed and self._looking:
            self._missed = False
            self._join()


def _query(message: str | bytes) -> dict[str, str]:
    """The view that a page asks for, as names and values; what cannot be read asks for none."""
    try:
        asked = json.loads(message)
    except ValueError:
        asked = None
    return {str(name): str(value) for name, value in asked.items()} if isinstance(asked, dict) else {}


async def finished(writing: Awaitable[None]) -> None:
    """Wait until it is written; a page that is gone is no error."""
    with suppress(WebSocketClosedError):  # on_close forgets the page
        await writing
