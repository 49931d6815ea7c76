"""Who looks at the same thing is told of it once: what comes first, what follows, and what a failing store does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, ClassVar

import pytest

import dashboard.audience
from core.errors import StoreDownError
from core.store.feed import StoreEvent
from core.store.models import EventId
from dashboard.audience import Audience, Shown, Told
from dashboard.live import Health

WELL = Health(behind_seconds=0.0, away_seconds=0.0, silent_seconds=0.0)


def event(kind: str) -> StoreEvent:
    return StoreEvent(EventId(1), kind, {}, 0)


class Looker:
    """A page that keeps what it was sent, but for beats."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, message: str) -> None:
        told = json.loads(message)
        if told.pop("kind") != "beat":
            self.got.put_nowait({name: value for name, value in told.items() if name not in ("behind", "away")})


class Counter(Shown):
    """A number that the test moves."""

    kind: ClassVar[str] = "count"
    gather_seconds = 0.01

    def __init__(self) -> None:
        super().__init__(lambda: WELL, frozenset({"count"}))
        self.number, self.reads, self.down = 1, 0, False

    def read(self) -> dict[str, Any]:
        self.reads += 1
        if self.down:
            raise StoreDownError
        return {"number": self.number}

    def change(self, before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any] | None:
        return {"from": before and before["number"], **now} if before != now else None

    def count(self, number: int) -> None:
        self.number = number
        self.heed([event("count")])


@contextmanager
def closed_in_the_end(audience: Audience[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        audience.close()


def told(looker: Looker) -> Any:
    return asyncio.wait_for(looker.got.get(), 20)


def test_who_comes_gets_all_of_it_and_the_others_what_changed() -> None:
    async def look() -> None:
        counter, first, second = Counter(), Looker(), Looker()
        with closed_in_the_end(counter):
            counter.join(first, asyncio.get_running_loop())
            assert await told(first) == {"from": None, "number": 1}
            counter.count(2)
            assert await told(first) == {"from": 1, "number": 2}
            counter.join(second, asyncio.get_running_loop())
            assert await told(second) == {"from": None, "number": 2}
            assert counter.reads == 2, "who comes costs no look at the store"
            counter.leave(first)
            counter.count(3)
            assert await told(second) == {"from": 2, "number": 3}
            assert first.got.empty()

    asyncio.run(look())


def test_who_comes_while_the_store_is_away_gets_all_of_it_once_it_is_back() -> None:
    async def look() -> None:
        counter, first, second = Counter(), Looker(), Looker()
        with closed_in_the_end(counter):
            counter.join(first, asyncio.get_running_loop())
            await told(first)
            counter.down = True
            counter.count(5)
            counter.join(second, asyncio.get_running_loop())
            while counter.reads < 2:
                await asyncio.sleep(0.01)
            assert (first.got.qsize(), second.got.qsize()) == (0, 0)
            counter.down = False
            assert await told(second) == {"from": None, "number": 5}
            assert await told(first) == {"from": 1, "number": 5}

    asyncio.run(look())


def test_nobody_looks_and_nothing_is_read() -> None:
    async def look() -> None:
        counter, looker = Counter(), Looker()
        with closed_in_the_end(counter):
            counter.count(7)
            assert counter.reads == 0
            counter.join(looker, asyncio.get_running_loop())
            assert await told(looker) == {"from": None, "number": 7}
            assert counter.reads == 1

    asyncio.run(look())


def test_who_asks_again_is_told_when_to_and_when_it_comes() -> None:
    async def look() -> None:
        office, first, second = Told(lambda: WELL, frozenset({"verdict"})), Looker(), Looker()
        with closed_in_the_end(office):
            office.join(first, asyncio.get_running_loop())
            assert await told(first) == {}
            office.heed([event("another kind")])
            office.join(second, asyncio.get_running_loop())
            assert await told(second) == {}
            assert first.got.empty()
            office.heed([event("verdict")])
            assert (await told(first), await told(second)) == ({}, {})

    asyncio.run(look())


class Clock:
    """A clock that moves when somebody waits, and what is waited for: until ten seconds are over."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float | None) -> None:
        assert seconds is not None
        self.now += seconds

    def is_set(self) -> bool:
        return self.now > 10

    def clear(self) -> None:
        pass


@pytest.mark.parametrize("gather_seconds", [0.15, 1.0])
def test_where_nothing_moves_a_page_still_hears_each_second_that_all_is_well(
    gather_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    beats: list[float] = []
    told = Told(lambda: WELL, frozenset({"verdict"}), gather_seconds=gather_seconds)
    monkeypatch.setattr(dashboard.audience, "time", clock)
    monkeypatch.setattr(told, "_wake", clock)
    monkeypatch.setattr(told, "_stop", clock)
    monkeypatch.setattr(told, "send", lambda message, _to: message["kind"] == "beat" and beats.append(clock.now))
    told._viewers[Looker()] = 0
    told._run()
    assert len(beats) > 8
    assert max(after - before for before, after in pairwise(beats)) < 1.5, "a page takes 1.9 s for a line that is gone"
