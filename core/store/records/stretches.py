"""Which messages a stage has gone through: one stretch of ids, growing upwards as messages come, downwards by shards.

A shard is SHARD ids, the same ones for every process, so several can be at what lies below at once. How far one is
down is a mark of its own; once all shards above it are done as well, the stretch takes it in, and its mark goes. A
stretch is kept under a key, and each of its marks under a fingerprint of that.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from core.fingerprint import fingerprint
from core.store.models import Stage
from core.store.records.stages import done, set_progress
from core.store.rollups import upsert

SHARD = 10_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """All messages with ids from `low` to `high`."""

    low: int
    high: int


def stretch_of(connection: Connection, key: str) -> Stretch | None:
    """How far a stage is; None before it has begun."""
    found = done(connection, key)
    return None if found is None else Stretch(int(found["low"]), int(found["high"]))


def begin_stretch(connection: Connection, key: str, name: str, newest: int) -> Stretch:
    """How far a stage is; one that begins has everything up to the newest message below it."""
    begun = {"low": newest + 1, "high": newest}
    statement = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=key, name=name, result=begun, seconds=0.0
    )
    connection.execute(statement.on_conflict_do_nothing())
    found = stretch_of(connection, key)
    assert found is not None, "it was written just now"
    return found


def grow_up(connection: Connection, key: str, high: int) -> None:
    """The stretch grows upwards."""
    before = _own(connection, key)
    _write(connection, key, Stretch(before.low, max(before.high, high)))


def shard_of(message_id: int) -> int:
    """The first id of the shard that a message is in."""
    return (message_id - 1) // SHARD * SHARD + 1


def down_to(connection: Connection, key: str, first: int) -> int:
    """The id above which a shard is done: its `first` where all of it is, its end or the stretch's where nothing is."""
    stretch = stretch_of(connection, key)
    return _down_to(connection, key, first, first + SHARD if stretch is None else stretch.low)


def grow_down(connection: Connection, key: str, first: int, message_id: int) -> None:
    """A shard is done down to this id, itself included; the stretch takes in what has become one piece with it."""
    set_progress(connection, "Shard", _mark(key, first), {"down_to": message_id})
    if message_id > first:
        return
    stretch = _own(connection, key)
    low = stretch.low
    while low > 1:
        next_first = shard_of(low - 1)
        if _down_to(connection, key, next_first, low) > next_first:
            break
        connection.execute(delete(Stage).where(Stage.fingerprint == _mark(key, next_first)))
        low = next_first
    if low < stretch.low:
        _write(connection, key, Stretch(low, stretch.high))


def forget_stretch(connection: Connection, key: str, newest: int) -> None:
    """Nobody will ask again how far this is; `newest`: no message has a higher id."""
    marks = [_mark(key, first) for first in range(1, newest + 1, SHARD)]
    for page in range(0, len(marks), 500):
        connection.execute(delete(Stage).where(Stage.fingerprint.in_(marks[page : page + 500])))
    connection.execute(delete(Stage).where(Stage.fingerprint == key))


def _down_to(connection: Connection, key: str, first: int, low: int) -> int:
    if low <= first:
        return first
    found = done(connection, _mark(key, first))
    return min(first + SHARD, low) if found is None else int(found["down_to"])


def _mark(key: str, first: int) -> str:
    return fingerprint("shard", key, first)


def _own(connection: Connection, key: str) -> Stretch:
    """How far it is, and nobody else may move it in this transaction."""
    query = select(Stage.result).where(Stage.fingerprint == key).with_for_update()
    found = connection.execute(query).scalar_one()
    return Stretch(int(found["low"]), int(found["high"]))


def _write(connection: Connection, key: str, stretch: Stretch) -> None:
    values = {"low": stretch.low, "high": stretch.high}
    connection.execute(update(Stage).where(Stage.fingerprint == key).values(result=values))
