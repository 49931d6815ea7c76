"""The pages of this server that look at the same thing: what moved is read once and encoded once, for all of them.

A page joins through its socket (dashboard/routes/socket.py), gets a beat each second, and what moved. What is looked at
says only what it shows and which events make that old:

- `Shown`, a state: whole to a page that comes, then what changed in it (the pipeline, a search);
- `Told`, that something moved: the pages ask again (registry, rules, office, queues, people, the desk);
- a subclass of `Audience` of its own, where more is to be said (the comparisons).

Nobody looks: nothing is read. The live page has a feed of its own (dashboard/live.py), since it has views.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from core.errors import TallyroomError
from core.store.feed import StoreEvent
from dashboard.live import Health

BEAT_SECONDS = 1.0
"""A page that hears nothing for twice as long says so."""
RETRY_SECONDS = 0.5

log = logging.getLogger(__name__)


class Viewer(Protocol):
    """A page that looks on."""

    def send(self, message: str) -> None:
        """Take a message, or note that one was missed; must not raise."""


V = TypeVar("V", bound=Viewer)


class Audience(ABC, Generic[V]):
    """Who looks on, and one thread that tells them.

    What moves within `gather_seconds` is told together, and a change after a quiet moment at once.

    Args:
        health: how the live feed stands, which every message tells.
        moves: the kinds of events that may make old what is shown.
        anew_seconds: after so long it is old whatever happened, where it moves with the clock as well.
    """

    gather_seconds: float = 0.15

    def __init__(self, health: Callable[[], Health], moves: frozenset[str], anew_seconds: float = math.inf) -> None:
        self._health = health
        self._moves = moves
        self._anew_seconds = anew_seconds
        self._moved_at = 0.0
        self._lock = threading.Lock()
        self._viewers: dict[V, int] = {}
        self._fresh: set[V] = set()
        self._moved = True
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: AbstractEventLoop | None = None

    def join(self, viewer: V, loop: AbstractEventLoop, of: int = 0) -> None:
        """Let a page look on, at number `of` where there are several things to look at. It is told at once."""
        with self._lock:
            self._loop = loop
            self._viewers[viewer] = of
            self._fresh.add(viewer)
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name=type(self).__name__.lower(), daemon=True)
                self._thread.start()
        self._wake.set()

    def leave(self, viewer: V) -> None:
        """The page looks no more."""
        with self._lock:
            self._viewers.pop(viewer, None)
            self._fresh.discard(viewer)
        self._wake.set()

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note what events may have moved; None where some may have been missed. Called on the feed's thread."""
        if self.concerns(events):
            self._moved = True
            self._wake.set()

    def concerns(self, events: Iterable[StoreEvent] | None) -> bool:
        """Whether one of them may have made old what is shown."""
        return events is None or any(event.kind in self._moves for event in events)

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    @abstractmethod
    def tell(self) -> None:
        """Send what is new to whom it concerns: `send` it to `fresh()`, who were told nothing yet, and `others()`."""

    def ended(self) -> None:
        """The server closes: a last word."""

    def moved(self) -> bool:
        """Whether something moved, or it grew old, since this was last so."""
        now = time.monotonic()
        moved, self._moved = self._moved or now - self._moved_at > self._anew_seconds, False
        if moved:
            self._moved_at = now
        return moved

    def fresh(self) -> list[V]:
        """The pages that have just come, or come back; from now on they are among the others."""
        with self._lock:
            fresh, self._fresh = self._fresh, set()
        return list(fresh)

    def others(self, of: int | None = None) -> list[V]:
        """The pages that were told before, all or of one number."""
        with self._lock:
            return [each for each, at in self._viewers.items() if of in (None, at) and each not in self._fresh]

    def send(self, message: dict[str, Any], to: Iterable[V]) -> None:
        """Send a message, with how the feed stands, to these."""
        viewers, loop = list(to), self._loop
        if not viewers or loop is None or loop.is_closed():
            return
        health = self._health()
        whole = {**message, "behind": health.behind_seconds, "away": health.away_seconds or None}
        encoded = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        loop.call_soon_threadsafe(_hand_out, encoded, viewers)

    def _run(self) -> None:
        beat_at = rested = 0.0
        while not self._stop.is_set():
            self._wake.wait(max(0.0, BEAT_SECONDS - rested) if self._viewers else None)
            self._wake.clear()
            began = time.monotonic()
            rest = self.gather_seconds if self._told() else RETRY_SECONDS
            now = time.monotonic()
            if now >= beat_at:
                self.send({"kind": "beat"}, list(self._viewers))
                beat_at = now + 0.9 * BEAT_SECONDS
            rested = min(max(rest, now - began), BEAT_SECONDS)
            self._stop.wait(rested)
        self.ended()

    def _told(self) -> bool:
        """Whether all could be told; if not, it is tried again."""
        try:
            self.tell()
        except TallyroomError as error:
            log.warning("%s waits for the store: %s", type(self).__name__, error)
        except Exception:  # the pages of everybody hang on this thread
            log.exception("%s could not be brought up to date", type(self).__name__)
        else:
            return True
        self.heed(None)
        return False


class Shown(Audience[Viewer]):
    """Pages that show a state; `kind` is that of their messages."""

    kind: ClassVar[str]

    def __init__(self, health: Callable[[], Health], moves: frozenset[str], anew_seconds: float = math.inf) -> None:
        super().__init__(health, moves, anew_seconds)
        self._state: dict[str, Any] | None = None

    @abstractmethod
    def read(self) -> dict[str, Any]:
        """The state now."""

    @abstractmethod
    def change(self, before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any] | None:
        """What a page that has `before` needs to have `now`; None: nothing. Before None: all of it."""

    def tell(self) -> None:
        """Read where something moved; the whole to who has come, the change to the others."""
        if not self._viewers:
            self._state = None  # who comes next gets what is then
            return
        before = self._state
        if self.moved() or before is None:
            self._state = self.read()
        others, fresh = self.others(), self.fresh()
        assert self._state is not None
        for known, viewers in ((None, fresh), (before, others)):
            if viewers and (change := self.change(known, self._state)) is not None:
                self.send({"kind": self.kind, **change}, viewers)


class Told(Audience[Viewer]):
    """Pages that ask again when they hear that something moved; at most once in `gather_seconds`, up to a beat's."""

    def __init__(
        self,
        health: Callable[[], Health],
        moves: frozenset[str],
        anew_seconds: float = math.inf,
        gather_seconds: float = Audience.gather_seconds,
    ) -> None:
        super().__init__(health, moves, anew_seconds)
        self.gather_seconds = gather_seconds

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """As everywhere; and before anybody is told, what was worked out does not hold any more."""
        events = None if events is None else list(events)
        if self.concerns(events):
            self.forget()
        super().heed(events)

    def forget(self) -> None:
        """Whoever asks next gets what the store says then."""

    def tell(self) -> None:
        """That something moved, or that there is something to ask for."""
        moved, others = self.moved(), self.others()
        self.send({"kind": "moved"}, [*(others if moved else ()), *self.fresh()])


def _hand_out(encoded: str, viewers: list[Any]) -> None:
    for viewer in viewers:
        viewer.send(encoded)
