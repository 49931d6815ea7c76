"""The door through the office's own provider: there, and back again."""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import ClassVar

from tornado.web import HTTPError

from core.errors import AccessError
from dashboard.access.door_page import sign_in_page
from dashboard.access.oidc import Flow, Provider, ProviderError
from dashboard.access.requests import address_of, cookie_name, entrance, is_https
from dashboard.room import room
from dashboard.routes.door import DoorHandler
from labeling.people.identities import enter, put_failure_on_record
from labeling.people.throttle import count_at_address, forgive_at_address

FLOW_SECONDS = 600


class ProviderHandler(DoorHandler):
    """A route of the door, one step further down."""

    action: ClassVar[str] = "../door"
    depth: ClassVar[int] = 2

    @property
    def provider(self) -> Provider:
        """The room's."""
        found = room().provider
        if found is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return found

    @property
    def flow_cookie(self) -> str:
        """Where the browser keeps what it began."""
        return f"{cookie_name(self.request)}_flow"

    @property
    def back(self) -> str:
        """The address to which the provider sends the browser back: registered there."""
        public = room().project.settings.server.public_url.rstrip("/")
        own = f"{'https' if is_https(self.request) else 'http'}://{self.request.host}"
        door = f"{public}/door" if public else f"{own}{self.request.path.rsplit('/', 1)[0]}"
        return f"{door}/callback"

    async def refuse(self, error: AccessError) -> None:
        """Show the door again, with what was wrong."""
        self.set_status(HTTPStatus.FORBIDDEN)
        page = partial(sign_in_page, self, action=self.action, what=error.what, fix=error.fix)
        self._show(await self.at_the_door(page))


class ToProvider(ProviderHandler):
    """Sends the browser to the provider."""

    async def get(self) -> None:
        """With `invitation`, who comes back is whom that is for."""
        invitation = self.get_query_argument("invitation", "")[:200]
        if invitation:  # else another site could make whoever is signed in at the provider accept one of its own
            self.refuse_other_sites()
        try:
            there, flow = await self.provider.begin(self.back, invitation)
        except ProviderError as error:
            await self.refuse(error)
            return
        self.set_cookie(
            self.flow_cookie,
            flow.pack(),
            httponly=True,
            samesite="Lax",  # the way back begins at another site
            path="/",
            max_age=FLOW_SECONDS,
            secure=is_https(self.request),
        )
        self.redirect(there)


class FromProvider(ProviderHandler):
    """Takes the browser back."""

    async def get(self) -> None:
        """With a code that this browser asked for; it works once."""
        flow = Flow.unpack(self.get_cookie(self.flow_cookie) or "")
        self.clear_cookie(self.flow_cookie, secure=is_https(self.request))
        if flow is None or not flow.is_of(self.get_query_argument("state", "")):
            await self.refuse(AccessError("this sign-in was not begun in this browser", fix="Begin it here."))
            return
        how, store = entrance(self.request), room().project.store
        try:
            if refused := self.get_query_argument("error", ""):
                said = re.sub(r"[^a-z_]", "", refused)[:40]
                raise ProviderError(f"the provider did not let you in ({said or 'no reason given'})")
            await self.at_the_door(lambda: count_at_address(store, how.address))
            code, issuer = self.get_query_argument("code", ""), self.get_query_argument("iss", "")
            who = await self.provider.end(flow, self.back, code, issuer)
            token = await self.at_the_door(lambda: enter(store, who, how, flow.invitation))
            await self.at_the_door(lambda: forgive_at_address(store, how.address))
        except AccessError as error:
            where, why = address_of(self.request), error.what
            await self.at_the_door(lambda: put_failure_on_record(store, where, why))
            await self.refuse(error)
            return
        self.go_in(token)
