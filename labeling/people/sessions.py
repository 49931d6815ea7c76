"""Sessions: a browser that was let in, until it leaves, is sent out, or is not used for long."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, or_, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from labeling.audit import Act, audit
from labeling.models import DoorLink, DoorSession, Person
from labeling.people.person import HOUR_MS, PersonId, Reviewer, reviewer_of

LINK_MS = 12 * HOUR_MS
SESSION_MS = 30 * 24 * HOUR_MS
IDLE_MS = 7 * 24 * HOUR_MS
SEEN_EVERY_MS = 60_000

_last_seen = func.coalesce(DoorSession.seen_at, DoorSession.created_at)


def still_open() -> ColumnElement[bool]:
    """Whether a session is good, but for its role."""
    return and_(
        DoorSession.expires_at > now_ms(),
        DoorSession.revoked_at.is_(None),
        _last_seen + DoorSession.idle_ms > now_ms(),
        Person.active,
    )


_agrees = or_(DoorSession.role.is_(None), DoorSession.role == Person.role)
MOST_AT_ONCE = 500  # both databases limit what a statement may name
# Along the primary key; a server asks it for all the sessions in use at once, and not with every request.
SESSIONS = (
    select(
        DoorSession.token_hash,
        Person.id,
        Person.name,
        Person.role,
        Person.simulated,
        _agrees.label("agrees"),
        (_last_seen + SEEN_EVERY_MS < now_ms()).label("stale"),
    )
    .join(Person, Person.id == DoorSession.person_id)
    .where(DoorSession.token_hash.in_(bindparam("these", expanding=True)), still_open())
)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How somebody comes in: from where, with what, and for how long they may stay.

    `before` is the session that the browser had; it ends when the new one begins, so that nobody can lay a session
    under somebody else's sign-in. `device` is what the browser kept of an earlier sign-in.
    """

    address: str | None = None
    agent: str | None = None
    lasts_ms: int = SESSION_MS
    idle_ms: int = IDLE_MS
    before: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open. `current` is False where the person's role has changed since it began."""

    person: Reviewer
    current: bool


