"""The pages that look at a search: what its events move is read once, and sent to all of them."""

from __future__ import annotations

import json
import logging
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from typing import Any

from core import Project
from core.errors import TallyroomError
from core.store.feed import StoreEvent
from dashboard.channel import Viewer
from dashboard.live import Health
from dashboard.search_view import changes, search_state

MOVES = frozenset({"search", "trial"})
GATHER_SECONDS = 0.2
"""Events that come within so long are answered together; and it rests as long as a look took."""
BEAT_SECONDS = 1.0

log = logging.getLogger(__name__)


class Searching:
    """Who looks at the search at this server. Nobody looks: nothing is read."""

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        self._project = project
        self._health = health
        self._lock = threading.Lock()
        self._viewers: set[Viewer] = set()
        self._fresh: set[Viewer] = set()
        self._state: dict[str, Any] | None = None
        self._moved = False
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: AbstractEventLoop | None = None

    def join(self, viewer: Viewer, loop: AbstractEventLoop) -> None:
        """Let a page look on; it gets the whole state soon."""
        with self._lock:
            self._loop = loop
            self._viewers.add(viewer)
            self._fresh.add(viewer)
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="searching", daemon=True)
                self._thread.start()
        self._wake.set()

    def leave(self, viewer: Viewer) -> None:
        """The page looks no more."""
        with self._lock:
            self._viewers.discard(viewer)
            self._fresh.discard(viewer)

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note that a search may have moved. Called on the feed's thread."""
        if events is None or any(event.kind in MOVES for event in events):
            self._moved = True
            self._wake.set()

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        beat_at = 0.0
        while not self._stop.is_set():
            self._wake.wait(BEAT_SECONDS)
            self._wake.clear()
            began = time.monotonic()
            try:
                self._tell()
            except TallyroomError as error:
                log.warning("the search's page waits for the store: %s", error)
                self._moved = True
            except Exception:
                log.exception("the search's page could not be brought up to date")
                self._moved = True
            if time.monotonic() >= beat_at:
                self._send({"kind": "beat", **self._facts()}, self._viewers)
                beat_at = time.monotonic() + 0.9 * BEAT_SECONDS
            self._stop.wait(max(GATHER_SECONDS, time.monotonic() - began))

    def _tell(self) -> None:
        with self._lock:
            moved, self._moved = self._moved, False
            fresh, self._fresh = self._fresh, set()
            others = self._viewers - fresh
        if not fresh and not (moved and others):
            self._state = None if moved else self._state  # nobody looks: what is kept is old
            return
        before = self._state
        if moved or before is None:
            self._state = search_state(self._project)
        assert self._state is not None
        self._send({"kind": "search", **self._facts(), **changes(None, self._state)}, fresh)
        if moved and others:
            self._send({"kind": "search", **self._facts(), **changes(before, self._state)}, others)

    def _facts(self) -> dict[str, Any]:
        health = self._health()
        return {"behind": health.behind_seconds, "away": health.away_seconds or None}

    def _send(self, message: dict[str, Any], to: Iterable[Viewer]) -> None:
        loop, viewers = self._loop, list(to)
        if loop is None or loop.is_closed() or not viewers:
            return
        encoded = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        loop.call_soon_threadsafe(_hand_out, encoded, viewers)


def _hand_out(encoded: str, viewers: list[Viewer]) -> None:
    for viewer in viewers:
        viewer.send(encoded)
