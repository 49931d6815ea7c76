"""The guard in front of Bokeh's own routes: the page and its socket.

Left alone, Bokeh takes a session id from whoever brings one, and does not ask whose a socket is. Here a page's Bokeh
session belongs to the door's session that loaded it: its id and its token are signed with a key made of that session's
cookie. The key is in no page and in no table, it is the same on every server, and it ends with the cookie. So a token
that was stolen, edited or laid under somebody's sign-in fits no other browser.
"""

from __future__ import annotations

import hashlib
import logging
from http import HTTPStatus
from typing import Any, NoReturn

from bokeh.server.views.doc_handler import DocHandler
from bokeh.server.views.ws import WSHandler
from bokeh.util.token import check_token_signature, generate_jwt_token, generate_session_id
from tornado.web import Finish, HTTPError

from core.errors import AccessError, TallyroomError
from dashboard.access.door_page import closed_page, sign_in_page
from dashboard.access.policy import new_nonce, page_policy
from dashboard.access.requests import (
    Visitor,
    give_cookie,
    host_is_ours,
    near_enough,
    origin_is_ours,
    quiet_summary,
    visitor,
    visitor_of_socket,
)
from dashboard.pages import chosen, written
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.people import rotate
from labeling.people.sessions import hash_of

_BROUGHT = ("bokeh-session-id", "bokeh-token")
log = logging.getLogger(__name__)


def _key(found: Visitor) -> bytes:
    return hashlib.sha256(b"tallyroom's bokeh sessions:" + found.token.encode()).digest()


def _refuse_bokehs_signatures(application: Any) -> None:
    if application.sign_sessions:
        log.error(
            "the room signs its Bokeh sessions itself: start the server without --session-ids and BOKEH_SIGN_SESSIONS"
        )
        raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, reason="this server is not set up well; its log says how")


class GuardedPage:
    """In front of Bokeh's (or Panel's) document handler: the page for who has a session, the door for who has none."""

    role = None
    request: Any
    application: Any
    application_context: Any
    _visitor: Visitor

    def set_default_headers(self) -> None:
        """As our own routes; a page holds a token, and must not be kept."""
        Handler.set_default_headers(self)  # type: ignore[arg-type]

    async def prepare(self) -> None:
        """Let in who has a session, in the role of now."""
        if not host_is_ours(self.request.host):
            fix = "Whoever runs it can add this name to [server] hosts."
            self._show(HTTPStatus.MISDIRECTED_REQUEST, closed_page("this server has another name", fix))
        if not near_enough(self.request):
            self._show(HTTPStatus.FORBIDDEN, closed_page("without accounts only the server's own machine may look in"))
        _refuse_bokehs_signatures(self.application)
        try:
            found = await visitor(self.request)
            if found is not None and not found.current:
                found = await self._renewed(found)
        except TallyroomError as error:
            self._show(HTTPStatus.SERVICE_UNAVAILABLE, closed_page(error.what, error.fix))
        if found is None:
            self._show(HTTPStatus.UNAUTHORIZED, await aside(lambda: sign_in_page(self, action=self._door)))
        if any(name in self.request.arguments for name in _BROUGHT) or "Bokeh-Session-Id" in self.request.headers:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="a page's session is made here, not brought along")
        self._visitor = self.request.visitor = found
        self.request.nonce = new_nonce()
        self.set_header("Content-Security-Policy", page_policy(self.request.nonce, self.request.host))  # type: ignore[attr-defined]
        await super().prepare()  # type: ignore[misc]

    async def _renewed(self, found: Visitor) -> Visitor | None:
        """A session in the role of now. Where another page of the browser was quicker, its cookie is there already."""
        try:
            fresh = await aside(rotate, room().project.store, found.token)
        except AccessError:
            room().forget_sessions()
            self.redirect(self.request.uri)  # type: ignore[attr-defined]
            raise Finish from None
        give_cookie(self, fresh)
        session = await room().sessions.find(hash_of(fresh))
        return None if session is None else Visitor(session.person, fresh, session.current)

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The page: whole where no Python stands behind its figures, else with a Bokeh session."""
        if chosen(self.request).calls_python:
            await super().get(*args, **kwargs)  # type: ignore[misc]
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")  # type: ignore[attr-defined]
        slug = self.application_context.url.strip("/").split("/")[-1]
        self.finish(written(self.request, slug))  # type: ignore[attr-defined]

    def _request_summary(self) -> str:
        return quiet_summary(self)

    @property
    def _door(self) -> str:
        """The door's address, from the page's own."""
        path = str(self.request.path)
        return "door" if path.endswith("/") else f"{path.rsplit('/', 1)[-1]}/door"

    def _show(self, status: HTTPStatus, page: str) -> NoReturn:
        self.set_status(int(status))  # type: ignore[attr-defined]
        self.set_header("Content-Type", "text/html; charset=utf-8")  # type: ignore[attr-defined]
        self.finish(page)  # type: ignore[attr-defined]
        raise Finish

    async def get_session(self) -> Any:
        """A new Bokeh session, signed for this visitor. Neither cookies nor headers go into its token."""
        key = _key(self._visitor)
        session_id = generate_session_id(secret_key=key, signed=True)
        payload = {"headers": {"Host": self.request.host}, "cookies": {}, "arguments": self.request.arguments}
        payload.update(self.application_context.application.process_request(self.request))
        token = generate_jwt_token(
            session_id,
            secret_key=key,
            signed=True,
            extra_payload=payload,
            expiration=self.application.session_token_expiration,
        )
        return await self.application_context.create_session_if_needed(session_id, self.request, token)


class GuardedSocket:
    """In front of Bokeh's (or Panel's) socket: cookie, session, role and token agree, now and as long as it is open."""

    role = None
    request: Any
    application: Any
    _visitor: Visitor

    def check_origin(self, origin: str) -> bool:
        """Only our own pages."""
        return origin_is_ours(self.request, origin)

    async def prepare(self) -> None:
        """Refuse before the handshake."""
        _refuse_bokehs_signatures(self.application)
        found = await visitor_of_socket(self.request)
        if not _signed(self.request.headers.get("Sec-WebSocket-Protocol", ""), _key(found)):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        self._visitor = self.request.visitor = found
        await super().prepare()  # type: ignore[misc]

    def _request_summary(self) -> str:
        return quiet_summary(self)

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Open it, and keep an eye on its session."""
        room().watch.add(self, self._visitor.hash)  # type: ignore[arg-type]  # it is a socket
        return super().open(*args, **kwargs)  # type: ignore[misc]


def _signed(protocols: str, key: bytes) -> bool:
    """Whether the token that came as a socket's second protocol is one that this key signed."""
    parts = [part.strip() for part in protocols.split(",")]
    try:
        return len(parts) == 2 and check_token_signature(parts[1], secret_key=key, signed=True)
    except Exception:  # what is no token at all fails in many ways
        return False


class Absent(Handler):
    """A route of Bokeh's that this app has no use for: pages embedded elsewhere, an app's metadata."""

    role = None

    def prepare(self) -> NoReturn:
        """There is nothing."""
        raise HTTPError(HTTPStatus.NOT_FOUND)


def guarded(pattern: Any) -> Any:
    """A route of Bokeh's with the guard in front."""
    path, handler, *rest = pattern
    if issubclass(handler, GuardedPage | GuardedSocket | Handler):
        return pattern
    if issubclass(handler, DocHandler):
        return (path, type("GuardedPage", (GuardedPage, handler), {}), *rest)
    if issubclass(handler, WSHandler):
        return (path, type("GuardedSocket", (GuardedSocket, handler), {}), *rest)
    return (path, Absent, *rest)
