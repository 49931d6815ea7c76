"""Numbers for Prometheus."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from core.errors import StoreDownError, TallyroomError
from dashboard.metrics import CONTENT_TYPE, exposition
from dashboard.metrics.numbers import Numbers
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.models import Role
from labeling.people import Bearer, Scope
from labeling.people.sessions import hash_of

STORE_SECONDS = 4.0
"""Prometheus waits ten; so long the store may take."""
REMEMBERED_SECONDS = 3_600.0
# A store that hangs holds up the next scrape, and no page.
_reading = ThreadPoolExecutor(1, thread_name_prefix="metrics")


class Metrics(Handler):
    """What the room and this server have to say in numbers: to a token of the scope `metrics`, and to leads.

    It answers while the store is away as well, which is when it is looked at: a token that was good within the hour is
    then let in unasked. To revoke one takes the store, and while that answers it is asked.
    """

    role: ClassVar[Role | None] = Role.LEAD
    own_scope: ClassVar[Scope | None] = Scope.METRICS
    _remembered: ClassVar[dict[str, tuple[Bearer, float]]] = {}

    async def get(self) -> None:
        """Prometheus' text format."""
        hub = room().hub
        try:
            numbers = await self._numbers()
        except (TallyroomError, TimeoutError):
            numbers = None
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(await aside(exposition, hub.health, hub.viewers, numbers))

    async def _numbers(self) -> Numbers:
        reading = asyncio.get_running_loop().run_in_executor(_reading, room().numbers.get)
        return await asyncio.wait_for(asyncio.shield(reading), STORE_SECONDS)

    async def _ask(self, token: str | None) -> None:
        try:
            await asyncio.wait_for(super()._ask(token), STORE_SECONDS)
        except (StoreDownError, TimeoutError):
            bearer, at = self._remembered.get(hash_of(token or ""), (None, 0.0))
            if bearer is None or time.monotonic() - at > REMEMBERED_SECONDS:
                raise StoreDownError("the store does not answer, so nobody knows who this is") from None
            super()._by_token(bearer)

    def _by_token(self, found: Bearer | None) -> None:
        hashed = hash_of(self._bearer() or "")
        self._remembered.pop(hashed, None)
        super()._by_token(found)
        if found is not None and found.scope == Scope.METRICS:
            self._remembered[hashed] = (found, time.monotonic())
