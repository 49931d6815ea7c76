"""Statements that can wait for the next one: PostgreSQL gets them together, in their order.

Each statement is a way to the database and back, and on a busy machine that costs more than what it asks for. Half of a
verdict's statements give nothing back that anybody waits for. They go out with the next one that does, before a
savepoint, and before COMMIT at the latest; with the transaction they are undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event

from core.store.cursor import driver_cursor

WAITING = "tallyroom_waiting"


def add(info: dict[str, Any], statement: bytes) -> None:
    """Let a statement wait on the database connection whose `info` this is."""
    info.setdefault(WAITING, []).append(statement)


def send(info: Mapping[str, Any], cursor: Any) -> None:
    """Run what waits, all in one go; the cursor then has the result of the last."""
    waiting: list[bytes] = info.get(WAITING, [])
    if waiting:
        together = b";\n".join(waiting)
        waiting.clear()
        cursor.execute(together)


def let_wait(engine: Engine) -> None:
    """See to it that on this engine nothing that waits is forgotten, or outlives its transaction."""

    def listen(
        *_first_connection: Any,
    ) -> None:  # SQLAlchemy's own first questions are not asked on a pool's connection
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, _before_another)

    # Not before SQLAlchemy has asked its own first questions: they run on no connection of the pool.
    event.listen(engine, "connect", listen, once=True)
    event.listen(engine, "commit", flush)
    for name in ("begin", "rollback", "rollback_savepoint"):
        event.listen(engine, name, _forget)


def flush(connection: Connection) -> None:
    """Run what waits. Call it before the driver's cursor is used for something else."""
    if connection.info.get(WAITING):
        with driver_cursor(connection, "statements that waited for the next one") as cursor:
            send(connection.info, cursor)


def _before_another(cursor: Any, _statement: str, _parameters: Any, context: Any) -> None:
    send(context.root_connection.info, cursor)


def _forget(connection: Connection, *_named: Any) -> None:
    connection.info.get(WAITING, []).clear()
