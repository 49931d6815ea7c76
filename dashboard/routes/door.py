"""The door: a link, or a name and a password, for a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import ClassVar, TypeVar

from tornado.web import HTTPError

from core.errors import AccessError
from dashboard.access.door_page import closed_page, form_is_ours, invitation_page, sign_in_page
from dashboard.access.requests import (
    address_of,
    cookie,
    entrance,
    give_cookie,
    give_device,
    take_cookie,
    visitor,
)
from dashboard.room import room
from dashboard.routes.base import BODY_MOST, Handler, aside
from labeling.models import Role
from labeling.people import ThrottledError, accept, device_of, invited, revoke, sign_in, use_link

T = TypeVar("T")
ACTION = "door"
# Guesses wait for one another here, and for nobody else's verdicts.
_guesses = ThreadPoolExecutor(2, thread_name_prefix="door")


class DoorHandler(Handler):
    """A route of the door: open to all, and without scripts."""

    role = None
    tokens = False
    depth: ClassVar[int] = 1
    """How far below the page."""

    @property
    def home(self) -> str:
        """The page's address, from here."""
        return "../" * self.depth + str(self.request.path).rstrip("/").split("/")[-1 - self.depth]

    async def at_the_door(self, work: Callable[[], T]) -> T:
        """The result of work that waits for the store, or for a password's hash."""
        return await asyncio.get_running_loop().run_in_executor(_guesses, work)

    def go_in(self, token: str) -> None:
        """Give the browser its session, and lead it to the page."""
        room().forget_sessions()  # the browser's earlier one has ended
        give_cookie(self, token)
        self.redirect(self.home, status=303 if self.request.method == "POST" else 302)

    def _show(self, page: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)


class Door(DoorHandler):
    """Opens with a token that works once, or with a name and a password."""

    async def get(self) -> None:
        """Exchange the link's token for a session's cookie and go in; without one, show the form."""
        if token := self.get_query_argument("token", ""):
            await self._by_link(token)
        elif token := self.get_query_argument("invitation", ""):
            name = await self.at_the_door(lambda: invited(room().project.store, token))
            if name is None:
                self.set_status(HTTPStatus.FORBIDDEN)
                self._show(closed_page("this invitation was used already, or has expired", "Ask for a new one."))
            else:
                self._show(invitation_page(self, action=ACTION, token=token, name=name))
        elif await visitor(self.request) is not None:
            self.redirect(self.home)
        else:
            self._show(await self.at_the_door(lambda: sign_in_page(self, action=ACTION)))

    async def _by_link(self, token: str) -> None:
        """Another site may lead a browser here, but not make it somebody else while it is somebody."""
        foreign = self.request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
        present = await visitor(self.request) if foreign else None
        if present is None:
            how = entrance(self.request)
            await self._enter(lambda: use_link(room().project.store, token, how), _closed)
            return
        what = f"another site sent you this link, and you are in as {present.person.name}"
        fix = "Sign out first where you mean to be somebody else, or copy the link into the address bar."
        self.set_status(HTTPStatus.FORBIDDEN)
        self._show(closed_page(what, fix))

    async def post(self) -> None:
        """Take a form: name and password, or a new password with its invitation."""
        store, how = room().project.store, entrance(self.request)
        password = self.get_body_argument("password", "", strip=False)
        if invitation := self.get_body_argument("invitation", ""):
            again = self.get_body_argument("again", "", strip=False)

            def take() -> str:
                if password != again:
                    raise AccessError("the two are not the same")
                return accept(store, invitation, password, how)

            await self._enter(self._ours(take), lambda error: self._invite_again(invitation, error))
        else:
            name = self.get_body_argument("name", "")
            work = partial(sign_in, store, name, password, how)
            await self._enter(self._ours(work), lambda error: self._ask_again(name[:80], error))

    def _ours(self, work: Callable[[], str]) -> Callable[[], str]:
        """The work, where the form is one that this browser got from here."""
        if form_is_ours(self):
            return work

        def refuse() -> str:
            raise AccessError("this page was too old, or its cookie is missing", fix="Now it is new: try again.")

        return refuse

    def refuse_foreign_writes(self, *, by_script: bool = False) -> None:  # noqa: ARG002
        """A form cannot send a header: it brings what only a form of ours has."""
        self.refuse_other_sites()
        if len(self.request.body) > BODY_MOST:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason="more than 64 kB")

    async def _enter(self, work: Callable[[], str], otherwise: Callable[[AccessError], str]) -> None:
        """Go in with the session that `work` gives; where it gives none, show the page that says why."""
        store = room().project.store

        def enter() -> tuple[str, str]:
            token = work()
            return token, device_of(store, token)

        try:
            token, device = await self.at_the_door(enter)
        except AccessError as refused:
            error = refused
            if isinstance(error, ThrottledError):
                self.set_status(HTTPStatus.TOO_MANY_REQUESTS)
                self.set_header("Retry-After", str(error.seconds))
            else:
                self.set_status(HTTPStatus.FORBIDDEN)
            if self.request.method == "GET" and await visitor(self.request) is not None:
                self.redirect(self.home)  # the same browser, a second click: it is in already
            else:
                self._show(await self.at_the_door(lambda: otherwise(error)))
            return
        if device and self.request.method == "POST":  # a link proves no password
            give_device(self, device)
        self.go_in(token)

    def _ask_again(self, name: str, error: AccessError) -> str:
        return sign_in_page(self, action=ACTION, name=name, what=error.what, fix=error.fix)

    def _invite_again(self, token: str, error: AccessError) -> str:
        name = invited(room().project.store, token)
        if name is None:
            return _closed(error)
        return invitation_page(self, action=ACTION, token=token, name=name, what=error.what, fix=error.fix)


def _closed(error: AccessError) -> str:
    return closed_page(error.what, error.fix)


class Leave(Handler):
    """Ends the session, everywhere and at once."""

    role = Role.VIEWER
    tokens = False

    async def post(self) -> None:
        """Revoke it and forget the cookie."""
        token, where = cookie(self.request), address_of(self.request)
        await aside(lambda: revoke(room().project.store, token, address=where))
        room().forget_sessions()
        take_cookie(self)
        self.answer({"left": True})


class Me(Handler):
    """Who asks."""

    role = Role.VIEWER

    def get(self) -> None:
        """Name and role; 401 tells a page that its session has ended."""
        self.answer({"name": self.person.name, "role": self.person.role})
