"""The office's routes: how far people agree, and a lead's decisions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from dashboard.office_view import office_view
from dashboard.room import room
from dashboard.routes.queues import QueuesHandler, aside
from labeling.adjudication import Decided, decide


class _Decide(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uuid: str = Field(max_length=36)
    message_id: Annotated[int, Field(ge=0, lt=2**63)]
    klass: str | None = Field(max_length=200)
    note: str | None = Field(None, max_length=2_000)


class OfficeState(QueuesHandler):
    """The JSON twin of the office page."""

    async def get(self) -> None:
        """Agreement, sway, what waits for a lead, what leads have decided."""
        self.answer(await aside(office_view, room()))


class Decide(QueuesHandler):
    """Takes a lead's decision; without a class it withdraws the one that stands."""

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked = self.asked(_Decide)
        given = Decided(asked.uuid, asked.message_id, asked.klass, asked.note)
        project, by = room().project, self.person.id
        decision_id = await aside(
            lambda: project.store.write(lambda connection: decide(connection, by, given, project.classes))
        )
        self.answer({"saved": True, "decision_id": decision_id})
