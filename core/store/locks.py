"""The one lock between verdicts and the batches that count labels."""

from __future__ import annotations

from sqlalchemy import Connection, text

LABELS_LOCK = 7_301


def share_labels_lock(connection: Connection) -> None:
    """Hold off `own_labels_lock` until this transaction ends. Verdicts take it; they do not wait for one another."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": LABELS_LOCK})


def own_labels_lock(connection: Connection) -> None:
    """Wait until no transaction is changing labels, and keep new ones waiting until this one ends.

    Needed where a batch joins labels with its own rows (a roll-up would miss a verdict in flight), and where the
    last label id is read (ids commit out of order). SQLite's writers are alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LABELS_LOCK})
