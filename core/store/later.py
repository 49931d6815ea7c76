"""Statements that can wait: PostgreSQL gets them together, in their order.

Each statement is a way to the database and back, and on a busy machine that costs more than what it asks for. Half of a
verdict's statements give nothing back that anybody waits for. They go out with the next one that does; with the
transaction they are undone.

Counts and events wait longer, until COMMIT: whoever has added to a count holds it until then, and everybody who adds to
the same one waits for that. Whoever reads a table for which something waits gets it written first.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_INERROR
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from core.store.cursor import driver_cursor

WAITING = "tallyroom_waiting"
LAST = "tallyroom_last"


class Until(enum.Enum):
    """How long a statement may wait."""

    NEXT = "the next statement whose rows are wanted"
    COMMIT = "the transaction's end, or a look at its table"


def add(info: dict[str, Any], statement: bytes) -> None:
    """Let a statement wait for the next on the database connection whose `info` this is."""
    info.setdefault(WAITING, []).append(statement)


def add_last(info: dict[str, Any], table: str, statement: bytes) -> None:
    """Let a statement that writes to a table wait until COMMIT, or until somebody reads that table."""
    info.setdefault(LAST, []).append((table, statement))


def send(info: Mapping[str, Any], cursor: Any, reads: Collection[str] | None = None) -> None:
    """Run what waits, all in one go; the cursor then has the result of the last.

    Args:
        info: of the database connection.
        cursor: the driver's.
        reads: the names in the last statement; where they are left out, nothing may wait any longer.
    """
    waiting: list[bytes] = info.get(WAITING, [])
    last: list[tuple[str, bytes]] = info.get(LAST, [])
    together = list(waiting)
    if reads is None or any(table in reads for table, _ in last):
        place = len(together) - (reads is not None)  # behind a savepoint that waits, in front of who looks
        together[place:place] = [statement for _, statement in last]
        last.clear()
    waiting.clear()
    if together:
        cursor.execute(b";\n".join(together))


def waiting_last(info: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """What waits until COMMIT."""
    return list(info.get(LAST, []))


def take_back(info: dict[str, Any], statement: bytes, last: list[tuple[str, bytes]]) -> bool:
    """Forget a statement that still waits for the next, and all behind it; False where it has gone out.

    Args:
        info: of the database connection.
        statement: the one.
        last: what waited until COMMIT when it was added. It waits anew: had it gone out, it would be undone.
    """
    info[LAST] = last
    waiting: list[bytes] = info.get(WAITING, [])
    if statement not in waiting:
        return False
    del waiting[waiting.index(statement) :]
    return True


def let_wait(engine: Engine) -> None:
    """See to it that on this engine nothing that waits is forgotten, or outlives its transaction."""

    def listen(
        *_first_connection: Any,
    ) -> None:  # SQLAlchemy's own first questions are not asked on a pool's connection
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, _before_another)

    # Not before SQLAlchemy has asked its own first questions: they run on no connection of the pool.
    event.listen(engine, "connect", listen, once=True)
    event.listen(engine, "commit", _before_commit)
    for name in ("begin", "rollback", "rollback_savepoint"):
        event.listen(engine, name, _forget)


def flush(connection: Connection) -> None:
    """Run what waits. Call it before the driver's cursor is used for something else."""
    if connection.info.get(WAITING) or connection.info.get(LAST):
        with driver_cursor(connection, "statements that waited for the next one") as cursor:
            send(connection.info, cursor)


def _before_commit(connection: Connection) -> None:
    """PostgreSQL answers the COMMIT of a transaction that it has given up with a ROLLBACK, and calls that no error."""
    flush(connection)
    raw: Any = connection.connection.dbapi_connection
    if raw.get_transaction_status() == TRANSACTION_STATUS_INERROR:
        given_up = RuntimeError("an error in it was passed over")
        raise OperationalError("COMMIT of a transaction that was given up", None, given_up)


def _before_another(cursor: Any, _statement: str, _parameters: Any, context: Any) -> None:
    send(context.root_connection.info, cursor)


def _forget(connection: Connection, *_named: Any) -> None:
    if connection.invalidated:  # the line broke, and what waited on it went with it: to ask for it would hide why
        return
    for name in (WAITING, LAST):
        connection.info.get(name, []).clear()
