"""Putting acts on record."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import Connection, insert

from core.store.feed import emit
from core.store.models import Audit


class Act(enum.StrEnum):
    """What is put on record."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    INVITED = "invited"
    PASSWORD_SET = "password set"  # noqa: S105 - the name of an act
    LINKED = "linked to the provider"
    ROLE_CHANGED = "role changed"
    DEACTIVATED = "deactivated"
    ACTIVATED = "activated"
    TOKEN_ISSUED = "token issued"  # noqa: S105
    TOKEN_REVOKED = "token revoked"  # noqa: S105
    UNMASKED = "unmasked"
    EXPORTED = "exported"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    OFFICE_ASKED = "office asked"
    DECIDED = "comparison decided"
    DELETED = "deleted"
    ACKNOWLEDGED = "acknowledged"
    TASK_RERUN = "task run again"
    TASK_CANCELLED = "task cancelled"


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
        by: who did it, a person's id; None for the command line, the pipeline, or a stranger.
        subject: on whom or what, in a few words; never a message's text.
        address: from which network address, where one is known.
        detail: what else is to be known, as JSON; `by` in it names who did it where that is no person.
    """
    row = {"person_id": by, "action": action.value, "subject": subject[:500], "address": address and address[:64]}
    connection.execute(insert(Audit).values(**row, detail=detail or {}))
    emit(connection, "audit", act=action.value)
