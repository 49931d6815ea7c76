"""People, what they may do, and the links that let them in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import NewType

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.errors import AccessError
from core.store import Store
from core.store.hot import hot
from core.store.models import now_ms
from core.store.rollups import upsert
from core.text import storable
from labeling.models import DoorLink, DoorSession, Person, Role

PersonId = NewType("PersonId", int)

HOUR_MS = 3_600_000
LINK_MS = 12 * HOUR_MS
SESSION_MS = 30 * 24 * HOUR_MS
_RANKS = {role: rank for rank, role in enumerate(Role)}

_people = select(Person.id, Person.name, Person.role, Person.simulated).where(Person.active)
PERSON = hot(_people.where(Person.id == bindparam("this_person")))
# NO KEY UPDATE: rows that merely refer to the person need not wait.
PERSON_ALONE = hot(PERSON.with_for_update(key_share=True))
# Asked by every request: built once, along the primary key.
WHOSE = hot(
    select(Person.id, Person.name, Person.role, Person.simulated)
    .join(DoorSession, DoorSession.person_id == Person.id)
    .where(
        DoorSession.token_hash == bindparam("this_session"),
        DoorSession.expires_at > now_ms(),
        DoorSession.revoked_at.is_(None),
        Person.active,
    )
)


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


def add_person(store: Store, name: str, role: Role = Role.REVIEWER, *, simulated: bool = False) -> Reviewer:
    """The person of that name, added where they are new; one who is there keeps their role.

    Raises:
        AccessError: the name is empty or too long.
    """
    name = " ".join(storable(name).split())
    if not 1 <= len(name) <= 80:
        raise AccessError("a person's name has 1 to 80 characters")

    def write(connection: Connection) -> Reviewer:
        row = {"name": name, "role": role, "simulated": simulated}
        connection.execute(upsert(connection, Person.__table__).values(row).on_conflict_do_nothing())  # type: ignore[arg-type]
        return _reviewer(connection.execute(_people.where(Person.name == name)).first())

    return store.write(write)


def _reviewer(row: Row[int, str, str, bool] | None) -> Reviewer:
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
    reviewer = _reviewer(connection.execute(PERSON_ALONE if alone else PERSON, {"this_person": person}).first())
    if not reviewer.may(role):
        raise AccessError(f"{reviewer.name} is a {reviewer.role} here; this takes a {role}")
    return reviewer


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_link(store: Store, person: PersonId, *, lasts_ms: int = LINK_MS) -> str:
    """A token that lets the person in once. The store keeps its hash only."""
    token = secrets.token_urlsafe(24)

    def write(connection: Connection) -> None:
        row = {"token_hash": _hash(token), "person_id": person}
        connection.execute(insert(DoorLink).values(**row, expires_at=now_ms() + lasts_ms))

    store.write(write)
    return token


def use_link(store: Store, token: str) -> str:
    """Let somebody in: the link's token for a session's token, once.

    Raises:
        AccessError: the link was used, has expired, or never was.
    """
    session = secrets.token_urlsafe(32)

    def write(connection: Connection) -> None:
        used = connection.execute(
            update(DoorLink)
            .where(DoorLink.token_hash == _hash(token), DoorLink.used_at.is_(None), DoorLink.expires_at > now_ms())
            .values(used_at=now_ms())
            .returning(DoorLink.person_id)
        ).scalar()
        if used is None:
            raise AccessError("this link was used already, or has expired", fix="'tallyroom link' makes a new one.")
        row = {"token_hash": _hash(session), "person_id": used}
        connection.execute(insert(DoorSession).values(**row, expires_at=now_ms() + SESSION_MS))

    store.write(write)
    return session


def identify(store: Store, session: str) -> Reviewer | None:
    """Whose session this is; None for one that is unknown, expired or revoked."""
    with store.read() as connection:
        row = connection.execute(WHOSE, {"this_session": _hash(session)}).first()
    return None if row is None else Reviewer(PersonId(row.id), row.name, Role(row.role), row.simulated)


def revoke(store: Store, session: str) -> None:
    """End a session, everywhere and at once."""
    store.write(
        lambda c: c.execute(
            update(DoorSession).where(DoorSession.token_hash == _hash(session)).values(revoked_at=now_ms())
        )
    )
