"""The audit log: who did what on whom, from where, and when. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.store import Store
from core.store.models import Audit
from core.store.records.audit import Act, audit
from labeling.models import Person

__all__ = ["PAGE", "Act", "Entry", "audit", "entries"]
PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `who` is None for the command line, the pipeline and strangers; `at` is in ms."""

    id: int
    at: int
    who: str | None
    action: str
    subject: str
    address: str | None
    detail: dict[str, Any]


def entries(store: Store, *, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """The log's lines, newest first; those older than the line `before`."""
    query = (
        select(Audit.id, Audit.at, Person.name, Audit.action, Audit.subject, Audit.address, Audit.detail)
        .outerjoin(Person, Person.id == Audit.person_id)
        .order_by(Audit.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Audit.id < before)
    with store.read() as connection:
        return [Entry(*row) for row in connection.execute(query)]
