"""The withdrawals on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.store import Store
from labeling.models import Person, Withdrawal, WithdrawalKind


@dataclass(frozen=True, slots=True)
class Entry:
    """A withdrawal on record; `taken_back_by` names the one that took it back."""

    id: int
    kind: WithdrawalKind
    what: str
    reason: str
    made_by: str
    at: int
    done: bool
    taken_back_by: int | None


def withdrawals(store: Store) -> list[Entry]:
    """All withdrawals that were made, the newest first."""
    with store.read() as connection:
        rows = connection.execute(
            select(Withdrawal.__table__, Person.name.label("person"))
            .outerjoin(Person, Person.id == Withdrawal.person_id)
            .order_by(Withdrawal.id.desc())
        ).all()
    backs = {row.takes_back: row.id for row in rows if row.takes_back is not None}
    return [
        Entry(
            row.id,
            WithdrawalKind(row.kind),
            _what(row),
            row.reason,
            row.made_by,
            row.at,
            row.derived_at is not None,
            backs.get(row.id),
        )
        for row in rows
    ]


def _what(row: Any) -> str:
    import pandas as pd  # here: pandas takes a second to import

    if row.kind == WithdrawalKind.BACK:
        return f"withdrawal {row.takes_back} taken back"
    if row.kind == WithdrawalKind.DAY:
        return f"all verdicts from {pd.Timestamp(row.since, unit='ms')} to {pd.Timestamp(row.until, unit='ms')} UTC"
    return f"the verdicts of {row.person}" if row.kind == WithdrawalKind.PERSON else f"the rule {row.rule}"
