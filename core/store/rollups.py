"""Adding to the roll-ups, in the transaction that adds the facts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, func
from sqlalchemy.dialects import postgresql, sqlite

from core.store.hot import hot
from core.store.later import Until
from core.store.models import HOUR_MS, SHARDS, ClassCount, ConfusionCount, Message, Origin, Tally

VERDICTS = "verdicts"
FOLDS = "folds"
FOLDS_OF = {str(origin): f"folds:{origin}" for origin in Origin}
"""The same for the messages alone whose label is of that origin, each once (of the first repeat)."""
PREDICTED = "predicted"
VERDICT = "verdict"
RULE = "rule"

message_hour = func.coalesce(Message.sent_at, Message.arrived_at) // HOUR_MS
"""The hour a message counts in (hours since 1970)."""


def any_shard() -> int:
    """The shard that a writer adds its count to."""
    return random.randrange(SHARDS)  # noqa: S311 - spreads load, guards nothing


def upsert(connection: Connection, table: Table) -> Any:
    """The database's own INSERT with ON CONFLICT."""
    return upsert_on(connection.dialect.name, table)


def upsert_on(dialect: str, table: Table) -> Any:
    """The same by the database's name, for statements that are built once."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache  # built once: building it cost more than running it
def _adding(dialect: str, table: Table) -> Any:
    keys = [column.name for column in table.primary_key]
    insert: Any = upsert_on(dialect, table)
    added = insert.on_conflict_do_update(index_elements=keys, set_={"n": table.c.n + insert.excluded.n})
    return hot(added, waits=Until.COMMIT)


def add_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add `n` of each row to the count under its key; the shard is chosen here."""
    shard = any_shard()
    add_whole_rows(connection, table, [{**row, "shard": shard} for row in rows])


def add_whole_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add `n` of each row to the count under its key, in a table without shards or with the shard named."""
    # One order for all writers: two that add to the same counts then never wait for each other in a circle.
    ordered = sorted((row for row in rows if row["n"]), key=lambda row: str(sorted(row.items())))
    if ordered:
        connection.execute(_adding(connection.dialect.name, table), ordered)


def tally(connection: Connection, name: str, n: int) -> None:
    """Add `n` to a plain count."""
    add_rows(connection, Tally.__table__, [{"name": name, "n": n}])  # type: ignore[arg-type]  # it is a Table


def count_rule_votes(connection: Connection, changes: Iterable[tuple[int, str | None, str | None]]) -> None:
    """The rules say something else of messages: (hour, class before, class now) each, None where they abstain."""
    counts: Counter[tuple[int, str]] = Counter()
    for hour, before, after in changes:
        if before is not None:
            counts[hour, before] -= 1
        if after is not None:
            counts[hour, after] += 1
    key = {"series": RULE, "run_id": 0}
    add_rows(
        connection,
        ClassCount.__table__,  # type: ignore[arg-type]  # it is a Table
        [{**key, "hour": hour, "klass": klass, "n": n} for (hour, klass), n in counts.items()],
    )


def count_verdict_truth(
    connection: Connection, hour: int, said: Sequence[tuple[int, str]], before: str | None, after: str | None
) -> None:
    """The office holds a message of that hour to be `after`, and no longer `before` (None: nothing).

    Counts in the classes over time, and in the confusion of every model that has judged the message: `said` has their
    run and class.
    """
    changes = [(klass, sign) for klass, sign in ((before, -1), (after, 1)) if klass is not None]
    key = {"series": VERDICT, "run_id": 0, "hour": hour}
    add_rows(connection, ClassCount.__table__, [{**key, "klass": klass, "n": sign} for klass, sign in changes])  # type: ignore[arg-type]
    cells = [
        {"run_id": run_id, "against": VERDICTS, "truth": klass, "klass": predicted, "n": sign}
        for run_id, predicted in said
        for klass, sign in changes
    ]
    add_rows(connection, ConfusionCount.__table__, cells)  # type: ignore[arg-type]
