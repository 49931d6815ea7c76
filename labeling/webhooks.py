"""Webhooks: other programs are told of events, in their order, each at least once.

One follower an address. It reads the feed, sends, and keeps in the store how far it came: a restart begins behind the
last event that was settled. A receiver that was told twice knows it by the event's id. An address that fails is tried
again with growing waits; an event that it never takes is given up, with a line in the log and an event of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import logging
import os
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

import tenacity
from sqlalchemy import Connection, func, or_, select, update

from core.errors import SettingsError, StoreError
from core.settings import WebhookSettings
from core.store import Store, emit
from core.store.feed import Feed, StoreEvent
from core.store.models import Event, EventId, now_ms
from core.store.rollups import upsert
from labeling.models import WebhookCursor

log = logging.getLogger(__name__)

SECONDS = 10.0
HOLD_MS = 60_000
WAIT_SECONDS = 1.0
BODY_MOST = 64 * 1024
GIVEN_UP = "webhook_failed"
"""The event that tells of an event which an address never took. It is not sent on: it would feed on itself."""


class RefusedError(Exception):
    """The address did not take it."""


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


def signature(secret: bytes, body: bytes) -> str:
    """The HMAC-SHA256 of a body, as the header X-Tallyroom-Signature carries it.

    >>> signature(b"secret", b"{}")[:20]
    'sha256=77325902caca8'
    """
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def addresses(parts: SplitResult, *, private: bool) -> list[tuple[str, int]]:
    """Where a host is; each address is looked at, and the one that was looked at is the one that is asked.

    Raises:
        RefusedError: it has no address, or one that only this network can reach.
    """
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as error:
        raise RefusedError(f"the host has no address ({error})") from None
    hosts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for each in hosts:
        if not private and not _is_public(each):
            raise RefusedError("the host is in a private network; allow_private lets it")
    return [(each, port) for each in hosts]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner: Any = parsed
    if isinstance(parsed, ipaddress.IPv6Address):  # an IPv4 address in disguise
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None) or parsed
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return bool(inner.is_global and not inner.is_multicast)


def send(hook: Hook, event: StoreEvent) -> None:
    """Tell an address of an event. No redirect is followed, and nothing of the answer is read but its status.

    Raises:
        RefusedError: it was not taken.
    """
    told = {"id": event.id, "kind": event.kind, "at": event.at, "payload": dict(event.payload)}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Tallyroom",
        "X-Tallyroom-Event": str(event.id),
        "X-Tallyroom-Signature": signature(hook.secret, body),
    }
    parts = urlsplit(hook.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    last: Exception | None = None
    for host, port in addresses(parts, private=hook.private):
        connection = _Connection(parts, host, port)
        try:
            connection.request("POST", target, body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            last = error
            continue
        finally:
            connection.close()
        if 200 <= status < 300:
            return
        raise RefusedError(f"it answered {status}")
    raise RefusedError(f"it does not answer ({type(last).__name__})")


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the host's name."""

    def __init__(self, parts: SplitResult, address: str, port: int) -> None:
        super().__init__(parts.hostname or "", parts.port, timeout=SECONDS)
        self._where = (address, port)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self.default_port = 443 if self._tls else 80

    def connect(self) -> None:
        self.sock = socket.create_connection(self._where, SECONDS)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


