"""A comparison as its pages have it: what the verdicts say now, notes, decisions, who is there, what is selected."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from labeling.comparisons import (
    comparison_of,
    decisions,
    frozen,
    notes,
    present,
    runs_of,
    selected,
    standing,
)


def evidence_of(connection: Connection, comparison_id: int) -> dict[str, Any]:
    """What moves with verdicts, notes and decisions.

    Raises:
        DeskError: there is no such comparison.
    """
    found = comparison_of(connection, comparison_id)
    now = standing(connection, comparison_id)
    waiting = {} if now is None else {"queued": now.queued, "waiting": len(now.waiting)}
    return {
        **asdict(found),
        "runs": runs_of(connection, found),
        "settle": None if now is None else {**(frozen(now) or {}), **waiting},
        "notes": [asdict(note) for note in notes(connection, comparison_id)],
        "decisions": [asdict(each) for each in decisions(connection, comparison_id)],
    }


def company_of(connection: Connection, comparison_id: int) -> dict[str, Any]:
    """What moves with people: who is there, and the selection that stands."""
    now = selected(connection, comparison_id)
    return {
        "present": [asdict(each) for each in present(connection, comparison_id)],
        "selected": None if now is None else asdict(now),
    }