def hash_of(token: str) -> str:
    """What the store keeps of a token: enough to know it again. Tokens are random, so a fast hash will do."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def issue_link(store: Store, person: PersonId, *, lasts_ms: int = LINK_MS) -> str:
    """A token that lets the person in once. The store keeps its hash only."""
    token = secrets.token_urlsafe(24)

    def write(connection: Connection) -> None:
        row = {"token_hash": hash_of(token), "person_id": person}
        connection.execute(insert(DoorLink).values(**row, expires_at=now_ms() + lasts_ms))

    store.write(write)
    return token


def use_link(store: Store, token: str, entrance: Entrance | None = None) -> str:
    """Let somebody in: the link's token for a session's token, once.

    Raises:
        AccessError: the link was used, has expired, or never was.
    """
    entrance = entrance or Entrance()

    def write(connection: Connection) -> str:
        used = connection.execute(
            update(DoorLink)
            .where(DoorLink.token_hash == hash_of(token), DoorLink.used_at.is_(None), DoorLink.expires_at > now_ms())
            .values(used_at=now_ms())
            .returning(DoorLink.person_id)
        ).scalar()
        if used is None:
            raise AccessError("this link was used already, or has expired", fix="'tallyroom link' makes a new one.")
        return begin(connection, PersonId(used), entrance, "link")

    return store.write(write)


def begin(connection: Connection, person: PersonId, entrance: Entrance, how: str) -> str:
    """Begin a session inside a transaction, end the browser's earlier one, put it on record; gives its token.

    Raises:
        AccessError: the person is no longer here.
    """
    who = reviewer_of(
        connection.execute(
            select(Person.id, Person.name, Person.role, Person.simulated).where(Person.id == person, Person.active)
        ).first()
    )
    if entrance.before:
        _end(connection, DoorSession.token_hash == hash_of(entrance.before))
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(DoorSession).values(
            token_hash=hash_of(token),
            person_id=person,
            expires_at=now_ms() + entrance.lasts_ms,
            seen_at=now_ms(),
            idle_ms=entrance.idle_ms,
            role=who.role,
            address=entrance.address and entrance.address[:64],
            agent=entrance.agent and entrance.agent[:200],
        )
    )
    audit(connection, Act.SIGNED_IN, by=person, subject=who.name, address=entrance.address, detail={"by": how})
    return token


def open_sessions(store: Store, hashes: Iterable[str]) -> dict[str, Session]:
    """Those of these sessions (by `hash_of`) that are open, and whose they are; they count as used."""
    asked = list(hashes)
    found: dict[str, Session] = {}
    stale: list[str] = []
    for at in range(0, len(asked), MOST_AT_ONCE):
        with store.read() as connection:
            for row in connection.execute(SESSIONS, {"these": asked[at : at + MOST_AT_ONCE]}):
                found[row.token_hash] = Session(reviewer_of(row), bool(row.agrees))
                if row.stale:
                    stale.append(row.token_hash)
    for at in range(0, len(stale), MOST_AT_ONCE):  # not waited for: that somebody was seen is worth no delay
        store.submit(partial(_see, hashes=stale[at : at + MOST_AT_ONCE]))
    return found


def find_session(store: Store, token: str) -> Session | None:
    """Whose session this is; None for one that is unknown, expired, idle for too long or revoked."""
    hashed = hash_of(token)
    return open_sessions(store, [hashed]).get(hashed)


def identify(store: Store, token: str) -> Reviewer | None:
    """Whose session this is; None for one that has ended, or began in another role."""
    session = find_session(store, token)
    return session.person if session is not None and session.current else None


def _see(connection: Connection, hashes: Iterable[str]) -> None:
    """Note that these sessions are in use, at most once a minute each."""
    stale = _last_seen + SEEN_EVERY_MS < now_ms()
    connection.execute(
        update(DoorSession).where(DoorSession.token_hash.in_(list(hashes)), stale).values(seen_at=now_ms())
    )


def rotate(store: Store, token: str) -> str:
    """A new token for an open session, in the person's role of now; the old one ends. Its time goes on.

    Raises:
        AccessError: the session has ended.
    """
    fresh = secrets.token_urlsafe(32)

    def write(connection: Connection) -> str:
        ended = connection.execute(
            update(DoorSession)
            .where(
                DoorSession.token_hash == hash_of(token),
                DoorSession.revoked_at.is_(None),
                DoorSession.expires_at > now_ms(),
            )
            .values(revoked_at=now_ms())
            .returning(
                DoorSession.person_id,
                DoorSession.expires_at,
                DoorSession.idle_ms,
                DoorSession.address,
                DoorSession.agent,
            )
        ).first()
        if ended is None:
            raise AccessError("this session has ended")
        role = select(Person.role).where(Person.id == ended.person_id).scalar_subquery()
        row = dict(ended._mapping)
        connection.execute(insert(DoorSession).values(**row, token_hash=hash_of(fresh), seen_at=now_ms(), role=role))
        return fresh

    return store.write(write)


def revoke(store: Store, token: str, *, address: str | None = None) -> None:
    """End a session, everywhere and at once."""

    def write(connection: Connection) -> None:
        for person in _end(connection, DoorSession.token_hash == hash_of(token)):
            name = connection.execute(select(Person.name).where(Person.id == person)).scalar_one()
            audit(connection, Act.SIGNED_OUT, by=person, subject=name, address=address)

    store.write(write)


def _end(connection: Connection, which: ColumnElement[bool]) -> list[int]:
    """End sessions; gives whose they were, a row each."""
    ended = connection.execute(
        update(DoorSession)
        .where(which, DoorSession.revoked_at.is_(None))
        .values(revoked_at=now_ms())
        .returning(DoorSession.person_id)
    )
    return list(ended.scalars())


def end_all(connection: Connection, person: PersonId) -> int:
    """End all sessions of a person, and the links that would begin new ones; gives the number of sessions."""
    connection.execute(
        update(DoorLink).where(DoorLink.person_id == person, DoorLink.used_at.is_(None)).values(used_at=now_ms())
    )
    return len(_end(connection, DoorSession.person_id == person))
