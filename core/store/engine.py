"""Opening a database so that what it acknowledges is durable, and its faults are told in a sentence."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import StoreDownError, StoreError
from core.store.later import let_wait

SQLITE_BUSY_MS = 30_000
SQLITE_RETRY_SECONDS = 0.002
RESTED_SECONDS = 1.0
IDLE_MS = 10_000
"""So long a writing transaction may wait for its own process. One that was stopped (a laptop's lid, SIGSTOP) would
hold its locks, and with them the whole office; PostgreSQL ends it, and what it had not committed is sent again."""


def parse_url(url: str, folder: Path) -> URL:
    """The database's address; a relative SQLite file is taken from `folder`, the room.

    Raises:
        StoreError: neither SQLite nor PostgreSQL, or no address at all.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "the store's url is not a database address",
            where="[store] url",
            fix="Use sqlite:///tallyroom.db or postgresql://user@host/database.",
        ) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreError("the store must be a file", where="[store] url", fix="Use sqlite:///tallyroom.db.")
        return parsed.set(drivername="sqlite+pysqlite", database=str((folder / parsed.database).resolve()))
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg2")
    raise StoreError(
        f"Tallyroom keeps its store in SQLite or PostgreSQL, not in {kind}",
        where="[store] url",
        fix="Use sqlite:///tallyroom.db or postgresql://user@host/database.",
    )


def open_engine(url: URL, *, writes: bool = False) -> Engine:
    """An engine whose commits are on disk before they return.

    Args:
        url: the database.
        writes: for a writer's transactions, which on PostgreSQL are ended where their process stands still.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = ["synchronous_commit=on", "timezone=UTC"]
    if writes:
        options.append(f"idle_in_transaction_session_timeout={IDLE_MS}")
    engine = create_engine(
        url,
        pool_size=12,
        max_overflow=8,
        connect_args={"connect_timeout": 5, "options": " ".join(f"-c {option}" for option in options)},
    )
    let_wait(engine)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", _ping_after_rest)
    return engine


def _note_time(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_after_rest(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """SQLAlchemy's `pool_pre_ping`, but for connections that were of use a moment ago: it is a way to the database."""
    if time.monotonic() - record.info.get("used", 0.0) < RESTED_SECONDS:
        return
    raw: Any = connection
    try:
        raw.autocommit = True
        with raw.cursor() as cursor:
            cursor.execute("SELECT 1")
        raw.autocommit = False
    except psycopg2.Error as error:
        raise InvalidatePoolError from error


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    connection.isolation_level = None  # we begin our own transactions, see below
    cursor = connection.cursor()
    # FULL: NORMAL loses acknowledged verdicts in a power cut.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=0",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    raw = connection.connection.dbapi_connection
    if not connection.get_execution_options().get("write", False):
        raw.execute("BEGIN")
        return
    # A writer takes the lock at once: a reader that turns writer halfway is refused when somebody wrote between.
    # We wait for it ourselves: SQLite's own waiting sleeps up to 100 ms at a time, and sleeps through the gap that
    # a loading pipeline leaves between two of its batches.
    give_up = time.monotonic() + SQLITE_BUSY_MS / 1000
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(SQLITE_RETRY_SECONDS)
        else:
            return


def place(url: URL) -> str:
    """The database's address in a sentence, without user or password."""
    if url.get_backend_name() == "sqlite":
        return os.path.relpath(str(url.database))
    return f"PostgreSQL at {url.host or 'the local socket'}:{url.port or 5432}, database {url.database}"


@contextmanager
def told_in_a_sentence(url: URL) -> Iterator[None]:
    """Turn a database's connection faults into `StoreDownError`, with the cause kept."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _down(url, error.orig or error) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _down(url, error.orig or error) from error
        raise
    except (sqlite3.OperationalError, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise _down(url, error) from error


def _down(url: URL, error: BaseException) -> StoreError:
    reason = next(iter(str(error).strip().splitlines()), "no answer")
    if url.get_backend_name() == "sqlite":
        fix = "Look whether the folder exists, can be written and has room, and whether another program holds it."
    else:
        fix = "Start the database or mend [store] url; what was acknowledged is safe."
    return StoreDownError(f"the store does not answer ({reason})", where=place(url), fix=fix)
