"""An address that is told of events, as the settings name it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.settings import WebhookSettings

GIVEN_UP = "webhook_failed"
"""The event that tells of an event which an address never took. It is not sent on: it would feed on itself."""


@dataclass(frozen=True, slots=True)
class Hook:
    """An address and what it is told. The secret comes from the environment and is never shown."""

    url: str
    events: tuple[str, ...]
    secret: bytes = field(repr=False)
    private: bool
    tries: int

    @property
    def key(self) -> str:
        """What the store knows it by: changed events begin where the address stands."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def place(self) -> str:
        """The address in a log: a path or a query may be a secret itself."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def hooks(settings: Sequence[WebhookSettings]) -> list[Hook]:
    """The addresses of the settings, with their secrets.

    Raises:
        SettingsError: an address is no http(s) address, or its secret is not in the environment.
    """
    found = []
    for number, each in enumerate(settings, start=1):
        where = f"[[webhooks]] {number}"
        parts = urlsplit(each.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise SettingsError("a webhook has an address such as https://example.com/told", where=f"{where} url")
        if GIVEN_UP in each.events:
            raise SettingsError(f"'{GIVEN_UP}' is not sent: it would feed on itself", where=f"{where} events")
        secret = os.environ.get(each.secret_variable, "")
        if len(secret) < 16:
            raise SettingsError(
                f"the environment variable {each.secret_variable} has no secret of 16 characters or more",
                where=f"{where} secret_variable",
                fix="Set it where the server runs, and in the receiver.",
            )
        found.append(Hook(each.url, each.events, secret.encode(), each.allow_private, each.tries))
    return found
