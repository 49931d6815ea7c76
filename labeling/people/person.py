"""A person, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NewType

from sqlalchemy import Connection, Row, bindparam, select

from core.errors import AccessError
from core.store import Store
from core.store.hot import hot
from core.store.rollups import upsert
from core.text import storable
from labeling.models import Person, Role

PersonId = NewType("PersonId", int)

HOUR_MS = 3_600_000
_RANKS = {role: rank for rank, role in enumerate(Role)}

_people = select(Person.id, Person.name, Person.role, Person.simulated).where(Person.active)
PERSON = hot(_people.where(Person.id == bindparam("this_person")))
# NO KEY UPDATE: rows that merely refer to the person need not wait.
PERSON_ALONE = hot(PERSON.with_for_update(key_share=True))


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person as the desk and the pages know them."""

    id: PersonId
    name: str
    role: Role
    simulated: bool

    def may(self, role: Role) -> bool:
        """Whether this person may do what `role` may."""
        return _RANKS[self.role] >= _RANKS[role]


def tidy_name(name: str) -> str:
    """The name in the one form in which it is kept.

    Raises:
        AccessError: it is empty or too long.
    """
    name = " ".join(storable(name).split())
    if not 1 <= len(name) <= 80:
        raise AccessError("a person's name has 1 to 80 characters")
    return name


def add_person(store: Store, name: str, role: Role = Role.REVIEWER, *, simulated: bool = False) -> Reviewer:
    """The person of that name, added where they are new; one who is there keeps their role.

    Raises:
        AccessError: the name is empty or too long, or belongs to somebody deactivated.
    """
    name = tidy_name(name)
    return store.write(lambda connection: insert_person(connection, name, role, simulated=simulated))


def insert_person(connection: Connection, name: str, role: Role, *, simulated: bool = False) -> Reviewer:
    """As `add_person`, inside a transaction; `name` is tidy."""
    row = {"name": name, "role": role, "simulated": simulated}
    connection.execute(upsert(connection, Person.__table__).values(row).on_conflict_do_nothing())  # type: ignore[arg-type]
    return reviewer_of(connection.execute(_people.where(Person.name == name)).first())


def named(connection: Connection, name: str) -> Reviewer | None:
    """The active person of that name, or None."""
    row = connection.execute(_people.where(Person.name == name)).first()
    return None if row is None else reviewer_of(row)


def reviewer_of(row: Row[*tuple[Any, ...]] | None) -> Reviewer:
    """A row with id, name, role and simulated as a person.

    Raises:
        AccessError: there is none.
    """
    if row is None:
        raise AccessError("there is no such person here", fix="Ask for a link: 'tallyroom link' makes one.")
    return Reviewer(PersonId(row.id), row.name, Role(row.role), row.simulated)


def require(connection: Connection, person: PersonId, role: Role, *, alone: bool = False) -> Reviewer:
    """The person, if they may do what `role` may. Checked here, below the pages, for every write.

    Args:
        connection: inside a transaction.
        person: who asks.
        role: what it takes.
        alone: let the person's other requests wait until this transaction ends.

    Raises:
        AccessError: they may not, or are no longer here.
    """
    reviewer = reviewer_of(connection.execute(PERSON_ALONE if alone else PERSON, {"this_person": person}).first())
    if not reviewer.may(role):
        raise AccessError(f"{reviewer.name} is a {reviewer.role} here; this takes a {role}")
    return reviewer
