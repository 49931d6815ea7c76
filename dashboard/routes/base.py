"""What every route does first: refuse strange hosts, know who asks, answer errors in a sentence."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tornado.web import HTTPError, RequestHandler

from core.errors import AccessError, DeskError, StoreDownError, TallyroomError
from dashboard.access.requests import (
    Visitor,
    host_is_ours,
    near_enough,
    origin_is_ours,
    quiet_summary,
    visitor,
    visitor_at_hand,
)
from dashboard.metrics import answered
from dashboard.room import room
from labeling.models import Role
from labeling.people import Bearer, Reviewer, Scope
from labeling.people.sessions import hash_of

BODY_MOST = 64 * 1024
_STATUS: tuple[tuple[type[TallyroomError], HTTPStatus], ...] = (
    (StoreDownError, HTTPStatus.SERVICE_UNAVAILABLE),
    (AccessError, HTTPStatus.FORBIDDEN),
    (DeskError, HTTPStatus.CONFLICT),
)
log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Id = Annotated[int, Field(ge=0, lt=2**63)]
"""What both stores can hold."""


class Asked(BaseModel):
    """A request's body: nothing in it that the route does not know."""

    model_config = ConfigDict(extra="forbid")


async def aside(work: Callable[..., T], *args: Any) -> T:
    """The result of work that waits for the store, or thinks: off the event loop, so that it holds up nobody else."""
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)


READING = ("GET", "HEAD")


class Handler(RequestHandler):
    """A route: denied to everyone without a session or a token, and to those whose role is below `role`.

    Each route declares its `role`; None lets everybody in. `tokens` says whether scripts may come as well as browsers;
    a token of the scope `own_scope` is let in whatever its person's role. `pattern` is the route's, from the table.
    """

    role: ClassVar[Role | None] = Role.ADMIN
    tokens: ClassVar[bool] = True
    own_scope: ClassVar[Scope | None] = None
    pattern: ClassVar[str] = ""
    person: Reviewer

    def initialize(self, **_bokeh: Any) -> None:
        """Bokeh passes its own context to every route of an app."""

    def set_default_headers(self) -> None:
        """Nothing of this may be kept, guessed at or framed."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def set_status(self, status_code: int, reason: str | None = None) -> None:
        """As Tornado's; an answer of 401 says how a script may come in."""
        super().set_status(status_code, reason)
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", "Bearer")

    def prepare(self) -> Awaitable[None] | None:
        """Let in who may come in. Where it is known who asks, the request waits for nothing."""
        self.refuse_strangers()
        token = self._bearer() if self.tokens else None
        if self.request.method not in READING:
            self.refuse_foreign_writes(by_script=token is not None)
        if self.role is None:
            return None
        if token is not None and (bearer := room().tokens.get(hash_of(token))) is not None:
            self._by_token(bearer)
        elif token is None and (found := visitor_at_hand(self.request)) is not None:
            self._by_session(found)
        else:
            return self._ask(token)
        return None

    async def _ask(self, token: str | None) -> None:
        if token is not None:
            self._by_token(await room().tokens.find(hash_of(token)))
        else:
            self._by_session(await visitor(self.request))

    def _admit(self, person: Reviewer, *, whatever_role: bool = False) -> None:
        if self.role is not None and not whatever_role and not person.may(self.role):
            raise AccessError(f"{person.name} is a {person.role} here; this takes a {self.role}")
        self.person = person
        self.admitted()

    def admitted(self) -> None:
        """Somebody was let in, as `person`. A route may have more to say about that."""

    def check_xsrf_cookie(self) -> None:
        """`refuse_foreign_writes` does it: no other site can send the header."""

    def refuse_strangers(self) -> None:
        """Refuse who calls us by another name, or comes from another machine where there are no accounts."""
        if not host_is_ours(self.request.host):
            raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST, reason="this server has another name; see [server] hosts")
        if not near_enough(self.request):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="without accounts only the server's own machine may look in")

    def refuse_foreign_writes(self, *, by_script: bool = False) -> None:
        """Refuse what another site makes a browser send. A browser never sends a token by itself, so scripts may."""
        self.refuse_other_sites()
        if not by_script and self.request.headers.get("X-Tallyroom") != "1":
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="the header X-Tallyroom is missing")

    def refuse_other_sites(self) -> None:
        """Refuse what the browser itself says comes from elsewhere."""
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        if (origin is not None and not origin_is_ours(self.request, origin)) or site not in ("same-origin", "none"):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="this comes from another site")

    def _bearer(self) -> str | None:
        kind, _, token = self.request.headers.get("Authorization", "").strip().partition(" ")
        return token.strip() if kind.lower() == "bearer" else None

    def _by_token(self, found: Bearer | None) -> None:
        """Let in whose token it is; cookies are not looked at."""
        if found is None:
            raise HTTPError(HTTPStatus.UNAUTHORIZED, reason="this token is unknown, expired or revoked")
        if self.request.method not in READING and found.scope != Scope.WRITE:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="this token is for reading; this takes one of scope write")
        own = found.scope == self.own_scope
        if found.scope == Scope.METRICS and not own:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="this token is for metrics alone")
        self._admit(found.person, whatever_role=own)

    def _by_session(self, found: Visitor | None) -> None:
        if found is None:
            raise HTTPError(HTTPStatus.UNAUTHORIZED, reason="no session: sign in, or open a link of 'tallyroom link'")
        if not found.current:
            raise HTTPError(HTTPStatus.UNAUTHORIZED, reason="your role has changed: load the page again")
        self._admit(found.person)

    def body(self) -> dict[str, Any]:
        """The request's JSON object."""
        if len(self.request.body) > BODY_MOST:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason="more than 64 kB")
        try:
            data = json.loads(self.request.body)
        except (ValueError, UnicodeDecodeError):
            data = None
        if not isinstance(data, dict):
            raise TallyroomError("the body is no JSON object")
        return data

    def asked(self, model: type[M]) -> M:
        """The request's body as the route wants it.

        Raises:
            TallyroomError: it is not; names the first key that is wrong.
        """
        try:
            return model.model_validate(self.body())
        except ValidationError as error:
            first = error.errors()[0]
            raise TallyroomError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        except RecursionError:
            raise TallyroomError("the body is nested too deeply") from None

    def answer(self, facts: Any) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The error as JSON: what, and what to do."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        fix = ""
        if isinstance(error, TallyroomError):
            status_code = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
            what, fix = error.what, error.fix
        elif isinstance(error, HTTPError):
            what = error.reason or HTTPStatus(status_code).phrase
        else:
            what = "something went wrong here; the server's log has it"
        self.set_status(int(status_code))
        self.answer({"error": {"what": what, "fix": fix}})

    def on_finish(self) -> None:
        """Count it."""
        method = self.request.method if self.request.method in self.SUPPORTED_METHODS else "other"
        answered(self.pattern or "other", str(method), self.get_status(), self.request.request_time())

    def _request_summary(self) -> str:
        return quiet_summary(self)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Errors that a person can mend are no server faults."""
        if not isinstance(value, TallyroomError):
            super().log_exception(typ, value, tb)
