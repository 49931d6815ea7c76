"""The people page's routes: who is here, what happened, and what an admin does about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from pydantic import Field

from core.errors import TallyroomError
from core.store.queries.live import clock
from dashboard.access.requests import address_of
from dashboard.audience import Audience
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.socket import AudienceSocket
from labeling.audit import PAGE, entries
from labeling.models import Role
from labeling.people import PersonId, invite, members, set_active, set_role, sign_out


class _Invite(Asked):
    name: str = Field(min_length=1, max_length=200)
    role: Role = Role.REVIEWER


class _Role(Asked):
    person: Id
    role: Role


class _Active(Asked):
    person: Id
    active: bool


class _Person(Asked):
    person: Id


class PeopleHandler(Handler):
    """A route for admins, in a browser: a token that leaks must not make further ones."""

    role = Role.ADMIN
    tokens: ClassVar[bool] = False


class People(PeopleHandler):
    """The JSON twin of the people page."""

    async def get(self) -> None:
        """Everybody, with role, state, open sessions, and when they were last seen."""
        self.answer(await aside(self._read))

    def _read(self) -> dict[str, Any]:
        with room().project.store.read() as connection:
            people = [asdict(member) for member in members(connection)]
            at = clock(connection)
        return {"at": at, "you": self.person.id, "roles": [str(role) for role in Role], "people": people}


class AuditLog(PeopleHandler):
    """What was done, newest first."""

    async def get(self) -> None:
        """A page of lines; `before` is the last line of the page before."""
        before = self.get_query_argument("before", "0")
        if not before.isdecimal() or int(before) >= 2**63:
            raise TallyroomError("'before' is the number of a line")
        store = room().project.store
        lines = await aside(lambda: entries(store, before=int(before) or None))
        self.answer({"lines": [asdict(line) for line in lines], "more": len(lines) == PAGE})


class InvitePerson(PeopleHandler):
    """Makes a link with which somebody sets a password."""

    async def post(self) -> None:
        """Answers with the link's last part, this once; the page knows the address that it was reached by."""
        asked, by = self.asked(_Invite), self.person.id
        where = address_of(self.request)
        token = await aside(lambda: invite(room().project.store, asked.name, asked.role, by=by, address=where))
        public = room().project.settings.server.public_url.rstrip("/")
        self.answer({"invitation": token, "public_url": public})


class ChangeRole(PeopleHandler):
    """Gives somebody another role."""

    async def post(self) -> None:
        """Their pages load anew."""
        asked, by = self.asked(_Role), self.person.id
        where = address_of(self.request)
        await aside(lambda: set_role(room().project.store, PersonId(asked.person), asked.role, by=by, address=where))
        room().forget_sessions()
        self.answer({"changed": True})


class ChangeActive(PeopleHandler):
    """Lets somebody out for good, or in again."""

    async def post(self) -> None:
        """Their sessions, links and tokens end."""
        asked, by = self.asked(_Active), self.person.id
        where = address_of(self.request)
        await aside(
            lambda: set_active(room().project.store, PersonId(asked.person), asked.active, by=by, address=where)
        )
        room().forget_sessions()
        self.answer({"changed": True})


class SignOut(PeopleHandler):
    """Ends all sessions of somebody."""

    async def post(self) -> None:
        """Answers with how many there were."""
        person, by = PersonId(self.asked(_Person).person), self.person.id
        where = address_of(self.request)
        ended = await aside(lambda: sign_out(room().project.store, person, by=by, address=where))
        room().forget_sessions()
        self.answer({"sessions": ended})


class PeopleSocket(AudienceSocket):
    """One page's socket: it hears that something went on record, and asks again."""

    role: ClassVar[Role] = Role.ADMIN

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the people."""
        return room().people


PEOPLE_ROUTES = (
    (r"/people.json", People),
    (r"/people/audit.json", AuditLog),
    (r"/people/invite", InvitePerson),
    (r"/people/role", ChangeRole),
    (r"/people/active", ChangeActive),
    (r"/people/sign-out", SignOut),
    (r"/people/feed", PeopleSocket),
)
