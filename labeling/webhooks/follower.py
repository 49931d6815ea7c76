"""One follower an address: it reads the feed, sends, and keeps in the store how far it came."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import tenacity
from sqlalchemy import Connection, func, or_, select, update

from core.errors import StoreError
from core.store import Store, emit
from core.store.feed import Feed, StoreEvent
from core.store.models import Event, EventId, now_ms
from core.store.rollups import upsert
from labeling.models import WebhookCursor
from labeling.webhooks.hook import GIVEN_UP, Hook
from labeling.webhooks.sending import RefusedError, send

HOLD_MS = 60_000
WAIT_SECONDS = 1.0
log = logging.getLogger(__name__)


class Follower:
    """Tells one address of what happens, until it is stopped.

    Args:
        store: the room's store.
        hook: the address.
        stop: set it to end.
        deliver: how; `send` unless a test says otherwise.
    """

    def __init__(
        self,
        store: Store,
        hook: Hook,
        stop: threading.Event,
        *,
        deliver: Callable[[Hook, StoreEvent], None] = send,
        first_wait: float = 1.0,
    ) -> None:
        self._store = store
        self._hook = hook
        self._stop = stop
        self._deliver = deliver
        self._holder = str(uuid.uuid4())
        self._wait = tenacity.wait_random_exponential(multiplier=first_wait, max=300)

    def run(self) -> None:
        """Follow. One process tells an address at a time; another one waits, and takes over when this one is gone.

        The hold is no duty of `core.store.duty`: it stands in the row that says how far the address was told, so that
        to note that and to hold on are one statement, and whoever has lost the hold cannot move the mark any more.
        """
        while not self._stop.is_set():
            try:
                after = self._take_hold()
                if after is None:
                    self._stop.wait(WAIT_SECONDS)
                    continue
                self._follow(after)
            except StoreError as error:
                log.warning("webhook %s waits for the store: %s", self._hook.place, error)
                self._stop.wait(WAIT_SECONDS)
        self._let_go()

    def _take_hold(self) -> int | None:
        """The last settled event, once this follower is the one that tells; None while another does."""

        def write(connection: Connection) -> int | None:
            newest = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
            new = upsert(connection, WebhookCursor.__table__).values(hook=self._hook.key, event_id=newest)  # type: ignore[arg-type]
            connection.execute(new.on_conflict_do_nothing())
            mine = or_(WebhookCursor.holder == self._holder, WebhookCursor.held_until <= now_ms())
            return connection.execute(
                update(WebhookCursor)
                .where(WebhookCursor.hook == self._hook.key, mine)
                .values(holder=self._holder, held_until=now_ms() + HOLD_MS)
                .returning(WebhookCursor.event_id)
            ).scalar()

        return self._store.write(write)

    def _follow(self, after: int) -> None:
        feed = Feed(self._store.engine, EventId(after))
        try:
            while not self._stop.is_set():
                events = feed.wait(WAIT_SECONDS)
                for event in events:
                    wanted = event.kind in self._hook.events
                    # Behind a gap, what the store knows stays before it: whoever fills it is told yet.
                    if wanted and not (self._settle(event) and self._keep(min(event.id, feed.settled))):
                        return
                if not self._keep(feed.settled):
                    return
        finally:
            feed.close()

    def _settle(self, event: StoreEvent) -> bool:
        """Deliver, or give up and say so; False where it was stopped, or somebody else has taken over, meanwhile."""

        def hold_on(_state: tenacity.RetryCallState) -> None:
            if self._stop.is_set() or not self._keep(None):
                raise _LostError

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._hook.tries),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(RefusedError),
            before=hold_on,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            retrying(self._deliver, self._hook, event)
        except _LostError:
            return False
        except RefusedError as error:
            log.warning("webhook %s never took event %s: %s", self._hook.place, event.id, error)
            failed = {"event_id": int(event.id), "event": event.kind, "address": self._hook.place, "why": str(error)}
            self._store.write(lambda connection: emit(connection, GIVEN_UP, **failed))
        return True

    def _sleep(self, seconds: float) -> None:
        """Wait, holding on to the address meanwhile."""
        while seconds > 0 and not self._stop.wait(min(seconds, HOLD_MS / 3000)):
            self._keep(None)
            seconds -= HOLD_MS / 3000

    def _keep(self, settled: int | None) -> bool:
        """Note how far it is, and hold on; False where somebody else has taken over."""
        values: dict[str, Any] = {"held_until": now_ms() + HOLD_MS}
        if settled is not None:
            values["event_id"] = settled
        statement = update(WebhookCursor).where(
            WebhookCursor.hook == self._hook.key, WebhookCursor.holder == self._holder
        )
        return self._store.write(lambda connection: connection.execute(statement.values(**values)).rowcount) == 1

    def _let_go(self) -> None:
        statement = update(WebhookCursor).where(
            WebhookCursor.hook == self._hook.key, WebhookCursor.holder == self._holder
        )
        try:
            self._store.write(lambda connection: connection.execute(statement.values(held_until=0)))
        except StoreError:
            log.info("webhook %s: the store was gone first; its hold ends by itself", self._hook.place)


class _LostError(Exception):
    """Stopped, or taken over."""


def follow(store: Store, found: Sequence[Hook], stop: threading.Event) -> list[threading.Thread]:
    """Tell all addresses, each in a thread of its own, until `stop` is set: one that hangs holds up no other."""
    threads = [
        threading.Thread(target=Follower(store, hook, stop).run, name=f"webhook-{hook.key}", daemon=True)
        for hook in found
    ]
    for thread in threads:
        thread.start()
    return threads
