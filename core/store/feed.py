"""The feed: events of the store as they are committed, by any process, each exactly once.

PostgreSQL: a NOTIFY is a hint, sent at most once in `HINT_SECONDS` and outside of the writing transaction (inside,
it halves the commits a second); the event ids are the truth. Ids are given out before they are committed, so a
lower one may appear after a higher one: the feed reads again from the first gap until it is filled or old.
SQLite: `PRAGMA data_version` tells that another connection has committed.
"""

from __future__ import annotations

import select as select_module
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from core.errors import StoreError
from core.store.engine import told_in_a_sentence
from core.store.hot import hot
from core.store.later import Until
from core.store.models import Event, EventId

CHANNEL = "tallyroom"
HINT_SECONDS = 0.05
GAP_SECONDS = 60.0
SQLITE_POLL_SECONDS = 0.02
PAGE = 5_000


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """What happened: its place in the feed, its kind, the few facts a page needs, the database's time in ms."""

    id: EventId
    kind: str
    payload: Mapping[str, Any]
    at: int


EMIT = hot(insert(Event), waits=Until.COMMIT)


def emit(connection: Connection, kind: str, **payload: Any) -> None:
    """Add an event to the transaction that did it. Do it last: the shorter before COMMIT, the fewer gaps."""
    connection.execute(EMIT, {"kind": kind, "payload": payload})


class Hint:
    """Tells other processes that something was committed: one NOTIFY for all within `HINT_SECONDS`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wanted = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def after_commit(self, future: Future[Any]) -> None:
        """Ask for a hint if the work succeeded."""
        if future.cancelled() or future.exception() is not None:
            return
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="store-hint", daemon=True)
                self._thread.start()
        self._wanted.set()

    def _loop(self) -> None:
        while not self._closed:
            self._wanted.wait()
            self._wanted.clear()
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
            except DBAPIError:
                pass  # a hint only: the readers also look by themselves
            time.sleep(HINT_SECONDS)

    def close(self) -> None:
        """Stop hinting."""
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=2)


class Feed:
    """Follows the events of one store from now on, or from after a given event.

    Not for several threads at once: each follower makes a feed of its own.
    """

    def __init__(self, engine: Engine, after: EventId | None = None) -> None:
        self._engine = engine
        self._listening: PoolProxiedConnection | None = None
        self._version: int | None = None
        self._seen: set[int] = set()
        self._gap_since: float | None = None
        self._low = int(after) if after is not None else self._newest()

    def _newest(self) -> int:
        with told_in_a_sentence(self._engine.url), self._engine.connect() as connection:
            return connection.execute(select(func.coalesce(func.max(Event.id), 0))).scalar_one()

    @property
    def settled(self) -> EventId:
        """The event up to which all were given; who begins behind it misses none, and may meet a few again."""
        return EventId(self._low)

    def wait(self, seconds: float) -> list[StoreEvent]:
        """New events in order of their ids, or none when `seconds` passed without one.

        Raises:
            StoreDownError: the database does not answer; call again, nothing is missed.
        """
        deadline = time.monotonic() + seconds
        try:
            with told_in_a_sentence(self._engine.url):
                while not (events := self._read()):
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return []
                    self._sleep_until_hint(left)
        except StoreError:
            self.close()
            raise
        return events

    def _read(self) -> list[StoreEvent]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(Event.id, Event.kind, Event.payload, Event.at)
                .where(Event.id > self._low)
                .order_by(Event.id)
                .limit(PAGE)
            ).all()
        fresh = [StoreEvent(EventId(r.id), r.kind, r.payload, r.at) for r in rows if r.id not in self._seen]
        self._seen.update(event.id for event in fresh)
        self._advance()
        return fresh

    def _advance(self) -> None:
        """Raise the low-water mark over what was seen without a gap, and over a gap once it is old."""
        while self._low + 1 in self._seen:
            self._low += 1
            self._seen.discard(self._low)
            self._gap_since = None
        if not self._seen:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = time.monotonic()
        elif time.monotonic() - self._gap_since > GAP_SECONDS or len(self._seen) >= PAGE:
            self._low = min(self._seen) - 1  # rolled back, or its writer died
            self._gap_since = None
            self._advance()

    def _sleep_until_hint(self, seconds: float) -> None:
        if self._engine.dialect.name == "sqlite":
            self._poll_data_version(seconds)
        else:
            self._listen(seconds)

    def _poll_data_version(self, seconds: float) -> None:
        cursor = self._hold().cursor()
        deadline = time.monotonic() + seconds
        while True:
            version = cursor.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version = version
                return
            if time.monotonic() >= deadline:
                return
            time.sleep(SQLITE_POLL_SECONDS)

    def _listen(self, seconds: float) -> None:
        fresh = self._listening is None
        raw: Any = self._hold().dbapi_connection
        if fresh:
            with raw.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            return  # look once more: something may have come before we listened
        # A hint can be lost with its sender: look by ourselves as well, each second.
        select_module.select([raw], [], [], min(seconds, 1.0))
        raw.poll()
        raw.notifies.clear()

    def _hold(self) -> PoolProxiedConnection:
        """The feed's own connection, outside of any transaction (one would freeze what it sees)."""
        if self._listening is None:
            self._listening = self._engine.raw_connection()
            if self._engine.dialect.name == "postgresql":
                raw: Any = self._listening.dbapi_connection
                raw.autocommit = True
        return self._listening

    def close(self) -> None:
        """Let the feed's connection go."""
        if self._listening is not None:
            self._listening.invalidate()
            self._listening.close()
            self._listening = None
        self._version = None
