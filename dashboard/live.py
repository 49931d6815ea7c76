"""The feed's fan-out: one look at the store a tick, one encoding, the same bytes to every page.

A server with a hundred viewers reads and encodes as much as one with a single viewer; what is left a viewer is a write
to its socket. So the cost of an update does not grow with what an update is, and hardly with who looks.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakSet

from core import Project
from core.errors import TallyroomError
from core.store import Feed
from core.store.feed import StoreEvent
from dashboard.figures import FIGURES
from dashboard.reading import read
from dashboard.state import ViewState, delta, snapshot
from dashboard.view import LiveView

TICK_SECONDS = 0.15
UNSEEN_TICK_SECONDS = 1.0
"""Where no page looks on: the state is kept for the next one, at a tenth of the desk's processor saved."""
BEAT_SECONDS = 1.0
RETRY_SECONDS = 0.5
FRESH_SECONDS = 5.0
"""The feed looks each second; one that has not for so long hangs."""
WAKING = frozenset({"messages", "verdict", "queued", "model", "alarm"}).union(*(figure.wakes_on for figure in FIGURES))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """How the feed stands. `behind_seconds`: how old the last change was when the pages got it.

    `away_seconds`: since when the store does not answer; `silent_seconds`: since the last look that went well, None
    before the first.
    """

    behind_seconds: float
    away_seconds: float
    silent_seconds: float | None

    @property
    def trouble(self) -> str:
        """What is amiss, in a sentence; empty where nothing is."""
        if self.away_seconds:
            return f"the store has not answered for {self.away_seconds:.0f} s"
        if self.silent_seconds is None:
            return "the live feed has not begun yet"
        if self.silent_seconds > FRESH_SECONDS:
            return f"the live feed has stood still for {self.silent_seconds:.0f} s"
        return ""


class Viewer(Protocol):
    """A page that looks at the live view."""

    masks: bool

    def send(self, message: bytes) -> None:
        """Take a message, or note that one was missed; must not raise."""


class Hub:
    """Follows one store, and tells the pages of this process."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._viewers: WeakSet[Viewer] = WeakSet()
        self._views = {masks: LiveView(project.classes, masks=masks) for masks in (False, True)}
        self._states: dict[bool, ViewState] = {}
        self._behind = 0.0
        self._away_since: float | None = None
        self._well_at: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to follow; pages are written to on the server's `loop`. Safe to repeat."""
        if self._thread is None:
            self._loop = loop
            self._thread = threading.Thread(target=self._follow, name="live-feed", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def join(self, viewer: Viewer) -> None:
        """Let a page look on; it gets the whole state at once. Held weakly: a closed page is forgotten."""
        self._viewers.add(viewer)
        viewer.send(self.snapshot(masks=viewer.masks))

    def leave(self, viewer: Viewer) -> None:
        """The page looks no more."""
        self._viewers.discard(viewer)

    def snapshot(self, *, masks: bool) -> bytes:
        """The whole state, encoded."""
        state = self._states.get(masks)
        return _encoded({**(snapshot(state) if state else {"kind": "waiting"}), **self._health()})

    @property
    def has_looked(self) -> bool:
        """Whether there is a state to show yet."""
        return len(self._states) == len(self._views)

    @property
    def viewers(self) -> int:
        """How many pages look on."""
        return len(self._viewers)

    @property
    def health(self) -> Health:
        """How the feed stands now."""
        now, away, well = time.monotonic(), self._away_since, self._well_at
        return Health(
            self._behind, 0.0 if away is None else max(now - away, 0.001), None if well is None else now - well
        )

    def _health(self) -> dict[str, Any]:
        away = None if self._away_since is None else round(time.monotonic() - self._away_since, 1)
        return {"behind": round(self._behind, 2), "away": away}

    def _follow(self) -> None:
        feed: Feed | None = None
        while not self._stop.is_set():
            try:
                if feed is None:
                    feed = Feed(self._project.store.engine)
                    self._look([])
                self._step(feed)
                self._away_since = None
                self._well_at = time.monotonic()
            except TallyroomError as error:
                log.warning("the live page waits for the store: %s", error)
                self._away_since = self._away_since or time.monotonic()
                feed = None
                self._broadcast({"kind": "beat"})
                self._stop.wait(RETRY_SECONDS)
            except Exception:
                # Whatever it is, the pages of everybody hang on this thread: tell the log, go on.
                log.exception("the live page could not be brought up to date")
                self._stop.wait(RETRY_SECONDS)
        if feed is not None:
            feed.close()

    def _step(self, feed: Feed) -> None:
        """Wait for events (or a beat), gather what comes within a tick, look once."""
        events = feed.wait(BEAT_SECONDS)
        if not any(event.kind in WAKING for event in events):
            self._behind = 0.0
            self._broadcast({"kind": "beat"})
            return
        self._stop.wait(TICK_SECONDS if self._viewers else UNSEEN_TICK_SECONDS)
        self._look([*events, *feed.wait(0)])

    def _look(self, events: list[StoreEvent]) -> None:
        """Read the store, and send each view what changed in it."""
        reading = read(self._project)
        self._well_at = time.monotonic()
        if events:
            self._behind = max(0.0, (reading.at - events[0].at) / 1000)
        self._away_since = None
        for masks, view in self._views.items():
            state = view.state(reading)
            before = self._states.get(masks)
            self._states[masks] = state
            change = snapshot(state) if before is None else delta(before, state)
            if change is not None:
                self._broadcast(change, masks=masks)

    def _broadcast(self, message: dict[str, Any], *, masks: bool | None = None) -> None:
        encoded = _encoded({**message, **self._health()})
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._send, encoded, masks)

    def _send(self, encoded: bytes, masks: bool | None) -> None:
        for viewer in list(self._viewers):
            if masks is None or viewer.masks == masks:
                viewer.send(encoded)


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
