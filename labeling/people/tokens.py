"""API tokens: a script does what its person may, by a token that can be taken back."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, bindparam, insert, select, update

from core.errors import AccessError
from core.store import Store
from core.store.models import now_ms
from labeling.audit import Act, audit
from labeling.models import Person, Role
from labeling.models_people import ApiToken
from labeling.people.person import HOUR_MS, PersonId, Reviewer, require, reviewer_of
from labeling.people.sessions import MOST_AT_ONCE, hash_of

TOKEN_MS = 90 * 24 * HOUR_MS
TOKEN_MOST_MS = 366 * 24 * HOUR_MS
USED_EVERY_MS = 60_000


class Scope(enum.StrEnum):
    """What a token is good for, beside its person's role; `metrics` for `/metrics` alone, whatever the role."""

    READ = "read"
    WRITE = "write"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token as lists show it; times in ms."""

    prefix: str
    name: str
    label: str
    scope: str
    created_at: int
    expires_at: int
    last_used_at: int | None
    revoked_at: int | None


_unused = ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at + USED_EVERY_MS < now_ms())
# Along the primary key; a server asks it for all the tokens in use at once.
TOKENS = (
    select(
        ApiToken.token_hash,
        Person.id,
        Person.name,
        Person.role,
        Person.simulated,
        ApiToken.scope,
        _unused.label("stale"),
    )
    .join(Person, Person.id == ApiToken.person_id)
    .where(
        ApiToken.token_hash.in_(bindparam("these", expanding=True)),
        ApiToken.expires_at > now_ms(),
        ApiToken.revoked_at.is_(None),
        Person.active,
    )
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who comes with a token, and what it is good for."""

    person: Reviewer
    scope: Scope


def issue_token(
    store: Store,
    person: PersonId,
    label: str,
    scope: Scope = Scope.READ,
    *,
    by: PersonId | None,
    lasts_ms: int = TOKEN_MS,
) -> str:
    """A token for the person's scripts, shown this once; the store keeps its hash.

    Raises:
        AccessError: `by` is neither the person nor an admin, or it would last for more than a year.
    """
    if not 0 < lasts_ms <= TOKEN_MOST_MS:
        raise AccessError("a token lasts for up to 366 days")
    prefix = f"tally_{secrets.token_hex(4)}"
    token = f"{prefix}_{secrets.token_urlsafe(32)}"

    def write(connection: Connection) -> None:
        _require_own(connection, person, by)
        owner = require(connection, person, Role.VIEWER)
        row = {"token_hash": hash_of(token), "prefix": prefix, "person_id": person, "label": label[:200]}
        connection.execute(insert(ApiToken).values(**row, scope=scope.value, expires_at=now_ms() + lasts_ms))
        detail = {"token": prefix, "scope": scope.value}
        audit(connection, Act.TOKEN_ISSUED, by=by, subject=owner.name, detail=detail)

    store.write(write)
    return token


def _require_own(connection: Connection, person: PersonId, by: PersonId | None) -> None:
    if by is not None and by != person:
        require(connection, by, Role.ADMIN)


def open_tokens(store: Store, hashes: Iterable[str]) -> dict[str, Bearer]:
    """Those of these tokens (by `hash_of`) that are good, and whose they are; they count as used."""
    asked = list(hashes)
    found: dict[str, Bearer] = {}
    stale: list[str] = []
    for at in range(0, len(asked), MOST_AT_ONCE):
        with store.read() as connection:
            for row in connection.execute(TOKENS, {"these": asked[at : at + MOST_AT_ONCE]}):
                found[row.token_hash] = Bearer(reviewer_of(row), Scope(row.scope))
                if row.stale:
                    stale.append(row.token_hash)
    for at in range(0, len(stale), MOST_AT_ONCE):  # not waited for
        store.submit(partial(_used, hashes=stale[at : at + MOST_AT_ONCE]))
    return found


def _used(connection: Connection, hashes: list[str]) -> None:
    these = ApiToken.token_hash.in_(hashes)
    connection.execute(update(ApiToken).where(these).values(last_used_at=now_ms()))


def identify_token(store: Store, token: str) -> Bearer | None:
    """Whose token this is and what it is good for; None for one that is unknown, expired or revoked."""
    hashed = hash_of(token)
    return open_tokens(store, [hashed]).get(hashed)


def revoke_token(store: Store, prefix: str, *, by: PersonId | None) -> None:
    """End a token.

    Raises:
        AccessError: there is none of that prefix, or `by` is neither its person nor an admin.
    """

    def write(connection: Connection) -> None:
        row = connection.execute(
            update(ApiToken)
            .where(ApiToken.prefix == prefix, ApiToken.revoked_at.is_(None))
            .values(revoked_at=now_ms())
            .returning(ApiToken.person_id)
        ).first()
        if row is None:
            raise AccessError(f"no token begins with {prefix[:40]}", fix="'tallyroom users list --json' lists them.")
        _require_own(connection, PersonId(row.person_id), by)
        name = connection.execute(select(Person.name).where(Person.id == row.person_id)).scalar_one()
        audit(connection, Act.TOKEN_REVOKED, by=by, subject=name, detail={"token": prefix})

    store.write(write)


def tokens(connection: Connection) -> list[TokenFacts]:
    """All tokens, the newest first."""
    query = (
        select(
            ApiToken.prefix,
            Person.name,
            ApiToken.label,
            ApiToken.scope,
            ApiToken.created_at,
            ApiToken.expires_at,
            ApiToken.last_used_at,
            ApiToken.revoked_at,
        )
        .join(Person, Person.id == ApiToken.person_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.prefix)
    )
    return [TokenFacts(*row) for row in connection.execute(query)]
