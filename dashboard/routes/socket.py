"""A page's socket: who may open it, "rest" and "look", and what a slow reader misses.

The page (static/js/feed.js) says "rest" when its tab is hidden and "look" when it is back; anything else it says is
what it wants to look at, as JSON. A page that reads too slowly is not queued for: what it misses is dropped, and it
joins again, as one that has just come, once it has read what was under way.
"""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from dashboard.access.requests import origin_is_ours, quiet_summary, visitor_of_socket
from dashboard.audience import Audience
from dashboard.room import room
from labeling.models import Role
from labeling.people import Reviewer


class PageSocket(WebSocketHandler):
    """One page's socket. `person` is whose it is; `masks`: they are shown no digits."""

    role: ClassVar[Role] = Role.VIEWER
    person: Reviewer
    masks = True
    _session = ""

    def initialize(self, **_bokeh: Any) -> None:
        """Bokeh passes its own context to every route of an app."""
        self._looking = False
        self._under_way: asyncio.Future[None] | None = None
        self._missed = False

    @abstractmethod
    def join(self) -> None:
        """Begin to look on, or again."""

    @abstractmethod
    def leave(self) -> None:
        """Look on no more."""

    def rest(self) -> None:
        """The tab is hidden."""
        self.leave()

    def turn_to(self, query: Mapping[str, str]) -> None:  # noqa: ARG002 - most pages have one thing to look at
        """Look at what the page asks for."""
        self.look()

    def look(self) -> None:
        """Look on."""
        self._looking = True
        self.join()

    def check_origin(self, origin: str) -> bool:
        """Only our own pages."""
        return origin_is_ours(self.request, origin)

    async def prepare(self) -> None:
        """Only to those with a session in a role that may."""
        found = await visitor_of_socket(self.request)
        if not found.person.may(self.role):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        self.person = found.person
        self.masks = not found.person.may(Role.REVIEWER)
        self._session = found.hash

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin to look, at what the address names."""
        self.set_nodelay(True)
        room().watch.add(self, self._session)
        self.turn_to({name: self.get_query_argument(name) for name in self.request.query_arguments})

    def on_message(self, message: str | bytes) -> None:
        """What the page says."""
        if message == "rest":
            self._looking = False
            self.rest()
        elif message != "look":
            self.turn_to(_query(message))
        elif not self._looking:
            self.look()

    def on_close(self) -> None:
        """The page is gone."""
        self._looking = False
        self.leave()

    def send(self, message: str) -> None:
        """Send a message, or note that one was missed. A page that rests gets what it missed when it looks again."""
        if not self._looking:
            return
        if self._under_way is not None and not self._under_way.done():
            self._missed = True
            return
        try:
            self._under_way = asyncio.ensure_future(finished(self.write_message(message)))
        except WebSocketClosedError:
            self.leave()
            return
        self._under_way.add_done_callback(self._catch_up)

    def _catch_up(self, _written: asyncio.Future[None]) -> None:
        if self._missed and self._looking:
            self._missed = False
            self.join()

    def _request_summary(self) -> str:
        return quiet_summary(self)


class AudienceSocket(PageSocket):
    """The socket of a page that is one of an audience."""

    number = 0
    """Which of the audience's things it looks at."""

    @property
    @abstractmethod
    def audience(self) -> Audience[Any]:
        """With whom it looks on."""

    def join(self) -> None:
        """Among them."""
        self.audience.join(self, asyncio.get_running_loop(), self.number)

    def leave(self) -> None:
        """Not among them any more."""
        self.audience.leave(self)


def _query(message: str | bytes) -> dict[str, str]:
    """What a page asks for, as names and values; what cannot be read asks for nothing."""
    try:
        asked = json.loads(message)
    except ValueError:
        asked = None
    return {str(name): str(value) for name, value in asked.items()} if isinstance(asked, dict) else {}


async def finished(writing: Awaitable[None]) -> None:
    """Wait until it is written; a page that is gone is no error."""
    with suppress(WebSocketClosedError):  # on_close forgets the page
        await writing
