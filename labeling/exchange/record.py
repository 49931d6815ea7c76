"""What leaves the room goes on record."""

from __future__ import annotations

from sqlalchemy import Connection

from core.store import emit
from labeling.audit import Act, audit


def exported(
    connection: Connection,
    what: str,
    *,
    by: int | None,
    name: str,
    n: int | None = None,
    address: str | None = None,
) -> None:
    """Put an export on record, as an event and in the audit log, in one transaction; before a row of it goes out.

    Args:
        connection: inside that transaction.
        what: labels, a set of them, verdicts.
        by: who asked, a person's id; None at the command line.
        name: their name.
        n: how many rows, where that is known.
        address: from which network address.
    """
    count = {} if n is None else {"n": n}
    emit(connection, "exported", what=what, person=name, **count)
    audit(connection, Act.EXPORTED, by=by, subject=what, address=address, detail=count)
