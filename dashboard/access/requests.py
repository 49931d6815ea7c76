"""What a request says of itself, and how much of that is believed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.settings import ServerSettings
from dashboard.room import room
from labeling.people import Entrance, Reviewer, Session, find_session
from labeling.people.sessions import hash_of


def cookie_name(host: str) -> str:
    """The session cookie's name. It has the port in it: browsers keep one set of cookies for all ports of a host."""
    return f"tallyroom_{urlsplit(f'//{host}').port or 80}"


def host_is_ours(host: str) -> bool:
    """Whether a Host header names this server, and not a name that somebody pointed here."""
    try:
        return (urlsplit(f"//{host}").hostname or "") in {name.strip("[]") for name in room().hosts}
    except ValueError:  # no address that anybody could have typed
        return False


def origin_is_ours(request: Any, origin: str) -> bool:
    """Whether a page of this server sends the request. A browser tells the truth about that."""
    return urlsplit(origin).netloc == str(request.host)


def outside(address: str) -> bool:
    """Whether other machines can reach an address to listen on."""
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address != "localhost"


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


def visitor(request: Any) -> Visitor | None:
    """Whose session's cookie came with the request; None where it opens nothing."""
    cookie = request.cookies.get(cookie_name(request.host))
    if cookie is None or not cookie.value:
        return None
    session: Session | None = find_session(room().project.store, cookie.value)
    return None if session is None else Visitor(session.person, cookie.value, session.current)


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
    before = request.cookies.get(cookie_name(request.host))
    return Entrance(
        address=address_of(request),
        agent=request.headers.get("User-Agent", ""),
        lasts_ms=round(server.session_hours * 3_600_000),
        idle_ms=round(server.idle_hours * 3_600_000),
        before=before.value if before is not None else "",
    )


def give_cookie(handler: Any, token: str) -> None:
    """Give the browser its session."""
    handler.set_cookie(
        cookie_name(handler.request.host),
        token,
        httponly=True,
        samesite="Lax",  # not Strict: a link opened from a mail would not carry it through the redirect
        path="/",
        expires_days=room().project.settings.server.session_hours / 24,
        secure=is_https(handler.request),
    )
