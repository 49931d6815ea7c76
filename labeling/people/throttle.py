"""The throttle: guesses at the door cost more and more time, by account and by address.

A guess is counted before it is looked at, so that a thousand at once are a thousand counted. The store keeps the counts
and its clock measures the waits: several servers throttle together, and a restart forgives nothing.

Guesses at an account add up wherever they come from: a thousand addresses get no more of them than one. An address is
merely slowed down, because an office may share it. And a browser that signed in to the account before is counted by
itself (see `devices`): whoever guesses at somebody's account from elsewhere keeps only themselves out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, delete, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from core.store.rollups import upsert
from labeling.models_people import Throttle

FORGET_MS = 24 * 3_600_000
SWEEP = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` guesses cost nothing; then the wait is `step_ms`, and doubles up to `longest_ms`.

    With `steady` it does not double: a guess is forgotten each `step_ms`, and so many may be made for ever.
    """

    kind: str
    free: int
    step_ms: int
    longest_ms: int
    steady: bool = False

    def key(self, name: str) -> str:
        """What the store calls it: a hash, because what is typed as a name may be a password."""
        return hashlib.sha256(f"{self.kind}:{name}".encode("utf-8", "replace")).hexdigest()

    def wait_ms(self, failures: int) -> int:
        """How long to wait after so many."""
        over = failures - self.free
        if over <= 0:
            return 0
        return min(self.longest_ms, self.step_ms * (over if self.steady else 2 ** min(over - 1, 30)))

    def counted(self) -> ColumnElement[int]:
        """One guess more than there were; those that are old enough are forgotten."""
        since = now_ms() - Throttle.last_at
        if not self.steady:
            return case((since > FORGET_MS, 1), else_=Throttle.failures + 1)
        left = Throttle.failures - since // self.step_ms
        return case((left < 0, 1), else_=left + 1)


ACCOUNT = Limit("account", free=5, step_ms=1_000, longest_ms=15 * 60_000)
DEVICE = Limit("device", free=5, step_ms=1_000, longest_ms=15 * 60_000)
ADDRESS = Limit("address", free=20, step_ms=10_000, longest_ms=60_000, steady=True)


def network_of(address: str) -> str:
    """What one party is likely to own: an IPv4 address, or 64 bits of an IPv6 one.

    >>> network_of("10.0.0.7"), network_of("::ffff:10.0.0.7"), network_of("2001:db8:1:2:3:4:5:6")
    ('10.0.0.7', '10.0.0.7', '2001:db8:1:2::/64')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class ThrottledError(AccessError):
    """Too many guesses: wait. `seconds` says how long."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
        super().__init__("too many wrong passwords", fix=f"Wait {wait}, then try again.")


def require_free(connection: Connection, keys: list[str]) -> None:
    """Refuse a guess that must wait, before anything is written: a flood of them costs the writer nothing.

    Raises:
        ThrottledError: none may be made now.
    """
    left = select(Throttle.blocked_until - now_ms()).where(Throttle.key.in_(keys), Throttle.blocked_until > now_ms())
    if waits := connection.execute(left).scalars().all():
        raise ThrottledError(math.ceil(max(waits) / 1000))


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
            set_={"failures": limit.counted(), "last_at": now_ms()},
            where=Throttle.blocked_until <= now_ms(),
        ).returning(Throttle.failures)
    ).scalar()
    if counted is None:
        left = select(Throttle.blocked_until - now_ms()).where(Throttle.key == row["key"])
        raise ThrottledError(max(1, math.ceil((connection.execute(left).scalar() or 1000) / 1000)))
    if wait := limit.wait_ms(counted):
        blocked = update(Throttle).where(Throttle.key == row["key"]).values(blocked_until=now_ms() + wait)
        connection.execute(blocked)


def sweep(connection: Connection) -> None:
    """Forget what is old; rows that another guess holds are left to it: no two wait in a circle."""
    old = select(Throttle.key).where(Throttle.last_at < now_ms() - FORGET_MS).limit(SWEEP)
    connection.execute(delete(Throttle).where(Throttle.key.in_(old.with_for_update(skip_locked=True))))


def forgive_account(connection: Connection, name: str) -> None:
    """The right password came: the account's wrong ones are forgotten."""
    forgive(connection, ACCOUNT, name)


def forgive(connection: Connection, limit: Limit, name: str) -> None:
    """The right password came: the wrong ones are forgotten."""
    connection.execute(delete(Throttle).where(Throttle.key == limit.key(name)))


def forgive_guess(connection: Connection, address: str) -> None:
    """The right password came: it does not count against its address. Earlier wrong ones do."""
    few = Throttle.failures - 1 <= ADDRESS.free  # else who has a password could wash away their guesses at others
    one_less = update(Throttle).where(Throttle.key == ADDRESS.key(network_of(address)), Throttle.failures > 0)
    until = case((few, 0), else_=Throttle.blocked_until)
    connection.execute(one_less.values(failures=Throttle.failures - 1, blocked_until=until))


def count_at_address(store: Store, address: str | None) -> None:
    """Count an attempt that is no guess at an account: a return from the provider.

    Raises:
        ThrottledError: none may be made from there now.
    """
    if address:
        store.write(lambda connection: count_guess(connection, ADDRESS, network_of(address)))


def forgive_at_address(store: Store, address: str | None) -> None:
    """It was a good one."""
    if address:
        store.write(lambda connection: forgive_guess(connection, address))
