"""A bounded sample of the newest messages and of those before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Message

NEW, OLD = 2_000, 5_000
LOOK_BACK = 200_000
"""The older ones are drawn from so many ids before the newest."""
ASKED_AT_ONCE = 900  # values in an IN: SQLite's old limit
_SEED = 7

Said = tuple[str, str | None]
"""A message's body and sender."""


@dataclass(frozen=True, slots=True)
class NewAndOld:
    """The newest messages, and a sample of those before; `since` is when the oldest of the newest arrived (ms)."""

    new: list[Said]
    old: list[Said]
    since: int | None


def new_and_old(connection: Connection, dataset: DatasetId) -> NewAndOld:
    """The NEW newest messages, and OLD of those before them, drawn evenly. Reads along the primary key alone."""
    top = connection.execute(select(func.coalesce(func.max(Message.id), 0))).scalar_one()
    least = max(0, top - LOOK_BACK)
    columns = (Message.id, Message.body, Message.sender, Message.arrived_at)
    here = (Message.dataset_id == dataset, Message.id > least)
    rows = connection.execute(select(*columns).where(*here).order_by(Message.id.desc()).limit(NEW)).all()
    # A room that begins has no past beside its newest: half of what there is, at most.
    if rows and len(rows) < NEW:
        rows = rows[: max(1, len(rows) // 2)]
    first = rows[-1].id if rows else top + 1
    wanted = np.random.default_rng(_SEED).permutation(np.arange(least + 1, first))[:OLD].tolist()
    old: list[Said] = []
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        part = select(Message.body, Message.sender).where(
            Message.id.in_(wanted[start : start + ASKED_AT_ONCE]), Message.dataset_id == dataset
        )
        old.extend((row.body, row.sender) for row in connection.execute(part))
    return NewAndOld([(row.body, row.sender) for row in rows], old, rows[-1].arrived_at if rows else None)
