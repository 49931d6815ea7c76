"""Passwords: the rules, and argon2id."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from core.errors import AccessError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
MOST = 256
# A hash takes 64 MiB and a tenth of a second: a crowd at the door must not take all of the machine.
_at_once = threading.BoundedSemaphore(2)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # here: most processes never see a password

    return PasswordHasher()  # RFC 9106's second choice


@cache
def _nobodys() -> str:
    """A hash that no password fits, so that an unknown name costs as much time as a wrong password."""
    return _hasher().hash("nobody's")


def _form(password: str) -> str:
    # The same key presses give other code points on another system: compare what they mean.
    return unicodedata.normalize("NFKC", password)


def require_good(password: str, name: str) -> None:
    """The rules: long enough, not endless, and not the name.

    Raises:
        AccessError: it breaks one; says which.
    """
    meant = _form(password)
    if not LEAST <= len(meant) <= MOST:
        raise AccessError(f"a password has {LEAST} to {MOST} characters", fix="A short sentence is a good one.")
    left = meant.casefold().replace(_form(name).casefold(), "")
    if len(set(left)) < 4:
        raise AccessError("this password is too easy to guess", fix="Use other words than the name.")


def hashed(password: str) -> str:
    """The password as the store keeps it."""
    with _at_once:
        return _hasher().hash(_form(password)[:MOST])


def fits(kept: str | None, password: str) -> bool:
    """Whether the password is the one that was kept; takes its time also where none was."""
    from argon2.exceptions import VerificationError

    meant, nobodys = _form(password), _nobodys()  # made with the first guess, whoever it is at
    with _at_once:
        try:
            return _hasher().verify(kept or nobodys, meant[:MOST]) and kept is not None and len(meant) <= MOST
        except VerificationError:
            return False


def is_dated(kept: str) -> bool:
    """Whether the hash was made with other costs than those of today."""
    return _hasher().check_needs_rehash(kept)
