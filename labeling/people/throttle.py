"""The throttle: guesses at the door cost more and more time, by account and by address.

A guess is counted before it is looked at, so that a thousand at once are a thousand counted. The store keeps the counts
and its clock measures the waits: several servers throttle together, and a restart forgives nothing.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from sqlalchemy import Connection, case, delete, select, update

from core.errors import AccessError
from core.store.models import now_ms
from core.store.rollups import upsert
from labeling.models_people import Throttle

FORGET_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` guesses cost nothing, then the wait doubles from a second up to `longest_ms`."""

    kind: str
    free: int
    longest_ms: int

    def key(self, name: str) -> str:
        """What the store calls it: a hash, because what is typed as a name may be a password."""
        return hashlib.sha256(f"{self.kind}:{name}".encode("utf-8", "replace")).hexdigest()

    def wait_ms(self, failures: int) -> int:
        """How long to wait after so many."""
        return 0 if failures <= self.free else min(self.longest_ms, 1000 * 2 ** min(failures - self.free - 1, 30))


ACCOUNT = Limit("account", free=5, longest_ms=15 * 60_000)
ADDRESS = Limit("address", free=20, longest_ms=60 * 60_000)  # an office may share one


class ThrottledError(AccessError):
    """Too many guesses: wait. `seconds` says how long."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
        super().__init__("too many wrong passwords", fix=f"Wait {wait}, then try again.")


def count_guess(connection: Connection, limit: Limit, name: str) -> None:
    """Count a guess that is about to be looked at.

    Raises:
        ThrottledError: none may be made now; it is not counted.
    """
    row = {"key": limit.key(name), "failures": 1, "last_at": now_ms(), "blocked_until": 0}
    insert = upsert(connection, Throttle.__table__).values(row)  # type: ignore[arg-type]  # it is a Table
    # One statement looks, counts and locks: of two guesses at once the second sees the first.
    counted = connection.execute(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "failures": case((Throttle.last_at + FORGET_MS < now_ms(), 1), else_=Throttle.failures + 1),
                "last_at": now_ms(),
            },
            where=Throttle.blocked_until <= now_ms(),
        ).returning(Throttle.failures)
    ).scalar()
    if counted is None:
        left = select(Throttle.blocked_until - now_ms()).where(Throttle.key == row["key"])
        raise ThrottledError(max(1, math.ceil((connection.execute(left).scalar() or 1000) / 1000)))
    if wait := limit.wait_ms(counted):
        blocked = update(Throttle).where(Throttle.key == row["key"]).values(blocked_until=now_ms() + wait)
        connection.execute(blocked)
    connection.execute(delete(Throttle).where(Throttle.last_at < now_ms() - FORGET_MS, Throttle.key != row["key"]))


def forgive_account(connection: Connection, name: str) -> None:
    """The right password came: the account's wrong ones are forgotten."""
    connection.execute(delete(Throttle).where(Throttle.key == ACCOUNT.key(name)))


def forgive_guess(connection: Connection, address: str) -> None:
    """The right password came: it does not count against its address. Earlier wrong ones do."""
    few = (
        Throttle.failures - 1 <= ADDRESS.free
    )  # else somebody with a password could wash away what they guess at others
    one_less = update(Throttle).where(Throttle.key == ADDRESS.key(address), Throttle.failures > 0)
    until = case((few, 0), else_=Throttle.blocked_until)
    connection.execute(one_less.values(failures=Throttle.failures - 1, blocked_until=until))
