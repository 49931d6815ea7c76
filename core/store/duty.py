"""A work that one process of several does at a time, and another takes over when that one is gone."""

from __future__ import annotations

import logging
import time
import uuid

from sqlalchemy import Connection, or_, update

from core.errors import StoreError
from core.store.models import Duty, now_ms
from core.store.rollups import upsert
from core.store.store import Store

HOLD_MS = 30_000
log = logging.getLogger(__name__)


class Holder:
    """One process's hold on a duty. Not for several threads.

    Args:
        store: the room's store.
        name: of the duty.
        hold_ms: for how long it is this process's without asking again.
    """

    def __init__(self, store: Store, name: str, *, hold_ms: int = HOLD_MS) -> None:
        self._store = store
        self._name = name
        self._hold_ms = hold_ms
        self._me = str(uuid.uuid4())
        self._until = 0.0

    def hold(self) -> bool:
        """Take the duty, or hold on to it; False while somebody else does it. Asks the store now and then."""
        asked_at = time.monotonic()
        if asked_at < self._until - self._hold_ms / 2000:
            return True
        if not self._store.write(self._take):
            self._until = 0.0
            return False
        self._until = asked_at + self._hold_ms / 1000
        return True

    def _take(self, connection: Connection) -> bool:
        new = upsert(connection, Duty.__table__).values(name=self._name)  # type: ignore[arg-type]
        connection.execute(new.on_conflict_do_nothing())
        free = or_(Duty.holder == self._me, Duty.held_until <= now_ms())
        taken = update(Duty).where(Duty.name == self._name, free)
        return connection.execute(taken.values(holder=self._me, held_until=now_ms() + self._hold_ms)).rowcount == 1

    def let_go(self) -> None:
        """Leave the duty to the next."""
        mine = update(Duty).where(Duty.name == self._name, Duty.holder == self._me)
        try:
            self._store.write(lambda connection: connection.execute(mine.values(held_until=0)))
        except StoreError:
            log.info("%s: the store was gone first; its hold ends by itself", self._name)
