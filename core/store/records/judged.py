"""Which messages a model has judged: one stretch of ids, which grows upwards as messages come and downwards by shards.

A shard is a stretch of SHARD ids, the same for every process, so several can judge what lies below at once. How far one
is down is a mark of its own; once all shards above it are done as well, the stretch takes it in, and its mark goes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from core.fingerprint import fingerprint
from core.store.models import RunId, Stage
from core.store.queries.lag import mark_of
from core.store.records.stages import done, set_progress
from core.store.rollups import upsert

NAME = "Predict"
SHARD = 10_000


@dataclass(frozen=True, slots=True)
class Judged:
    """The stretch of message ids that a model has judged: all from `low` to `high`."""

    low: int
    high: int


def judged(connection: Connection, run_id: RunId) -> Judged | None:
    """Where the model stands; None before it has begun."""
    found = done(connection, mark_of(run_id))
    return None if found is None else Judged(int(found["low"]), int(found["high"]))


def begin_judging(connection: Connection, run_id: RunId, newest: int) -> Judged:
    """Where the model stands; one that begins has everything up to the newest message below it."""
    begun = {"low": newest + 1, "high": newest}
    statement = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=mark_of(run_id), name=NAME, result=begun, seconds=0.0
    )
    connection.execute(statement.on_conflict_do_nothing())
    found = judged(connection, run_id)
    assert found is not None, "it was written just now"
    return found


def judged_up_to(connection: Connection, run_id: RunId, high: int) -> None:
    """The stretch grows upwards."""
    before = _own(connection, run_id)
    _write(connection, run_id, Judged(before.low, max(before.high, high)))


def shard_of(message_id: int) -> int:
    """The first id of the shard that a message is in."""
    return (message_id - 1) // SHARD * SHARD + 1


def down_to(connection: Connection, run_id: RunId, first: int, low: int) -> int:
    """The id above which a shard is judged; where it has not begun, its end or the stretch's lower one."""
    found = done(connection, _mark(run_id, first))
    return min(first + SHARD, low) if found is None else int(found["down_to"])


def judged_down_to(connection: Connection, run_id: RunId, first: int, message_id: int) -> None:
    """A shard is judged down to this id, itself included; the stretch takes in what has become one piece with it."""
    set_progress(connection, "PredictShard", _mark(run_id, first), {"down_to": message_id})
    if message_id > first:
        return
    stretch = _own(connection, run_id)
    low = stretch.low
    while low > 1:
        next_first = shard_of(low - 1)
        if down_to(connection, run_id, next_first, low) > next_first:
            break
        connection.execute(delete(Stage).where(Stage.fingerprint == _mark(run_id, next_first)))
        low = next_first
    if low < stretch.low:
        _write(connection, run_id, Judged(low, stretch.high))


def _mark(run_id: RunId, first: int) -> str:
    return fingerprint("predict shard", int(run_id), first)


def _own(connection: Connection, run_id: RunId) -> Judged:
    """Where the model stands, and nobody else may move it in this transaction."""
    query = select(Stage.result).where(Stage.fingerprint == mark_of(run_id)).with_for_update()
    found = connection.execute(query).scalar_one()
    return Judged(int(found["low"]), int(found["high"]))


def _write(connection: Connection, run_id: RunId, stretch: Judged) -> None:
    values = {"low": stretch.low, "high": stretch.high}
    connection.execute(update(Stage).where(Stage.fingerprint == mark_of(run_id)).values(result=values))
