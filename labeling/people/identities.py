"""People who sign in through the office's own provider: known by what it calls them for ever, and not by a name.

Names and mail addresses change hands; what a provider calls its `sub` does not. So nobody becomes somebody who is here
already by having their name: that takes an invitation.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from labeling.audit import Act, audit
from labeling.models import Person, Role
from labeling.models_people import Identity, Invitation
from labeling.people.office import give_role, last_admin
from labeling.people.person import PersonId, Reviewer, insert_person, named, reviewer_of, tidy_name
from labeling.people.sessions import Entrance, begin, end_all, hash_of

BY = "provider"


@dataclass(frozen=True, slots=True)
class Presented:
    """Somebody as the provider presents them.

    `role` is what it says they may do here, None where it has no say; `new` is the role of somebody new, None where
    nobody comes in without an invitation.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None = None
    new: Role | None = None


def enter(store: Store, who: Presented, entrance: Entrance, invitation: str = "") -> str:
    """Let somebody in whom the provider vouches for; gives the session's token.

    Args:
        store: the room's store.
        who: whom.
        entrance: how they come in.
        invitation: the token of an invitation that they bring: it makes them who it is for.

    Raises:
        AccessError: they are deactivated, were not invited, or somebody else has their name.
    """
    name = tidy_name(who.name)

    def write(connection: Connection) -> str:
        if invitation:
            person = _invited(connection, who, invitation, entrance)
        else:
            person = _known(connection, who) or _new(connection, who, name)
        _take_role(connection, person, who.role, entrance)
        return begin(connection, person.id, entrance, BY)

    return store.write(write)


def put_failure_on_record(store: Store, address: str | None, why: str) -> None:
    """That somebody came from the provider and was not let in."""
    detail = {"by": BY, "why": why[:200]}
    store.write(lambda c: audit(c, Act.SIGN_IN_FAILED, by=None, address=address, detail=detail))


def _known(connection: Connection, who: Presented) -> Reviewer | None:
    row = connection.execute(
        select(Person.id, Person.name, Person.role, Person.simulated, Person.active)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.issuer == who.issuer, Identity.subject == who.subject)
    ).first()
    if row is None:
        return None
    if not row.active:
        raise AccessError(f"{row.name} was deactivated", fix="Ask an admin.")
    return reviewer_of(row)


def _new(connection: Connection, who: Presented, name: str) -> Reviewer:
    if connection.execute(select(Person.id).where(Person.name == name)).first() is not None:
        raise AccessError(
            f"somebody here is called {name} already",
            fix="Where that is you, ask an admin for a link, and go on to the provider from there.",
        )
    role = who.role or who.new
    if role is None:
        raise AccessError("nobody has invited you yet", fix="Ask an admin for a link.")
    person = insert_person(connection, name, role)
    _link(connection, who, person)
    return person


def _invited(connection: Connection, who: Presented, invitation: str, entrance: Entrance) -> Reviewer:
    used = connection.execute(
        update(Invitation)
        .where(
            Invitation.token_hash == hash_of(invitation),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now_ms(),
        )
        .values(used_at=now_ms())
        .returning(Invitation.name, Invitation.role)
    ).first()
    if used is None:
        raise AccessError("this invitation was used already, or has expired", fix="Ask an admin for a new one.")
    other = _known(connection, who)
    if other is not None and other.name != used.name:
        raise AccessError(f"the provider's account is that of {other.name} here", fix="Sign in as somebody else there.")
    person = named(connection, used.name) or insert_person(connection, used.name, Role(used.role))
    if other is None:
        _link(connection, who, person)
    end_all(connection, person.id)
    detail = {"issuer": who.issuer, "as": who.name}
    audit(connection, Act.LINKED, by=person.id, subject=person.name, address=entrance.address, detail=detail)
    return person


def _link(connection: Connection, who: Presented, person: Reviewer) -> None:
    row = {"issuer": who.issuer, "subject": who.subject, "person_id": person.id}
    connection.execute(insert(Identity).values(**row))


def _take_role(connection: Connection, person: Reviewer, role: Role | None, entrance: Entrance) -> None:
    """The provider's word on a role counts, but that it cannot leave the room without an admin."""
    if role is None or role == person.role or last_admin(connection, person.id):
        return
    give_role(connection, PersonId(person.id), role, by=None, address=entrance.address, detail={"by": BY})