class Follower:
    """Tells one address of what happens, until it is stopped.

    Args:
        store: the room's store.
        hook: the address.
        stop: set it to end.
        deliver: how; `send` unless a test says otherwise.
    """

    def __init__(
        self,
        store: Store,
        hook: Hook,
        stop: threading.Event,
        *,
        deliver: Callable[[Hook, StoreEvent], None] = send,
        first_wait: float = 1.0,
    ) -> None:
        self._store = store
        self._hook = hook
        self._stop = stop
        self._deliver = deliver
        self._holder = str(uuid.uuid4())
        self._wait = tenacity.wait_random_exponential(multiplier=first_wait, max=300)

    def run(self) -> None:
        """Follow. One process tells an address at a time; another one waits, and takes over when this one is gone.

        The hold is no duty of `core.store.duty`: it stands in the row that says how far the address was told, so that
        to note that and to hold on are one statement, and whoever has lost the hold cannot move the mark any more.
        """
        while not self._stop.is_set():
            try:
                after = self._take_hold()
                if after is None:
                    self._stop.wait(WAIT_SECONDS)
                    continue
                self._follow(after)
            except StoreError as error:
                log.warning("webhook %s waits for the store: %s", self._hook.place, error)
                self._stop.wait(WAIT_SECONDS)
        self._let_go()

    def _take_hold(self) -> int | None:
        """The last settled event, once this follower is the one that tells; None while another does."""

        def write(connection: Connection) -> int | None:
            newest = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
            new = upsert(connection, WebhookCursor.__table__).values(hook=self._hook.key, event_id=newest)  # type: ignore[arg-type]
            connection.execute(new.on_conflict_do_nothing())
            mine = or_(WebhookCursor.holder == self._holder, WebhookCursor.held_until <= now_ms())
            return connection.execute(
                update(WebhookCursor)
                .where(WebhookCursor.hook == self._hook.key, mine)
                .values(holder=self._holder, held_until=now_ms() + HOLD_MS)
                .returning(WebhookCursor.event_id)
            ).scalar()

        return self._store.write(write)

    def _follow(self, after: int) -> None:
        feed = Feed(self._store.engine, EventId(after))
        try:
            while not self._stop.is_set():
                events = feed.wait(WAIT_SECONDS)
                for event in events:
                    wanted = event.kind in self._hook.events
                    # Behind a gap, what the store knows stays before it: whoever fills it is told yet.
                    if wanted and not (self._settle(event) and self._keep(min(event.id, feed.settled))):
                        return
                if not self._keep(feed.settled):
                    return
        finally:
            feed.close()

    def _settle(self, event: StoreEvent) -> bool:
        """Deliver, or give up and say so; False where it was stopped, or somebody else has taken over, meanwhile."""

        def hold_on(_state: tenacity.RetryCallState) -> None:
            if self._stop.is_set() or not self._keep(None):
                raise _LostError

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._hook.tries),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(RefusedError),
            before=hold_on,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            retrying(self._deliver, self._hook, event)
        except _LostError:
            return False
        except RefusedError as error:
            log.warning("webhook %s never took event %s: %s", self._hook.place, event.id, error)
            failed = {"event_id": int(event.id), "event": event.kind, "address": self._hook.place, "why": str(error)}
            self._store.write(lambda connection: emit(connection, GIVEN_UP, **failed))
        return True

    def _sleep(self, seconds: float) -> None:
        """Wait, holding on to the address meanwhile."""
        while seconds > 0 and not self._stop.wait(min(seconds, HOLD_MS / 3000)):
            self._keep(None)
            seconds -= HOLD_MS / 3000

    def _keep(self, settled: int | None) -> bool:
        """Note how far it is, and hold on; False where somebody else has taken over."""
        values: dict[str, Any] = {"held_until": now_ms() + HOLD_MS}
        if settled is not None:
            values["event_id"] = settled
        statement = update(WebhookCursor).where(
            WebhookCursor.hook == self._hook.key, WebhookCursor.holder == self._holder
        )
        return self._store.write(lambda connection: connection.execute(statement.values(**values)).rowcount) == 1

    def _let_go(self) -> None:
        statement = update(WebhookCursor).where(
            WebhookCursor.hook == self._hook.key, WebhookCursor.holder == self._holder
        )
        try:
            self._store.write(lambda connection: connection.execute(statement.values(held_until=0)))
        except StoreError:
            log.info("webhook %s: the store was gone first; its hold ends by itself", self._hook.place)


class _LostError(Exception):
    """Stopped, or taken over."""


def follow(store: Store, found: Sequence[Hook], stop: threading.Event) -> list[threading.Thread]:
    """Tell all addresses, each in a thread of its own, until `stop` is set: one that hangs holds up no other."""
    threads = [
        threading.Thread(target=Follower(store, hook, stop).run, name=f"webhook-{hook.key}", daemon=True)
        for hook in found
    ]
    for thread in threads:
        thread.start()
    return threads
