"""A comparison as a session: who is there, and the selection that moves for all who follow.

Each server says every few seconds who has a page open at it, in one statement for all of them. A server that is killed
says nothing any more, and its people are gone after `EXPIRE_MS` by the database's clock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from core.store.feed import emit
from core.store.models import now_ms
from core.store.rollups import upsert
from core.text import storable
from labeling.comparison_models import ComparisonPresence, ComparisonSelection
from labeling.comparisons.opening import comparison_of
from labeling.models import Person, Role
from labeling.people import PersonId, require

PRESENCE_SECONDS = 4.0
EXPIRE_MS = 13_000
"""Three times that, and what a busy store may take for one."""
NAME_MOST = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a comparison: a cell of the matrix (or a class: `truth` alone) or a kind of message, and a message."""

    truth: str | None = None
    predicted: str | None = None
    kind: str | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """Somebody's selection, for all; `id` grows with each."""

    id: int
    person_id: int
    by: str
    at: int
    selection: Selection


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has a page of the comparison open, at whichever server, in however many tabs."""

    person_id: int
    name: str


Here = Collection[tuple[int, PersonId]]
"""Who has pages open at a server: (comparison, person)."""


def be_there(connection: Connection, server: str, here: Here, before: Here = ()) -> None:
    """Say who has pages open at this server; `before` is what it said last, and whoever left is told of at once."""
    table = ComparisonPresence
    rows = [{"comparison_id": one, "person_id": person, "server": server} for one, person in sorted(here)]
    if rows:
        new = upsert(connection, table.__table__)  # type: ignore[arg-type]  # it is a Table
        keys = [column.name for column in table.__table__.primary_key]
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_={"seen_at": now_ms()}), rows)
    for one, person in sorted(set(before) - set(here)):
        gone = (table.comparison_id == one, table.person_id == person, table.server == server)
        connection.execute(delete(table).where(*gone))
    moved = sorted({one for one, _ in set(here) ^ set(before)})
    if moved:
        # Rows of servers that were killed: nobody counts them, and here they are few.
        connection.execute(delete(table).where(table.seen_at < now_ms() - 10 * EXPIRE_MS))
    for one in moved:
        emit(connection, "comparison", comparison_id=one, what="presence")


def present(connection: Connection, comparison_id: int) -> list[Present]:
    """Who is there now, by name; two tabs of one person count once."""
    query = (
        select(Person.id, Person.name)
        .join(ComparisonPresence, ComparisonPresence.person_id == Person.id)
        .where(
            ComparisonPresence.comparison_id == comparison_id,
            ComparisonPresence.seen_at > now_ms() - EXPIRE_MS,
            Person.active,
        )
        .distinct()
        .order_by(Person.name)
    )
    return [Present(*row) for row in connection.execute(query)]


def select_part(connection: Connection, comparison_id: int, selection: Selection, *, by: PersonId) -> int:
    """Select a part for all; gives the id under which it stands. The same one again is not stored again.

    Raises:
        AccessError: the person is no lead.
        DeskError: there is no such comparison.
    """
    require(connection, by, Role.LEAD)
    comparison_of(connection, comparison_id)
    texts = {name: getattr(selection, name) for name in ("truth", "predicted", "kind")}
    tidy = {name: None if text is None else storable(text)[:NAME_MOST] for name, text in texts.items()}
    wanted = Selection(**tidy, message=selection.message)
    now = selected(connection, comparison_id)
    if now is not None and now.selection == wanted:
        return now.id
    row = {"comparison_id": comparison_id, "person_id": by, "selection": asdict(wanted)}
    new = insert(ComparisonSelection).returning(ComparisonSelection.id)
    selection_id: int = connection.execute(new, row).scalar_one()
    emit(connection, "comparison", comparison_id=comparison_id, what="selection")
    return selection_id


def selected(connection: Connection, comparison_id: int) -> Selected | None:
    """The selection that stands; None before the first."""
    row = connection.execute(
        select(
            ComparisonSelection.id,
            ComparisonSelection.person_id,
            Person.name,
            ComparisonSelection.at,
            ComparisonSelection.selection,
        )
        .join(Person, Person.id == ComparisonSelection.person_id)
        .where(ComparisonSelection.comparison_id == comparison_id)
        .order_by(ComparisonSelection.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Selected(row.id, row.person_id, row.name, row.at, Selection(**row.selection))
