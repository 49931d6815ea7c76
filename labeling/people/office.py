"""Who is in the office: the list, roles, who is in and who is out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from labeling.audit import Act, audit
from labeling.models import DoorSession, Person, Role
from labeling.models_people import Account, ApiToken, Invitation
from labeling.people.accounts import has_password
from labeling.people.person import PersonId, require
from labeling.people.sessions import end_all, still_open


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the list of people shows them; times in ms."""

    id: int
    name: str
    role: str
    active: bool
    simulated: bool
    password: bool
    invited: bool
    seen_at: int | None
    sessions: tuple[SessionFacts, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """An open session: `name` is the beginning of its hash, which opens nothing."""

    name: str
    created_at: int
    seen_at: int
    address: str | None
    agent: str | None


def members(connection: Connection) -> list[Member]:
    """Everybody, active ones first, by name."""
    open_sessions = _sessions(connection)
    seen = select(DoorSession.person_id, func.max(DoorSession.seen_at)).group_by(DoorSession.person_id)
    last = {person: at for person, at in connection.execute(seen)}  # noqa: C416 - rows are no pairs to mypy
    passwords = set(connection.execute(select(Account.person_id)).scalars())
    waiting = select(Invitation.name).where(Invitation.used_at.is_(None), Invitation.expires_at > now_ms())
    invitations = set(connection.execute(waiting).scalars())
    live = select(ApiToken.person_id, func.count()).where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now_ms())
    counts = {person: n for person, n in connection.execute(live.group_by(ApiToken.person_id))}  # noqa: C416
    people = connection.execute(
        select(Person.id, Person.name, Person.role, Person.active, Person.simulated).order_by(
            Person.active.desc(), Person.simulated, func.lower(Person.name)
        )
    ).all()
    known = [
        Member(
            id=row.id,
            name=row.name,
            role=row.role,
            active=row.active,
            simulated=row.simulated,
            password=row.id in passwords,
            invited=row.name in invitations,
            seen_at=last.get(row.id),
            sessions=tuple(open_sessions.get(row.id, ())),
            tokens=counts.get(row.id, 0),
        )
        for row in people
    ]
    return [*known, *_awaited(connection, {row.name for row in people})]


def _awaited(connection: Connection, known: set[str]) -> list[Member]:
    """Those who were invited and have not come yet."""
    query = select(Invitation.name, Invitation.role).where(
        Invitation.used_at.is_(None), Invitation.expires_at > now_ms()
    )
    return [
        Member(0, row.name, row.role, True, False, False, True, None, (), 0)
        for row in connection.execute(query.order_by(Invitation.name))
        if row.name not in known
    ]


def _sessions(connection: Connection) -> dict[int, list[SessionFacts]]:
    found: dict[int, list[SessionFacts]] = defaultdict(list)
    query = (
        select(
            DoorSession.person_id,
            DoorSession.token_hash,
            DoorSession.created_at,
            func.coalesce(DoorSession.seen_at, DoorSession.created_at).label("seen_at"),
            DoorSession.address,
            DoorSession.agent,
        )
        .join(Person, Person.id == DoorSession.person_id)
        .where(still_open())
        .order_by(DoorSession.created_at.desc())
    )
    for row in connection.execute(query):
        facts = SessionFacts(row.token_hash[:12], row.created_at, row.seen_at, row.address, row.agent)
        found[row.person_id].append(facts)
    return found


def may_listen_outside(store: Store) -> bool:
    """Whether other machines may be let in: an admin with a password is there to look after them."""
    with store.read() as connection:
        return has_password(connection, Role.ADMIN)


def set_role(store: Store, person: PersonId, role: Role, *, by: PersonId | None, address: str | None = None) -> None:
    """Give somebody another role. Their open sessions end with the old one: each page gets a new session as it loads.

    Raises:
        AccessError: `by` is no admin, there is no such person, or the room would be without an admin.
    """

    def write(connection: Connection) -> None:
        admins = _admins(connection)
        _require_admin(connection, by)
        was = require(connection, person, Role.VIEWER, alone=True)
        if was.role == role:
            return
        _require_another(admins, person)
        give_role(connection, person, role, by=by, address=address)

    store.write(write)


def give_role(
    connection: Connection,
    person: PersonId,
    role: Role,
    *,
    by: PersonId | None,
    address: str | None = None,
    detail: dict[str, str] | None = None,
) -> None:
    """As `set_role`, inside a transaction that has looked at who may do it; an admin's open invitations end."""
    was = require(connection, person, Role.VIEWER, alone=True)
    connection.execute(update(Person).where(Person.id == person).values(role=role.value))
    if was.role == Role.ADMIN:
        _end_invitations(connection, Invitation.invited_by == person)
    told = {"from": was.role.value, "to": role.value, **(detail or {})}
    audit(connection, Act.ROLE_CHANGED, by=by, subject=was.name, detail=told, address=address)


def last_admin(connection: Connection, person: PersonId) -> bool:
    """Whether the room would be without an admin if this person were none; the admins are locked until the end."""
    return _admins(connection) == {person}


def set_active(
    store: Store, person: PersonId, active: bool, *, by: PersonId | None, address: str | None = None
) -> None:
    """Let somebody out for good, or in again. Their sessions, links, tokens and invitations end; what they said stays.

    Raises:
        AccessError: `by` is no admin, there is no such person, or the room would be without an admin.
    """

    def write(connection: Connection) -> None:
        admins = _admins(connection)
        _require_admin(connection, by)
        row = connection.execute(
            select(Person.name, Person.active, Person.role).where(Person.id == person).with_for_update(key_share=True)
        ).first()
        if row is None:
            raise AccessError("there is no such person here")
        if row.active == active:
            return
        if not active:
            _require_another(admins, person)
            end_all(connection, person)
            ended = update(ApiToken).where(ApiToken.person_id == person, ApiToken.revoked_at.is_(None))
            connection.execute(ended.values(revoked_at=now_ms()))
            _end_invitations(connection, or_(Invitation.invited_by == person, Invitation.name == row.name))
        connection.execute(update(Person).where(Person.id == person).values(active=active))
        audit(connection, Act.ACTIVATED if active else Act.DEACTIVATED, by=by, subject=row.name, address=address)

    store.write(write)


def sign_out(store: Store, person: PersonId, *, by: PersonId | None, address: str | None = None) -> int:
    """End all sessions and unused links of somebody; gives how many sessions that were.

    Raises:
        AccessError: `by` is neither the person nor an admin, or there is no such person.
    """

    def write(connection: Connection) -> int:
        if by != person:
            _require_admin(connection, by)
        whose = require(connection, person, Role.VIEWER)
        ended = end_all(connection, person)
        audit(connection, Act.SIGNED_OUT, by=by, subject=whose.name, detail={"sessions": ended}, address=address)
        return ended

    return store.write(write)


def _end_invitations(connection: Connection, which: ColumnElement[bool]) -> None:
    """Those that are not used yet: who loses an office must have left no way back into it."""
    connection.execute(update(Invitation).where(which, Invitation.used_at.is_(None)).values(used_at=now_ms()))


def _require_admin(connection: Connection, by: PersonId | None) -> None:
    if by is not None:
        require(connection, by, Role.ADMIN)


def _admins(connection: Connection) -> set[int]:
    """The admins, locked in one order: of two who take each other's role at once, one comes second."""
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.active, ~Person.simulated)
    return set(connection.execute(admins.order_by(Person.id).with_for_update(key_share=True)).scalars())


def _require_another(admins: set[int], person: PersonId) -> None:
    if admins == {person}:
        raise AccessError("this is the last admin", fix="Make somebody else an admin first.")
