"""The pipeline page's routes: the graph as it stands and as it moves, a task's log, what a lead asks of a task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, ClassVar

from pydantic import Field

from core.store.models import TaskAsk
from core.store.queries.tasks import log_of
from dashboard.access.requests import address_of
from dashboard.audience import Audience
from dashboard.pipeline_view import pipeline_view
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, aside
from dashboard.routes.socket import AudienceSocket
from labeling.models import Role
from labeling.pipeline_acts import ask_of_task

FINGERPRINT_MOST = 16


class PipelineState(Handler):
    """The JSON twin of the pipeline page."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """The tasks as they stand, who works, what ran of late."""
        self.answer(await aside(pipeline_view, room().project))


class TaskLog(Handler):
    """What a task said: for leads, since it names files of the machine that ran it."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """`task` is its fingerprint."""
        self.answer(await aside(self._read, self.get_query_argument("task", "")[:FINGERPRINT_MOST]))

    def _read(self, fingerprint: str) -> dict[str, Any]:
        project = room().project
        with project.store.read() as connection:
            return {"lines": [asdict(line) for line in log_of(connection, project.dataset_id, fingerprint)]}


class _Ask(Asked):
    task: Annotated[str, Field(min_length=1, max_length=FINGERPRINT_MOST)]
    what: TaskAsk


class AskOfTask(Handler):
    """Asks for a task to be run again, or cancelled."""

    role: ClassVar[Role | None] = Role.LEAD

    async def post(self) -> None:
        """Answers after COMMIT; whether somebody watches who will obey is in the page's state."""
        asked, by, where, project = self.asked(_Ask), self.person.id, address_of(self.request), room().project
        await aside(
            lambda: project.store.write(
                lambda c: ask_of_task(c, project.dataset_id, asked.task, asked.what, by=by, address=where)
            )
        )
        self.answer({"saved": True})


class PipelineSocket(AudienceSocket):
    """One page's socket: the whole graph first, then what changes."""

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the pipeline."""
        return room().line


PIPELINE_ROUTES = (
    (r"/pipeline.json", PipelineState),
    (r"/pipeline/log.json", TaskLog),
    (r"/pipeline/ask", AskOfTask),
    (r"/pipeline/feed", PipelineSocket),
)
