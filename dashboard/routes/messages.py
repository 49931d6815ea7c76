"""The messages behind a number: a page at a time, one opened, and what a lead makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from weakref import WeakKeyDictionary

from pydantic import Field

from core import Project
from core.store.queries.behind import Behind, behind_in, behind_of
from dashboard.access.requests import address_of
from dashboard.drawer_view import opened, page
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from labeling.exchange.messages import FORMS, export_behind
from labeling.models import Role
from labeling.queues import QueueSpec
from labeling.queues.sources import queue_from_behind

if TYPE_CHECKING:
    from core.pipeline.draft import Drafts

_drafts: WeakKeyDictionary[Project, Drafts] = WeakKeyDictionary()


class BehindHandler(Handler):
    """A route whose query arguments say which messages are meant (`core.store.queries.behind`)."""

    role: ClassVar[Role | None] = Role.VIEWER

    def behind(self, *others: str) -> Behind:
        """Which messages; `others` are arguments of the route's own.

        Raises:
            TallyroomError: an argument cannot be; names it.
        """
        names = [name for name in self.request.query_arguments if name not in others]
        return behind_of({name: self.get_query_argument(name) for name in names})


class Messages(BehindHandler):
    """A page of the messages behind a number."""

    async def get(self) -> None:
        """`after` is where the page before ended."""
        after = self.get_query_argument("after", "")
        self.answer(await aside(page, room(), self.person, self.behind("after"), after or None))


class _Opened(Asked):
    message_id: Id
    run: Id | None = None
    body: str = Field(max_length=60_000)
    predicted: str | None = Field(None, max_length=200)


class Opened(Handler):
    """What more there is of one message. A POST: the text that is explained comes along, as the person sees it."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def post(self) -> None:
        """The words that moved the model, the verdicts, the labels."""
        asked = self.asked(_Opened)
        what = (asked.message_id, asked.run, asked.body, asked.predicted)
        self.answer(await aside(opened, room(), self.person, *what))


class Export(BehindHandler):
    """The messages behind a number as a file, for leads; on record before a row leaves."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """`format` is csv or jsonl."""
        self.refuse_other_sites()
        form = self.get_query_argument("format", "csv")
        pieces = await aside(self._pieces, self.behind("format"), form)
        self.set_header("Content-Type", f"{FORMS[form][0]}; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="messages.{form}"')
        while (piece := await aside(next, pieces, None)) is not None:
            self.write(piece)
            await self.flush()

    def _pieces(self, behind: Behind, form: str) -> Iterator[str]:
        project = room().project
        what = (project.store, project.dataset_id, behind, form, self.person)
        return export_behind(*what, address=address_of(self.request))


class _Queue(Asked):
    behind: str = Field(max_length=4_000)
    name: str = Field(min_length=1, max_length=200)
    overlap: int = Field(1, ge=1, le=5)
    blind_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.1


class QueueOfThem(Handler):
    """Makes a queue of the messages behind a number."""

    role: ClassVar[Role | None] = Role.LEAD

    async def post(self) -> None:
        """Answers with its id and how many came in; sent twice, it is the same queue."""
        self.answer(asdict(await aside(self._make, self.asked(_Queue))))

    def _make(self, asked: _Queue) -> Any:
        project = room().project
        spec = QueueSpec(asked.name, overlap=asked.overlap, blind_share=asked.blind_share)
        behind = behind_in(asked.behind)
        return queue_from_behind(project.store, project.dataset_id, behind, spec, by=self.person.id)


class _Draft(Asked):
    name: str = Field(min_length=1, max_length=100)
    klass: str = Field(alias="class", max_length=200)
    pattern: str = Field(min_length=1, max_length=10_000)
    ignore_case: bool = True


class DraftRule(Handler):
    """What a rule that somebody drafts would hit, and how it stands in the rule file."""

    role: ClassVar[Role | None] = Role.LEAD

    async def post(self) -> None:
        """Live coverage among the newest messages, precision where they are judged, the YAML."""
        self.answer(await aside(self._judge, self.asked(_Draft)))

    def _judge(self, asked: _Draft) -> dict[str, Any]:
        from core.rules import Rule

        project = room().project
        rule = Rule.model_validate(asked.model_dump(by_alias=True))
        from core.pipeline.draft import Drafts, as_yaml  # here: a server that starts does not wait for the pipeline

        report = _drafts.setdefault(project, Drafts(project)).judge(rule)
        return {**asdict(report), "precision": report.precision, "yaml": as_yaml(rule)}


MESSAGES_ROUTES = (
    (r"/messages.json", Messages),
    (r"/messages/opened", Opened),
    (r"/messages/export", Export),
    (r"/messages/queue", QueueOfThem),
    (r"/messages/rule", DraftRule),
)
