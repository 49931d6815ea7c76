"""A channel: one view and what it shows now, drawn and encoded once for all pages that look at it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection
from typing import Any, Protocol
from weakref import WeakSet

from dashboard.reading import Common, Reading
from dashboard.state import ViewState, delta, snapshot
from dashboard.view_state import Drawing
from dashboard.views import View

SHARE = 0.1
"""So much of a processor a view may take to draw: one that costs 200 ms is drawn anew every two seconds."""
FREE_SECONDS = 0.05
"""What costs no more is drawn at every look."""
WHOLE_SECONDS = 60.0
"""After so long all is drawn anew: hours pass without an event."""


class Viewer(Protocol):
    """A page that looks on."""

    masks: bool

    def send(self, message: str) -> None:
        """Take a message, or note that one was missed; must not raise."""


class Channel:
    """What the pages of one view, with the same right to see digits, look at."""

    def __init__(self, view: View, classes: tuple[str, ...], *, masks: bool) -> None:
        self.view = view
        self.masks = masks
        self.viewers: WeakSet[Viewer] = WeakSet()
        self.state: ViewState | None = None
        self._drawing = Drawing(classes, view.pane, masks=masks)
        self._pending: set[str] = set()
        self._due = 0.0
        self._whole_at = 0.0
        self._lock = threading.Lock()
        self._encoded: tuple[ViewState, str] | None = None

    def wake(self, kinds: Collection[str]) -> None:
        """Something happened that may change what it shows."""
        self._pending.update(kinds)

    def expire(self) -> None:
        """All of it may be out of date."""
        self._whole_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is to be drawn now."""
        now = time.monotonic()
        return (bool(self._pending) and now >= self._due) or now >= self._whole_at

    def draw(self, common: Common) -> dict[str, Any] | None:
        """Bring the state up to date; gives what changed, as the pages take it."""
        with self._lock:
            worked = time.thread_time()  # by the clock, a busy machine would make what is slow slower still
            before = self.state
            woken = None if time.monotonic() >= self._whole_at else set(self._pending)
            self._pending.clear()
            self.state = self._drawing.state(Reading(common, self.view), before, woken)
            now = time.monotonic()
            if woken is None:  # rare enough by itself; and the first of all reads a cold disk and imports
                self._whole_at = now + WHOLE_SECONDS
            else:
                self._due = now + max(0.0, time.thread_time() - worked - FREE_SECONDS) / SHARE
            return snapshot(self.state) if before is None else delta(before, self.state)

    @property
    def snapshot(self) -> str:
        """The whole state in JSON without its last brace: the feed's health follows. Encoded once a state."""
        state = self.state
        if state is None:
            return '{"kind":"waiting"'
        if self._encoded is None or self._encoded[0] is not state:
            self._encoded = state, json.dumps(snapshot(state), ensure_ascii=False, separators=(",", ":"))[:-1]
        return self._encoded[1]
