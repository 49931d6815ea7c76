"""Who stands behind a cookie is asked once for many requests, and believed for a second or so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from core.errors import StoreDownError
from dashboard.access.known import BELIEVED_SECONDS, IN_USE_SECONDS, Known
from dashboard.access.watch import ENDED, Watch
from labeling.models import Role
from labeling.people import Bearer, PersonId, Reviewer, Session

ADA = Session(Reviewer(PersonId(1), "Ada", Role.REVIEWER, False), True)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Store:
    """Sessions that are open, and what was asked about them."""

    def __init__(self) -> None:
        self.open = {"ada": ADA}
        self.asked: list[set[str]] = []
        self.down = False

    def ask(self, hashes: Iterable[str]) -> dict[str, Session]:
        self.asked.append(set(hashes))
        if self.down:
            raise StoreDownError("the store does not answer")
        return {each: self.open[each] for each in hashes if each in self.open}


def test_a_thousand_requests_ask_the_store_as_often_as_time_passes_and_not_as_often_as_they_are(
    clock: Clock,
) -> None:
    store = Store()
    sessions = Known(store.ask, clock)

    async def work() -> None:
        for number in range(1_000):
            assert await sessions.find("ada") is ADA
            clock.now += 0.006
            if number % 100 == 99:
                await sessions.again()

    asyncio.run(work())
    assert len(store.asked) == 11


def test_a_revoked_session_is_believed_until_the_store_is_asked_again_and_never_for_longer(clock: Clock) -> None:
    store = Store()
    sessions = Known(store.ask, clock)

    async def work() -> None:
        await sessions.find("ada")
        store.open.clear()
        assert sessions.get("ada") is ADA
        await sessions.again()
        assert sessions.get("ada") is None
        store.open["ada"] = ADA
        await sessions.find("ada")
        store.open.clear()
        clock.now += BELIEVED_SECONDS + 0.01
        assert sessions.get("ada") is None
        assert await sessions.find("ada") is None
        store.open["ada"] = ADA
        await sessions.find("ada")
        sessions.forget()
        assert sessions.get("ada") is None

    asyncio.run(work())


def test_nothing_is_kept_of_strangers_and_of_those_who_went(clock: Clock) -> None:
    store = Store()
    sessions = Known(store.ask, clock)

    async def work() -> None:
        for number in range(100):
            assert await sessions.find(f"made up {number}") is None
        await sessions.find("ada")
        clock.now += IN_USE_SECONDS + 0.01
        assert await sessions.again() == {}

    asyncio.run(work())
    assert not sessions._answers


def test_where_the_store_is_away_nobody_is_believed_for_longer(clock: Clock) -> None:
    store = Store()
    sessions = Known(store.ask, clock)

    async def work() -> None:
        await sessions.find("ada")
        store.down = True
        with pytest.raises(StoreDownError):
            await sessions.again()
        assert sessions.get("ada") is ADA
        clock.now += BELIEVED_SECONDS + 0.01
        with pytest.raises(StoreDownError):
            await sessions.find("ada")

    asyncio.run(work())


def test_a_socket_closes_with_its_session_and_stays_open_while_the_store_is_away() -> None:
    class Socket:
        code: int | None = None

        def close(self, code: int | None = None, reason: str | None = None) -> None:
            self.code = code

    store, line, other = Store(), Socket(), Socket()
    tokens: Known[Bearer] = Known(lambda _hashes: {})
    watch = Watch(Known(store.ask), tokens)
    watch.add(line, "ada")
    watch.add(other, "gone")
    store.down = True
    with pytest.raises(StoreDownError):
        asyncio.run(watch._look())
    assert (line.code, other.code) == (None, None)
    store.down = False
    asyncio.run(watch._look())
    assert (line.code, other.code) == (None, ENDED)
    store.open["ada"] = Session(ADA.person, False)
    asyncio.run(watch._look())
    assert line.code == ENDED, "another role, another session"
