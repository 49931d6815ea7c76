"""What every route does first: refuse strange hosts, know who asks, answer errors in a sentence."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tornado.web import HTTPError, RequestHandler

from core.errors import AccessError, DeskError, StoreDownError, TallyroomError
from dashboard.room import room
from labeling.models import Role
from labeling.people import Reviewer, identify

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


def cookie_name(host: str) -> str:
    """The session cookie's name. It has the port in it: browsers keep one set of cookies for all ports of a host."""
    return f"tallyroom_{urlsplit(f'//{host}').port or 80}"


def host_is_ours(host: str) -> bool:
    """Whether a Host header names this server, and not a name that somebody pointed here."""
    return (urlsplit(f"//{host}").hostname or "") in {name.strip("[]") for name in room().hosts}


class Handler(RequestHandler):
    """A route: denied to everyone without a session, and to those whose role is below `role`."""

    role: ClassVar[Role | None] = Role.VIEWER
    person: Reviewer

    def initialize(self, **_bokeh: Any) -> None:
        """Bokeh passes its own context to every route of an app."""

    def set_default_headers(self) -> None:
        """Nothing of this may be kept, guessed at or framed."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")

    def prepare(self) -> None:
        """Let in who may come in."""
        if not host_is_ours(self.request.host):
            raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST, reason="this server has another name")
        if self.request.method not in ("GET", "HEAD"):
            self._refuse_foreign_writes()
        if self.role is None:
            return
        session = self.get_cookie(cookie_name(self.request.host))
        person = identify(room().project.store, session) if session else None
        if person is None:
            raise HTTPError(HTTPStatus.UNAUTHORIZED, reason="no session: open the link that 'tallyroom link' prints")
        if not person.may(self.role):
            raise AccessError(f"{person.name} is a {person.role} here; this takes a {self.role}")
        self.person = person

    def check_xsrf_cookie(self) -> None:
        """`_refuse_foreign_writes` does it: no other site can send the header."""

    def _refuse_foreign_writes(self) -> None:
        origin = self.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.request.host:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="this comes from another site")
        if self.request.headers.get("X-Tallyroom") != "1":
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="the header X-Tallyroom is missing")

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

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Errors that a person can mend are no server faults."""
        if not isinstance(value, TallyroomError):
            super().log_exception(typ, value, tb)
