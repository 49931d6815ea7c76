"""Pages that hear that something has moved, and ask again for what they show."""

from __future__ import annotations

import json
from asyncio import AbstractEventLoop
from typing import Any, Protocol
from weakref import WeakSet

MOVED = json.dumps({"kind": "moved"})


class Looker(Protocol):
    """A page that looks on."""

    def send(self, message: str) -> None:
        """Take a message, or note that one was missed; must not raise."""


class Lookers:
    """The pages that look at one thing. Held weakly: a closed page is forgotten."""

    def __init__(self) -> None:
        self._lookers: WeakSet[Any] = WeakSet()
        self._loop: AbstractEventLoop | None = None

    def join(self, looker: Looker, loop: AbstractEventLoop) -> None:
        """Let a page look on."""
        self._loop = loop
        self._lookers.add(looker)

    def leave(self, looker: Looker) -> None:
        """The page looks no more."""
        self._lookers.discard(looker)

    def tell(self) -> None:
        """Let all know that something has moved. From any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        for looker in list(self._lookers):
            looker.send(MOVED)
