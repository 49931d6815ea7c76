"""The registry page's routes: champion, challengers, history; promotion and roll-back, for leads; its socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from core.errors import TallyroomError
from core.store.models import RunId
from dashboard.access.requests import address_of
from dashboard.audience import Audience
from dashboard.registry_view import earlier
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.socket import AudienceSocket
from labeling.exporting import on_record
from labeling.models import Role
from labeling.promoting import REASON_MOST, Changed, promote_run, roll_back

if TYPE_CHECKING:
    from core.pipeline.leaving import Outgoing

NUMBER_MOST = 2**63


class RegistryHandler(Handler):
    """A route of the registry page that reads."""

    role: ClassVar[Role | None] = Role.VIEWER

    def number(self, name: str) -> int:
        """A number of the query.

        Raises:
            TallyroomError: it is missing or none.
        """
        value = self.get_query_argument(name, "")
        if not (value.isascii() and value.isdecimal() and len(value) < 20 and int(value) < NUMBER_MOST):
            raise TallyroomError(f"{name} is a number")
        return int(value)


class RegistryState(RegistryHandler):
    """The JSON twin of the registry page."""

    async def get(self) -> None:
        """Champion, challengers, history, and whether this person may promote."""
        found = await aside(room().registering.registry)
        self.answer({**found, "may_promote": self.person.may(Role.LEAD)})


class History(RegistryHandler):
    """Promotions of earlier days."""

    async def get(self) -> None:
        """Those older than the promotion `before`."""
        self.answer(await aside(earlier, room().project, self.number("before")))


class OneModel(RegistryHandler):
    """One model from near: what it was made with, its classes' top terms."""

    async def get(self) -> None:
        """`run` is the run. A viewer sees terms with their digits masked."""
        run, masks = self.number("run"), not self.person.may(Role.REVIEWER)
        self.answer(await aside(lambda: room().registering.model(run, masks=masks)))


class Download(RegistryHandler):
    """A model as a file, for leads; tried before it is offered, and on record before a byte leaves."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """`run` is the run, `format` an exporter's name."""
        self.refuse_other_sites()
        out = await aside(self._outgoing, self.number("run"), self.get_query_argument("format", "linear_json"))
        self.set_header("Content-Type", out.media_type)
        self.set_header("Content-Disposition", f'attachment; filename="{out.name}"')
        self.finish(out.content)

    def _outgoing(self, number: int, form: str) -> Outgoing:
        from core.pipeline.leaving import meant, outgoing  # here: a server that starts does not wait for the pipeline

        project, address = room().project, address_of(self.request)
        run = meant(project, str(number))
        out = outgoing(project, run, form, where="format")
        project.store.write(lambda c: on_record(c, run.title, form, by=self.person.id, address=address))
        return out


class _Promote(Asked):
    run: Id
    reason: str = Field(min_length=1, max_length=REASON_MOST)


class _RollBack(Asked):
    run: Id | None = None
    reason: str = Field(min_length=1, max_length=REASON_MOST)


class _Acts(Handler):
    """A route that makes another model the champion."""

    role: ClassVar[Role | None] = Role.LEAD

    def _write(self, work: Any) -> dict[str, Any]:
        changed: Changed = room().project.store.write(work)
        room().registering.forget()
        former = changed.former.title if changed.former else None
        return {"run": changed.champion.run_id, "champion": changed.champion.title, "former": former}


class Promote(_Acts):
    """Makes a model the champion."""

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked, dataset, by = self.asked(_Promote), room().project.dataset_id, self.person.id
        run_id = RunId(asked.run)
        self.answer(await aside(self._write, lambda c: promote_run(c, dataset, run_id, asked.reason, by=by)))


class RollBack(_Acts):
    """Goes back to an earlier champion."""

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked, dataset, by = self.asked(_RollBack), room().project.dataset_id, self.person.id
        to = None if asked.run is None else RunId(asked.run)
        self.answer(await aside(self._write, lambda c: roll_back(c, dataset, to, asked.reason, by=by)))


class RegistrySocket(AudienceSocket):
    """One page's socket: it hears that something has moved, and asks again."""

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the registry."""
        return room().registering


REGISTRY_ROUTES = (
    (r"/registry.json", RegistryState),
    (r"/registry/history.json", History),
    (r"/registry/model.json", OneModel),
    (r"/registry/download", Download),
    (r"/registry/promote", Promote),
    (r"/registry/roll-back", RollBack),
    (r"/registry/feed", RegistrySocket),
)
