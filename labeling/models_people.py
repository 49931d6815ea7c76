"""The tables of the door: accounts, invitations, API tokens, the throttle.

Of passwords, links and tokens only hashes are kept.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.store.models.base import Base, BigRef, Name, Now

_big = BigInteger().with_variant(Integer, "sqlite")


class Account(Base):
    """The password of a person who has one, as argon2id keeps it."""

    __tablename__ = "account"

    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    password_hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[Now]


class Invitation(Base):
    """A link with which one person sets their password, once. The role is for somebody new."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[Name]
    role: Mapped[str] = mapped_column(String(16))
    invited_by: Mapped[int | None] = mapped_column(_big, ForeignKey("person.id"))
    created_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class Throttle(Base):
    """How often a key (an account's name or an address, hashed) was guessed at, and until when it waits."""

    __tablename__ = "throttle"
    __table_args__ = (Index("ix_throttle_last_at", "last_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[int] = mapped_column(BigInteger)
    blocked_until: Mapped[int] = mapped_column(BigInteger)


class ApiToken(Base):
    """A token that lets a script do what its person may. `prefix` is its public name."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_person_id", "person_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    label: Mapped[Name]
    scope: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[Now]
    expires_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class Identity(Base):
    """Who somebody is at the office's own provider: what it calls them for ever, whatever their name."""

    __tablename__ = "identity"
    __table_args__ = (Index("ix_identity_person_id", "person_id"),)

    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[BigRef] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[Now]
