"""The office's routes: how far people agree, and a lead's decisions."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dashboard.audience import Audience
from dashboard.office_view import office_view
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.socket import AudienceSocket
from labeling.adjudication import Decided, decide
from labeling.models import Role


class _Decide(Asked):
    uuid: str = Field(max_length=36)
    message_id: Id
    klass: str | None = Field(max_length=200)
    note: str | None = Field(None, max_length=2_000)


class OfficeState(Handler):
    """The JSON twin of the office page."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """Agreement, sway, what waits for a lead, what leads have decided."""
        self.answer(await aside(office_view, room()))


class Decide(Handler):
    """Takes a lead's decision; without a class it withdraws the one that stands."""

    role: ClassVar[Role | None] = Role.LEAD

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked = self.asked(_Decide)
        given = Decided(asked.uuid, asked.message_id, asked.klass, asked.note)
        project, by = room().project, self.person.id
        decision_id = await aside(
            lambda: project.store.write(lambda connection: decide(connection, by, given, project.classes))
        )
        self.answer({"saved": True, "decision_id": decision_id})


class OfficeSocket(AudienceSocket):
    """One page's socket: it hears that something has moved, and asks again."""

    role: ClassVar[Role] = Role.LEAD

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the office."""
        return room().office


OFFICE_ROUTES = ((r"/office.json", OfficeState), (r"/office/decide", Decide), (r"/office/feed", OfficeSocket))
