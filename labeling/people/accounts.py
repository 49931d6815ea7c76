"""Accounts: invitations, passwords, signing in."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from core.store.rollups import upsert
from labeling.audit import Act, audit
from labeling.models import Person, Role
from labeling.models_people import Account, Invitation
from labeling.people import passwords
from labeling.people.devices import known_device
from labeling.people.person import HOUR_MS, PersonId, insert_person, named, require, tidy_name
from labeling.people.sessions import Entrance, begin, end_all, hash_of
from labeling.people.throttle import (
    ACCOUNT,
    ADDRESS,
    DEVICE,
    Limit,
    count_guess,
    forgive,
    forgive_account,
    forgive_guess,
    network_of,
    require_free,
    sweep,
)

INVITATION_MS = 72 * HOUR_MS
_WRONG = "the name or the password is wrong"


def invite(
    store: Store,
    name: str,
    role: Role = Role.REVIEWER,
    *,
    by: PersonId | None,
    lasts_ms: int = INVITATION_MS,
    address: str | None = None,
) -> str:
    """A token with which that person sets a password, once; earlier ones of theirs end.

    Args:
        store: the room's store.
        name: somebody new, or somebody who forgot their password (and keeps their role).
        role: of somebody new.
        by: an admin; None at the command line.
        lasts_ms: how long the token is good.
        address: where the inviter is, for the record.

    Raises:
        AccessError: the inviter may not, the name cannot be used, or belongs to somebody deactivated or simulated.
    """
    name = tidy_name(name)
    token = secrets.token_urlsafe(24)

    def write(connection: Connection) -> None:
        if by is not None:
            require(connection, by, Role.ADMIN)
        there = connection.execute(
            select(Person.active, Person.simulated, Person.role).where(Person.name == name)
        ).first()
        if there is not None and not there.active:
            raise AccessError(f"{name} was deactivated", fix="Activate them first, or use another name.")
        if there is not None and there.simulated:
            raise AccessError(f"{name} is a simulated colleague, who needs no password")
        connection.execute(
            update(Invitation).where(Invitation.name == name, Invitation.used_at.is_(None)).values(used_at=now_ms())
        )
        kept = Role(there.role) if there is not None else role
        row = {"token_hash": hash_of(token), "name": name, "role": kept.value, "invited_by": by}
        connection.execute(insert(Invitation).values(**row, expires_at=now_ms() + lasts_ms))
        audit(connection, Act.INVITED, by=by, subject=name, address=address, detail={"role": kept.value})

    store.write(write)
    return token


def invited(store: Store, token: str) -> str | None:
    """Whom the invitation is for; None where it was used, has expired, or never was."""
    with store.read() as connection:
        return connection.execute(
            select(Invitation.name).where(
                Invitation.token_hash == hash_of(token),
                Invitation.used_at.is_(None),
                Invitation.expires_at > now_ms(),
            )
        ).scalar()


def accept(store: Store, token: str, password: str, entrance: Entrance | None = None) -> str:
    """Set the password that an invitation asks for, and let its person in; their other sessions end.

    Raises:
        AccessError: the invitation is no longer good, or the password breaks a rule (and the invitation stays good).
    """
    entrance = entrance or Entrance()
    name = invited(store, token)
    if name is None:
        raise AccessError("this invitation was used already, or has expired", fix="Ask an admin for a new one.")
    passwords.require_good(password, name)
    kept = passwords.hashed(password)

    def write(connection: Connection) -> str:
        used = connection.execute(
            update(Invitation)
            .where(
                Invitation.token_hash == hash_of(token),
                Invitation.used_at.is_(None),
                Invitation.expires_at > now_ms(),
            )
            .values(used_at=now_ms())
            .returning(Invitation.role)
        ).scalar()
        if used is None:
            raise AccessError("this invitation was used already", fix="Ask an admin for a new one.")
        person = named(connection, name) or insert_person(connection, name, Role(used))
        _keep(connection, person.id, kept)
        forgive_account(connection, name)
        end_all(connection, person.id)
        audit(connection, Act.PASSWORD_SET, by=person.id, subject=name, address=entrance.address)
        return begin(connection, person.id, entrance, "invitation")

    return store.write(write)


def _keep(connection: Connection, person: PersonId, kept: str) -> None:
    row = {"person_id": person, "password_hash": kept}
    insertion = upsert(connection, Account.__table__).values(row)  # type: ignore[arg-type]  # it is a Table
    changed = {"password_hash": kept, "changed_at": now_ms()}
    connection.execute(insertion.on_conflict_do_update(index_elements=["person_id"], set_=changed))


def has_password(connection: Connection, role: Role | None = None) -> bool:
    """Whether anybody active (of that role) has a password."""
    query = select(Account.person_id).join(Person, Person.id == Account.person_id).where(Person.active)
    if role is not None:
        query = query.where(Person.role == role)
    return connection.execute(query.limit(1)).first() is not None


def sign_in(store: Store, name: str, password: str, entrance: Entrance | None = None) -> str:
    """Let somebody in by name and password; gives the session's token.

    An unknown name and a wrong password get the same answer, after the same time.

    Raises:
        ThrottledError: too many guesses at this account, or from this address.
        AccessError: the name or the password is wrong.
    """
    entrance = entrance or Entrance()
    name = " ".join(name.split())[:200]
    with store.read() as connection:
        query = select(Person.id, Account.password_hash).join(Account, Account.person_id == Person.id)
        found = connection.execute(query.where(Person.name == name, Person.active)).first()
        limits = _limits(name, entrance, found.password_hash if found else None)
        require_free(connection, [limit.key(of) for limit, of in limits])

    def count(connection: Connection) -> None:
        for limit, of in limits:  # the account before the address, always: no two guesses wait in a circle
            count_guess(connection, limit, of)
        sweep(connection)

    store.write(count)
    right = passwords.fits(found.password_hash if found else None, password)
    again = passwords.hashed(password) if right and found and passwords.is_dated(found.password_hash) else None

    def write(connection: Connection) -> str | None:
        if not right or found is None:
            # What was typed as a name may be a password: on record is only a name that is somebody's.
            audit(connection, Act.SIGN_IN_FAILED, by=None, subject=name if found else "", address=entrance.address)
            return None
        for limit, of in limits:
            if limit is not ADDRESS:
                forgive(connection, limit, of)
        if entrance.address:
            forgive_guess(connection, entrance.address)
        if again is not None:
            _keep(connection, PersonId(found.id), again)
        return begin(connection, PersonId(found.id), entrance, "password")

    token = store.write(write)
    if token is None:
        raise AccessError(_WRONG, fix="An admin can make you a link for a new one.")
    return token


def _limits(name: str, entrance: Entrance, kept: str | None) -> list[tuple[Limit, str]]:
    """What a guess counts against: the browser that was here before, or else the account and the address."""
    if device := known_device(kept, entrance.device):
        return [(DEVICE, device)]
    return [(ACCOUNT, name), *([(ADDRESS, network_of(entrance.address))] if entrance.address else [])]
