"""A browser that signed in to an account before is known again: guesses from elsewhere do not keep it out.

What it keeps is signed with the account's own password hash: nothing is kept here, and a new password ends them all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import select

from core.store import Store
from labeling.models import DoorSession
from labeling.models_people import Account
from labeling.people.sessions import hash_of


def _signature(kept: str, nonce: str) -> str:
    return hmac.new(kept.encode(), f"tallyroom device:{nonce}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def device_of(store: Store, session: str) -> str:
    """What the browser of a session keeps, to be known again at its person's account; empty where there is none."""
    with store.read() as connection:
        kept = connection.execute(
            select(Account.password_hash)
            .join(DoorSession, DoorSession.person_id == Account.person_id)
            .where(DoorSession.token_hash == hash_of(session))
        ).scalar()
    if kept is None:
        return ""
    nonce = secrets.token_urlsafe(18)
    return f"{nonce}.{_signature(kept, nonce)}"


def known_device(kept: str | None, device: str) -> str | None:
    """The device's own name, where it signed in to the account with that hash before."""
    nonce, _, signature = device.partition(".")
    if kept is None or not nonce or not signature:
        return None
    fits = hmac.compare_digest(_signature(kept, nonce).encode(), signature.encode("utf-8", "replace"))
    return nonce if fits else None
