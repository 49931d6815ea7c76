"""Simulated reviewers: they do over HTTP what the review page does, and keep a log of what they were told."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

AHEAD = 6  # as review.js
REFILL_AT = 3
PANEL_SECONDS = 30.0
HEARTBEAT_SECONDS = 45.0
RETRY_SECONDS = 0.3
PATIENCE_SECONDS = 6.0
HEADERS = {"X-Tallyroom": "1"}


@dataclass(slots=True)
class Log:
    """What the reviewers of a run sent and were told.

    `acknowledged` maps a verdict's UUID to its lease; `sent` has those that were given at all. Latencies are ms: of
    each verdict until its answer, of those answers that brought the next messages, of the side panel. `told` counts
    what came by their sockets.
    """

    sent: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    verdict_ms: list[float] = field(default_factory=list)
    next_ms: list[float] = field(default_factory=list)
    panel_ms: list[float] = field(default_factory=list)
    retries: int = 0
    starved: int = 0
    told: int = 0
    refused: list[str] = field(default_factory=list)

    def add(self, other: Log) -> None:
        """Take in another's entries."""
        self.sent |= other.sent
        self.acknowledged |= other.acknowledged
        self.verdict_ms += other.verdict_ms
        self.next_ms += other.next_ms
        self.panel_ms += other.panel_ms
        self.retries += other.retries
        self.starved += other.starved
        self.told += other.told
        self.refused += other.refused


class RefusedError(Exception):
    """The desk's own word, 4xx."""


class Reviewer:
    """One reviewer at their page, until `ends`.

    Args:
        session: signed in.
        base: the room's address.
        pause: mean seconds for a decision; 0 for one without a pause.
        ends: by time.monotonic().
        seed: of their pauses and decisions.
    """

    def __init__(self, session: aiohttp.ClientSession, base: str, pause: float, ends: float, seed: int) -> None:
        self._session = session
        self._base = base
        self._pause = pause
        self._ends = ends
        self._random = random.Random(seed)
        self._ready: deque[dict[str, Any]] = deque()
        self._done: set[int] = set()
        self.log = Log()

    async def work(self) -> Log:
        """Judge until the time is up, then wait for what is under way."""
        beside = []
        if self._pause:
            await asyncio.sleep(self._random.uniform(0, self._pause))
            beside = [asyncio.create_task(self._every(PANEL_SECONDS, self._panel))]
            beside.append(asyncio.create_task(self._every(HEARTBEAT_SECONDS, self._beat)))
            beside.append(asyncio.create_task(self._listen()))
        while time.monotonic() < self._ends:
            if not self._ready:
                self._take((await self._until_answered("desk/claim", {"count": AHEAD}))["messages"])
            if not self._ready:
                self.log.starved += 1
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if self._pause:
                await asyncio.sleep(self._random.lognormvariate(0, 0.4) * self._pause / 1.083)
            await self._judge(self._ready.popleft())
        for task in beside:
            task.cancel()
        return self.log

    async def _judge(self, message: dict[str, Any]) -> None:
        self._done.add(message["lease_id"])
        predicted = message["predicted"]["klass"] if message["predicted"] else "personal"
        klass = predicted if self._random.random() < 0.93 else "spam"
        given = {"uuid": str(uuid.UUID(int=self._random.getrandbits(128), version=4)), "lease_id": message["lease_id"],
                 "kind": "label", "klass": klass, "seconds": 2.5}  # fmt: skip
        if len(self._ready) <= REFILL_AT:
            given["claim"] = AHEAD
        self.log.sent[given["uuid"]] = message["lease_id"]
        began = time.perf_counter()
        try:
            answer = await self._until_answered("desk/verdict", given)
        except RefusedError as error:
            self.log.refused.append(str(error))
            return
        took = 1000 * (time.perf_counter() - began)
        self.log.acknowledged[given["uuid"]] = message["lease_id"]
        self.log.verdict_ms.append(took)
        if "messages" in answer:
            self.log.next_ms.append(took)
            self._take(answer["messages"])

    def _take(self, messages: list[dict[str, Any]]) -> None:
        known = self._done | {message["lease_id"] for message in self._ready}
        self._ready.extend(message for message in messages if message["lease_id"] not in known)

    async def _until_answered(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer; what fails is sent again, as the page does, until there is one."""
        while True:
            try:
                return await self._call(route, body)
            except (aiohttp.ClientError, TimeoutError):
                self.log.retries += 1
                await asyncio.sleep(RETRY_SECONDS)

    async def _call(self, route: str, body: dict[str, Any] | None) -> dict[str, Any]:
        ask = self._session.get if body is None else self._session.post
        async with ask(f"{self._base}/{route}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            if 400 <= response.status < 500 and response.status != 401:
                raise RefusedError(answer["error"]["what"])
            response.raise_for_status()
            return answer

    async def _every(self, seconds: float, what: Any) -> None:
        await asyncio.sleep(self._random.uniform(0, seconds))
        while True:
            try:
                await what()
            except (aiohttp.ClientError, TimeoutError):
                self.log.retries += 1
            await asyncio.sleep(seconds)

    async def _listen(self) -> None:
        """The page's socket: what it tells is read, and nothing asked for, since messages are at hand."""
        while True:
            try:
                async with self._session.ws_connect(f"{self._base}/desk/feed") as socket:
                    async for _ in socket:
                        self.log.told += 1
            except (aiohttp.ClientError, TimeoutError):
                self.log.retries += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def _panel(self) -> None:
        began = time.perf_counter()
        await self._call("desk/panel.json", None)
        self.log.panel_ms.append(1000 * (time.perf_counter() - began))

    async def _beat(self) -> None:
        if leases := [message["lease_id"] for message in self._ready]:
            await self._call("desk/heartbeat", {"lease_ids": leases})


async def work_at(links: Sequence[str], *, seconds: float, pause: float = 0.0, seed: int = 7) -> Log:
    """A reviewer a link (each may lead to another server), all for so many seconds; gives their common log."""
    sessions = [await _enter(link) for link in links]
    ends = time.monotonic() + seconds
    bases = [link.rpartition("/door?")[0] for link in links]
    reviewers = [
        Reviewer(session, base, pause, ends, seed * 100_003 + number)
        for number, (session, base) in enumerate(zip(sessions, bases, strict=True))
    ]
    log = Log()
    try:
        for each in await asyncio.gather(*(reviewer.work() for reviewer in reviewers)):
            log.add(each)
    finally:
        for session in sessions:
            await session.close()
    return log


async def _enter(link: str) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        headers=HEADERS,
        timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS),
        connector=aiohttp.TCPConnector(limit=6),
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # 127.0.0.1 is no name
    )
    async with session.get(link, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=60)) as response:
        assert response.status == 302, await response.text()
    return session
