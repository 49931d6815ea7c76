"""One event to one address: signed, never into a private network; of the answer the status alone is read."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.store.feed import StoreEvent
from labeling.webhooks.hook import Hook

SECONDS = 10.0


class RefusedError(Exception):
    """The address did not take it."""


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
