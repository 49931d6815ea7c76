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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core import Project
from core.errors import TallyroomError
from core.store import Feed
from core.store.feed import StoreEvent
from dashboard.channel import Channel, Viewer
from dashboard.figures import FIGURES
from dashboard.reading import look
from dashboard.samples import Samples
from dashboard.views import View

TICK_SECONDS = 0.15
"""From one look to the next, where one change follows another: the first is shown at once."""
UNSEEN_TICK_SECONDS = 1.0
"""Where no page looks on: the state is kept for the next one, at a tenth of the desk's processor saved."""
BEAT_SECONDS = 1.0
RETRY_SECONDS = 0.5
FRESH_SECONDS = 5.0
"""The feed looks each second; one that has not for so long hangs."""
WAKING = frozenset({"messages", "verdict", "queued", "model", "alarm"}).union(*(figure.wakes_on for figure in FIGURES))

VIEWS_MOST = 100
"""Of different views that are looked at: each costs a look of its own."""
BEAT = '{"kind":"beat"'

log = logging.getLogger(__name__)
Listener = Callable[[Sequence[StoreEvent] | None], None]


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


class Hub:
    """Follows one store, and tells the pages of this process.

    The pages of one view share a channel. A view that nobody looks at costs nothing; the first one is kept for the next
    page and for scripts.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._samples = Samples(project.classes)
        self._first = [Channel(View(), project.classes, masks=masks) for masks in (False, True)]
        self._channels = {(each.view, each.masks): each for each in self._first}
        self._drawing = threading.Lock()
        self._behind = 0.0
        self._away_since: float | None = None
        self._well_at: float | None = None
        self._looked_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call this with all events, on the feed's thread; with None where some may have been missed."""
        self._listeners.append(listener)

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

    def join(self, viewer: Viewer, view: View) -> None:
        """Let a page look on; it gets the whole state, at once where others have the same view.

        Held weakly: a closed page is forgotten.

        Raises:
            TallyroomError: there are too many different views.
        """
        self.leave(viewer)
        channel = self._channel(view, masks=viewer.masks)
        channel.viewers.add(viewer)
        viewer.send(self._with_health(channel.snapshot))
        if channel.state is None and self._loop is not None:
            self._loop.run_in_executor(None, self._draw_first, channel)

    def leave(self, viewer: Viewer) -> None:
        """The page looks no more."""
        for key, channel in list(self._channels.items()):
            channel.viewers.discard(viewer)
            if not channel.viewers and channel not in self._first:
                del self._channels[key]

    def _channel(self, view: View, *, masks: bool) -> Channel:
        key = view, masks
        if key not in self._channels:
            self._channels = {at: each for at, each in self._channels.items() if each.viewers or each in self._first}
            if len(self._channels) >= VIEWS_MOST and view.is_narrowed:
                raise TallyroomError(
                    f"{VIEWS_MOST} different views are looked at now", fix="Look at one that others look at, or wait."
                )
            self._channels[key] = Channel(view, self._project.classes, masks=masks)
        return self._channels[key]

    def snapshot(self, view: View, *, masks: bool) -> str:
        """The whole state of a view, encoded; one that nobody looks at is drawn for this once.

        Raises:
            StoreError: it has to be drawn, and the store does not answer.
        """
        channel = self._channels.get((view, masks)) or Channel(view, self._project.classes, masks=masks)
        if channel.state is None:
            self._drawn([channel], [])
        return self._with_health(channel.snapshot)

    @property
    def has_looked(self) -> bool:
        """Whether there is a state to show yet."""
        return all(channel.state is not None for channel in self._first)

    @property
    def viewers(self) -> int:
        """How many pages look on."""
        return sum(len(channel.viewers) for channel in list(self._channels.values()))

    @property
    def health(self) -> Health:
        """How the feed stands now."""
        now, away, well = time.monotonic(), self._away_since, self._well_at
        return Health(
            self._behind, 0.0 if away is None else max(now - away, 0.001), None if well is None else now - well
        )

    def _with_health(self, message: str) -> str:
        """A message that lacks its last brace, with how the feed stands."""
        away = "null" if self._away_since is None else f"{time.monotonic() - self._away_since:.1f}"
        return f'{message},"behind":{self._behind:.2f},"away":{away}}}'

    def _follow(self) -> None:
        feed: Feed | None = None
        while not self._stop.is_set():
            try:
                if feed is None:
                    feed = Feed(self._project.store.engine)
                    self._tell_listeners(None)
                    for channel in list(self._channels.values()):
                        channel.expire()  # what happened while nobody followed is in no event
                    self._draw_all([])
                self._step(feed)
                self._away_since = None
                self._well_at = time.monotonic()
            except TallyroomError as error:
                log.warning("the live page waits for the store: %s", error)
                self._away_since = self._away_since or time.monotonic()
                feed = None
                self._broadcast(BEAT)
                self._stop.wait(RETRY_SECONDS)
            except Exception:
                # Whatever it is, the pages of everybody hang on this thread: tell the log, go on.
                log.exception("the live page could not be brought up to date")
                self._stop.wait(RETRY_SECONDS)
        if feed is not None:
            feed.close()

    def _step(self, feed: Feed) -> None:
        """Wait for events (or a beat) and look once: at once after a quiet moment, else a tick after the last look."""
        events = feed.wait(BEAT_SECONDS)
        self._tell_listeners(events)
        kinds = {event.kind for event in events}
        if not kinds & WAKING and not any(channel.is_due for channel in list(self._channels.values())):
            self._behind = 0.0
            self._broadcast(BEAT)
            return
        since = time.monotonic() - self._looked_at
        wait = TICK_SECONDS - since if self.viewers else UNSEEN_TICK_SECONDS
        if wait > 0:
            self._stop.wait(wait)
            late = feed.wait(0)
            self._tell_listeners(late)
            events = [*events, *late]
        self._draw_all(events)
        self._looked_at = time.monotonic()

    def _tell_listeners(self, events: Sequence[StoreEvent] | None) -> None:
        for listener in self._listeners:
            listener(events)

    def _draw_all(self, events: list[StoreEvent]) -> None:
        """Look at the store once, and send the pages of each view what changed in it."""
        channels = list(self._channels.values())
        for channel in channels:
            channel.wake(WAKING.intersection(event.kind for event in events))
        due = [channel for channel in channels if channel.state is None or channel.is_due]
        for channel, change in self._drawn(due, events):
            if change is not None:
                self._broadcast(_encoded(change), channel)
        if not due:
            self._broadcast(BEAT)

    def _draw_first(self, channel: Channel) -> None:
        """The first state of a view that somebody begins to look at."""
        try:
            for _, change in self._drawn([channel] if channel.state is None else [], []):
                if change is not None:
                    self._broadcast(_encoded(change), channel)
        except Exception:
            log.exception("a view could not be drawn; it is tried again at the next look")

    def _drawn(self, channels: list[Channel], events: list[StoreEvent]) -> list[tuple[Channel, dict[str, Any] | None]]:
        """What changed in each channel, of one moment of the store."""
        with self._drawing, look(self._project, self._samples) as common:
            drawn = [(channel, channel.draw(common)) for channel in channels]
            at = common.at
        self._well_at = time.monotonic()
        self._away_since = None
        if events:
            self._behind = max(0.0, (at - events[0].at) / 1000)
        return drawn

    def _broadcast(self, message: str, channel: Channel | None = None) -> None:
        """Send a message that lacks its last brace: to the pages of a channel, or to all."""
        encoded = self._with_health(message)
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._send, encoded, channel)

    def _send(self, encoded: str, channel: Channel | None) -> None:
        for each in list(self._channels.values()) if channel is None else [channel]:
            for viewer in list(each.viewers):
                viewer.send(encoded)


def _encoded(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))[:-1]
