"""Who looks at the pipeline page of this server: one look at the store a change, encoded once for all of them."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from weakref import WeakSet

from core import Project
from core.errors import TallyroomError
from core.store.feed import StoreEvent
from dashboard.live import Health
from dashboard.pipeline_view import change, pipeline_view

GATHER_SECONDS = 0.1
"""Events that come within so long are shown together."""
BEAT_SECONDS = 1.0
ANEW_SECONDS = 3.0
"""A process that dies says nothing: so often its silence is looked for."""
log = logging.getLogger(__name__)


class Looker(Protocol):
    """A page that looks on."""

    def send(self, message: str) -> None:
        """Take a message, or note that one was missed; must not raise."""


class LineWatch:
    """Follows the pipeline's tasks for the pages that show them; works only while somebody looks."""

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        self._project = project
        self._health = health
        self._lookers: WeakSet[Looker] = WeakSet()
        self._shown: dict[str, Any] | None = None
        self._moved = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def join(self, looker: Looker, loop: asyncio.AbstractEventLoop) -> None:
        """Let a page look on: it gets the whole graph, then what changes."""
        with self._lock:
            self._loop = loop
            self._lookers.add(looker)
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="pipeline-page", daemon=True)
                self._thread.start()
            shown = self._shown
        if shown is not None:
            looker.send(_encoded({"kind": "pipeline", "whole": True, **shown}))
        self._moved.set()

    def leave(self, looker: Looker) -> None:
        """The page looks no more."""
        with self._lock:
            self._lookers.discard(looker)

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note that something moved; None where something may have been missed. Called on the feed's thread."""
        if events is None or any(event.kind == "task" for event in events):
            self._moved.set()

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._moved.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        looked_at = beat_at = 0.0
        while not self._stop.is_set():
            moved = self._moved.wait(BEAT_SECONDS)
            self._moved.clear()
            now = time.monotonic()
            with self._lock:
                if not self._lookers:
                    self._shown = None  # who comes next gets what is then
                    continue
            try:
                if moved or now - looked_at > ANEW_SECONDS:
                    self._look()
                    looked_at = time.monotonic()
            except TallyroomError as error:
                log.warning("the pipeline page waits for the store: %s", error)
                self._moved.set()
                self._stop.wait(BEAT_SECONDS)
            except Exception:
                log.exception("the pipeline page could not be brought up to date")
                self._stop.wait(BEAT_SECONDS)
            if now - beat_at > 0.9 * BEAT_SECONDS:
                health = self._health()
                away = health.away_seconds or None
                self._send(_encoded({"kind": "beat", "behind": health.behind_seconds, "away": away}))
                beat_at = now
            self._stop.wait(GATHER_SECONDS)

    def _look(self) -> None:
        now = pipeline_view(self._project)
        with self._lock:
            changed, self._shown = change(self._shown, now), now
        if changed is not None:
            self._send(_encoded(changed))

    def _send(self, encoded: str) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hand_out, encoded)

    def _hand_out(self, encoded: str) -> None:
        with self._lock:
            lookers = list(self._lookers)
        for looker in lookers:
            looker.send(encoded)


def _encoded(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
