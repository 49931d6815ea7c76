"""What a request says of itself, and how much of that is believed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tornado.web import HTTPError

from core.settings import ServerSettings
from dashboard.room import room
from labeling.people import Entrance, Reviewer, Session
from labeling.people.sessions import hash_of

DEVICE_DAYS = 400
"""As long as browsers keep anything."""


def cookie_name(request: Any) -> str:
    """The session cookie's name. It has the port in it: browsers keep one set of cookies for all ports of a host.

    Over https it is one that no neighbouring site, and nobody on an unencrypted line, can set.
    """
    port = urlsplit(f"//{request.host}").port or (443 if is_https(request) else 80)
    return f"{'__Host-' if is_https(request) else ''}tallyroom_{port}"


def host_is_ours(host: str) -> bool:
    """Whether a Host header names this server, and not a name that somebody pointed here."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # as little as the name could anybody have typed a port above 65535
        return (parts.hostname or "") in room().hosts
    except ValueError:
        return False


def near_enough(request: Any) -> bool:
    """Whether the request may come from where it does: from another machine only where there are accounts."""
    return not outside(request.remote_ip or "") or room().has_accounts()


def origin_is_ours(request: Any, origin: str) -> bool:
    """Whether a page of this server sends the request. A browser tells the truth about that."""
    server = room().project.settings.server
    if server.public_url and origin == "{0.scheme}://{0.netloc}".format(urlsplit(server.public_url)):
        return True  # a proxy in front may call us by another name
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.netloc == str(request.host) and (parts.scheme == "https" or not is_https(request))


@lru_cache(maxsize=4096)
def outside(address: str) -> bool:
    """Whether other machines can reach an address to listen on, or are at an address to hear from."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address != "localhost"
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return not (mapped or found).is_loopback


def base_url(server: ServerSettings, slug: str, *, address: str | None = None, port: int | None = None) -> str:
    """The pages' address, as people type it."""
    if server.public_url:
        return server.public_url.rstrip("/")
    host = address or server.address
    if host in ("0.0.0.0", "::"):  # noqa: S104 - every address of this machine is none to type
        host = next(iter(server.hosts), "127.0.0.1")
    return f"http://{f'[{host}]' if ':' in host else host}:{port or server.port}/{slug}"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with an open session: the person, the cookie, and whether their role is still that of the session."""

    person: Reviewer
    token: str
    current: bool

    @property
    def hash(self) -> str:
        """The session as the store calls it."""
        return hash_of(self.token)


def cookie(request: Any) -> str:
    """The session's cookie that came with the request; empty where none did."""
    found = request.cookies.get(cookie_name(request))
    return "" if found is None else found.value


def visitor_at_hand(request: Any) -> Visitor | None:
    """Whose session's cookie came with the request, where that is known without asking the store."""
    token = cookie(request)
    return _visitor(token, room().sessions.get(hash_of(token))) if token else None


async def visitor(request: Any) -> Visitor | None:
    """Whose session's cookie came with the request; None where it opens nothing."""
    token = cookie(request)
    return _visitor(token, await room().sessions.find(hash_of(token))) if token else None


async def visitor_of_socket(request: Any) -> Visitor:
    """Who opens a socket: somebody with a session in the role of now, under our own name.

    Raises:
        HTTPError: nobody that may; before the handshake, so that the browser gets no socket.
    """
    if not host_is_ours(request.host):
        raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST)
    if not near_enough(request):
        raise HTTPError(HTTPStatus.FORBIDDEN)
    found = await visitor(request)
    if found is None or not found.current:
        raise HTTPError(HTTPStatus.UNAUTHORIZED)
    return found


def _visitor(token: str, session: Session | None) -> Visitor | None:
    return None if session is None else Visitor(session.person, token, session.current)


def _forwarded(request: Any, header: str) -> str | None:
    """The last value of a header that a proxy sets, where the request comes from a proxy that is trusted."""
    trusted = room().project.settings.server.trusted_proxy
    if not trusted or request.remote_ip != trusted:
        return None
    values = request.headers.get_list(header)
    return values[-1].split(",")[-1].strip() if values else None


def is_https(request: Any) -> bool:
    """Whether the browser's line is encrypted."""
    return (_forwarded(request, "X-Forwarded-Proto") or request.protocol) == "https"


def address_of(request: Any) -> str:
    """The address that the request comes from."""
    return (_forwarded(request, "X-Forwarded-For") or request.remote_ip or "")[:64]


def entrance(request: Any) -> Entrance:
    """How somebody comes in who begins a session with this request."""
    server = room().project.settings.server
    device = request.cookies.get(f"{cookie_name(request)}_device")
    return Entrance(
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
        lasts_ms=round(server.session_hours * 3_600_000),
        idle_ms=round(server.idle_hours * 3_600_000),
        before=cookie(request),
        device="" if device is None else device.value,
    )


def give_cookie(handler: Any, token: str) -> None:
    """Give the browser its session."""
    handler.set_cookie(
        cookie_name(handler.request),
        token,
        httponly=True,
        samesite="Lax",  # not Strict: a link opened from a mail would not carry it through the redirect
        path="/",
        expires_days=room().project.settings.server.session_hours / 24,
        secure=is_https(handler.request),
    )


def give_device(handler: Any, device: str) -> None:
    """Let the browser be known again at its person's account."""
    handler.set_cookie(
        f"{cookie_name(handler.request)}_device",
        device,
        httponly=True,
        samesite="Strict",
        path="/",
        expires_days=DEVICE_DAYS,
        secure=is_https(handler.request),
    )


def take_cookie(handler: Any) -> None:
    """Take the browser's session away."""
    handler.clear_cookie(cookie_name(handler.request), secure=is_https(handler.request))


def quiet_summary(handler: Any) -> str:
    """A request as the server's log has it: without its query, which may hold a token."""
    request = handler.request
    return f"{request.method} {request.path} ({request.remote_ip})"
