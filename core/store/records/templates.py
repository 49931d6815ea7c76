"""Mined templates in, counted in the same transaction."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, func

from core.store import bulk
from core.store.models import MessageTemplate, Template, TemplateKey, TemplatePattern, TemplateSize
from core.store.rollups import upsert

_size: Table = TemplateSize.__table__  # type: ignore[assignment]


def add_templates(connection: Connection, founded: pd.DataFrame, keys: pd.DataFrame) -> None:
    """Append templates (id, dataset_id, pattern) with their keys (key, template_id)."""
    bulk.append(connection, Template.__table__, founded)  # type: ignore[arg-type]  # it is a Table
    bulk.append(connection, TemplateKey.__table__, keys)  # type: ignore[arg-type]


def add_members(connection: Connection, members: pd.DataFrame) -> None:
    """Append which messages are of which template (message_id, template_id), and count them.

    Args:
        connection: inside a transaction.
        members: with `at` (ms) and `founder_at` besides: when the template's first message was sent. A template is
            counted from its second message on.
    """
    bulk.append(connection, MessageTemplate.__table__, members[["message_id", "template_id"]])  # type: ignore[arg-type]
    joined = members[members["message_id"] != members["template_id"]]
    if joined.empty:
        return
    grown = joined.groupby("template_id", as_index=False).agg(
        n=("at", "size"), first=("at", "min"), last=("at", "max"), founder=("founder_at", "first")
    )
    statement: Any = upsert(connection, _size)
    new = statement.excluded
    on_postgresql = connection.dialect.name == "postgresql"
    least, most = (func.least, func.greatest) if on_postgresql else (func.min, func.max)
    statement = statement.on_conflict_do_update(
        index_elements=["template_id"],
        set_={
            "n": _size.c.n + new.n - 1,  # the founder is there already
            "first_seen": least(_size.c.first_seen, new.first_seen),
            "last_seen": most(_size.c.last_seen, new.last_seen),
        },
    )
    rows = pd.DataFrame(
        {
            "template_id": grown["template_id"],
            "n": grown["n"] + 1,
            "first_seen": grown[["first", "founder"]].min(axis=1),
            "last_seen": grown[["last", "founder"]].max(axis=1),
        }
    )
    connection.execute(statement, [dict(zip(rows.columns, row, strict=True)) for row in rows.to_numpy().tolist()])


def widen(connection: Connection, patterns: pd.DataFrame) -> None:
    """Append wider patterns: template_id, pattern, supersedes (the row before it, missing where there is none)."""
    bulk.append(connection, TemplatePattern.__table__, patterns)  # type: ignore[arg-type]
