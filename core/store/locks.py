"""The few moments at which writers must not overlap."""

from __future__ import annotations

from sqlalchemy import Connection, text

from core.store.hot import hot
from core.store.later import Until

_SHARE = hot(text("SELECT pg_advisory_xact_lock_shared(:key)"), waits=Until.NEXT)
LABELS_LOCK = 7_301
MESSAGES_LOCK = 7_302
RUNS_LOCK = 7_303
QUEUES_LOCK = 7_304


def share_labels_lock(connection: Connection) -> None:
    """Hold off `own_labels_lock` until this transaction ends. Verdicts take it; they do not wait for one another."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SHARE, {"key": LABELS_LOCK})


def own_labels_lock(connection: Connection) -> None:
    """Wait until no transaction is changing labels, and keep new ones waiting until this one ends.

    Needed where a batch joins labels with its own rows (a roll-up would miss a verdict in flight), and where the
    last label id is read (ids commit out of order). SQLite's writers are alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LABELS_LOCK})


def own_messages_lock(connection: Connection) -> None:
    """One transaction at a time adds messages: their ids then commit in order, and "all after id n" misses none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MESSAGES_LOCK})


def own_run_versions(connection: Connection) -> None:
    """One transaction at a time begins runs: two processes that share a benchmark begin each of them once."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": RUNS_LOCK})


def own_making_of_queues(connection: Connection) -> None:
    """One transaction at a time looks whether a queue is there and makes it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": QUEUES_LOCK})
