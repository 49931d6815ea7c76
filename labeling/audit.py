"""The audit log: who did what on whom, from where, and when. Appended, never changed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from core.store import Store
from labeling.models import Person
from labeling.models_people import Audit

PAGE = 50


class Act(enum.StrEnum):
    """What is put on record."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    INVITED = "invited"
    PASSWORD_SET = "password set"  # noqa: S105 - the name of an act
    ROLE_CHANGED = "role changed"
    DEACTIVATED = "deactivated"
    ACTIVATED = "activated"
    TOKEN_ISSUED = "token issued"  # noqa: S105
    TOKEN_REVOKED = "token revoked"  # noqa: S105
    UNMASKED = "unmasked"
    EXPORTED = "exported"
    PROMOTED = "promoted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `who` is None for the command line and for strangers; `at` is in ms."""

    id: int
    at: int
    who: str | None
    action: str
    subject: str
    address: str | None
    detail: dict[str, Any]


def audit(
    connection: Connection,
    action: Act,
    *,
    by: int | None,
    subject: str = "",
    address: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Put an act on record, in the transaction that does it.

    Args:
        connection: inside that transaction.
        action: what was done.
        by: who did it, a person's id; None for somebody at the command line, or a stranger.
        subject: on whom or what, in a few words; never a message's text.
        address: from which network address, where one is known.
        detail: what else is to be known, as JSON.
    """
    row = {"person_id": by, "action": action.value, "subject": subject[:500], "address": address and address[:64]}
    connection.execute(insert(Audit).values(**row, detail=detail or {}))


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
