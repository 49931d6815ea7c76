"""A socket is open for hours, a cookie is used for weeks: whether they still may be, is asked again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol
from weakref import WeakKeyDictionary

from core.errors import TallyroomError
from dashboard.access.known import Known
from labeling.people import Bearer, Session

EVERY_SECONDS = 0.75
"""Half as long as an answer is believed: one that comes late is no gap."""
ENDED = 4401
"""The close code that tells a page to load anew."""

log = logging.getLogger(__name__)


class Socket(Protocol):
    """A web socket."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close it."""


class Watch:
    """The sessions and tokens in use, and the open sockets of this server by session: one query for all of them.

    A page that is open counts as use of its session.
    """

    def __init__(self, sessions: Known[Session], tokens: Known[Bearer]) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._sockets: WeakKeyDictionary[Socket, str] = WeakKeyDictionary()
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Socket, session: str) -> None:
        """Watch a socket; `session` is the session's hash."""
        self._sockets[socket] = session

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, on the server's loop. Safe to repeat."""
        if self._task is None:
            self._task = loop.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self._look()
            except TallyroomError as error:  # nobody is sent out because the store is away
                log.warning("the sessions in use could not be looked at: %s", error)
            except Exception:
                log.exception("the sessions in use could not be looked at")

    async def _look(self) -> None:
        asked = dict(self._sockets)
        good = await self._sessions.again(asked.values())
        for socket, session in asked.items():
            if session not in good or not good[session].current:
                self._sockets.pop(socket, None)
                socket.close(ENDED, "this session has ended")
        await self._tokens.again()
