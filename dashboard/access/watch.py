"""A socket is open for hours: whether its session still is, is asked again and again."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol
from weakref import WeakKeyDictionary

from core.errors import TallyroomError
from core.store import Store
from labeling.people import alive

EVERY_SECONDS = 2.0
ENDED = 4401
"""The close code that tells a page to load anew."""

log = logging.getLogger(__name__)


class Socket(Protocol):
    """A web socket."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close it."""


class Watch:
    """The open sockets of this server by session. One query for all of them every two seconds.

    A page that is open counts as use of its session.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
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
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            asked = dict(self._sockets)
            if not asked:
                continue
            try:
                good = await loop.run_in_executor(None, alive, self._store, set(asked.values()))
            except TallyroomError as error:  # nobody is sent out because the store is away
                log.warning("the sessions of open pages could not be looked at: %s", error)
            except Exception:
                log.exception("the sessions of open pages could not be looked at")
            else:
                for socket, session in asked.items():
                    if session not in good:
                        self._sockets.pop(socket, None)
                        socket.close(ENDED, "this session has ended")
