"""The queues' routes: how they stand, made, filled and changed. For leads."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from core.store.models import RunId
from dashboard.audience import Audience
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.socket import AudienceSocket
from labeling.alarms import alarms, queue_from_alarm
from labeling.forecast import Effect
from labeling.models import Purpose, Role
from labeling.orders import ORDERS
from labeling.queue_list import standing
from labeling.queues import STRICT, QueueSpec, change, create, fill_by_order, set_members
from labeling.queues.label_errors import label_errors, queue_from_label_errors
from labeling.queues.making import people_named
from labeling.queues.sources import Cell, queue_from_cell, queue_from_search

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Many = Annotated[int, Field(ge=1, le=2_000_000_000)]
IDS_MOST = 5_000


class _Cell(Asked):
    run: Id
    against: Literal["folds", "verdicts"]
    truth: str = Field(max_length=200)
    predicted: str = Field(max_length=200)


class _Search(Asked):
    asked: str = Field(max_length=400)
    ids: list[Id] = Field(min_length=1, max_length=IDS_MOST)


class _Make(Asked):
    name: str = Field(min_length=1, max_length=200)
    purpose: Purpose = Purpose.TRAINING
    order: str | None = Field(None, max_length=32)
    overlap: int = Field(1, ge=1, le=5)
    adaptive: bool = False
    blind_share: Share = 0.1
    gold_share: Share = 0.0
    guide: str | None = Field(None, max_length=20_000)
    target: Many | None = None
    deadline: Id | None = None
    priority: int = Field(0, ge=-1_000, le=1_000)
    people: list[Annotated[str, Field(max_length=80)]] = Field(default=[], max_length=500)
    count: int = Field(0, ge=0, le=100_000)
    cell: _Cell | None = None
    search: _Search | None = None
    alarm: Id | None = None


class _Change(Asked):
    queue_id: Id
    state: Literal["open", "paused", "closed"] | None = None
    priority: int | None = Field(None, ge=-1_000, le=1_000)
    blind_share: Share | None = None
    gold_share: Share | None = None
    target: Many | None = None
    deadline: Id | None = None
    count: int = Field(0, ge=0, le=100_000)


class QueuesHandler(Handler):
    """A route of the queues, for leads."""

    role = Role.LEAD


class QueuesState(QueuesHandler):
    """The JSON twin of the queues page."""

    async def get(self) -> None:
        """Every queue, the live model's accuracy, the effect of more verdicts, the newest alarms, what can be asked."""
        self.answer(await aside(self._read))

    def _read(self) -> dict[str, Any]:
        project = room().project
        with project.store.read() as connection:
            desk = standing(connection, project.dataset_id)
            open_alarms = [asdict(alarm) for alarm in alarms(connection)]
            doubted = label_errors(connection, project.dataset_id)
        return {
            "at": desk.at,
            "queues": [asdict(row) for row in desk.queues],
            "champion": desk.champion,
            "accuracy": {**asdict(desk.accuracy), "sentence": desk.accuracy.sentence} if desk.accuracy else None,
            "effect": _effect(desk.effect) if desk.effect else None,
            "alarms": open_alarms,
            "label_errors": {**asdict(doubted), "sentence": doubted.sentence} if doubted else None,
            "orders": [{"name": order.name, "title": order.title} for order in ORDERS],
            "purposes": [{"name": str(purpose), "strict": purpose in STRICT} for purpose in Purpose],
        }


def _effect(effect: Effect) -> dict[str, Any]:
    said = {"settled": effect.settled, "negligible": effect.negligible, "sentence": effect.sentence}
    return {**asdict(effect), **said}


class MakeQueue(QueuesHandler):
    """Makes a queue, and fills it."""

    async def post(self) -> None:
        """Answers with its id."""
        self.answer({"queue_id": await aside(self._make, self.asked(_Make))})

    def _make(self, asked: _Make) -> int:
        store, dataset, by = room().project.store, room().project.dataset_id, self.person.id
        plain = asked.model_dump(exclude={"people", "count", "cell", "search", "alarm"})
        spec = QueueSpec(**plain)
        with store.read() as connection:  # before the queue is there
            people_named(connection, asked.people)
        if asked.cell is not None:
            cell = Cell(RunId(asked.cell.run), asked.cell.against, asked.cell.truth, asked.cell.predicted)
            queue_id = queue_from_cell(store, dataset, cell, spec, by=by)
        elif asked.search is not None:
            queue_id = queue_from_search(store, dataset, asked.search.asked, asked.search.ids, spec, by=by)
        elif asked.alarm is not None:
            queue_id = queue_from_alarm(store, dataset, asked.alarm, spec, by=by)
        else:
            queue_id = store.write(lambda connection: create(connection, dataset, spec, by=by))
        if asked.people:
            store.write(lambda connection: set_members(connection, queue_id, asked.people, by=by))
        if asked.count:
            fill_by_order(store, queue_id, asked.count)
        return queue_id


class AskLabelErrors(QueuesHandler):
    """Makes a queue of the labels that the champion doubts."""

    async def post(self) -> None:
        """Answers with its id, and how many messages are in it; asked twice, it is the same queue."""
        self.asked(Asked)
        project, by = room().project, self.person.id
        self.answer(asdict(await aside(lambda: queue_from_label_errors(project.store, project.dataset_id, by=by))))


class ChangeQueue(QueuesHandler):
    """Changes a queue that is there."""

    async def post(self) -> None:
        """Only what the request names; answers with what is new, and how many messages came in."""
        self.answer(await aside(self._change, self.asked(_Change)))

    def _change(self, asked: _Change) -> dict[str, Any]:
        store, by = room().project.store, self.person.id
        fields = asked.model_dump(exclude={"queue_id", "count"}, exclude_unset=True)
        changed = store.write(lambda connection: change(connection, asked.queue_id, by=by, **fields))
        came = fill_by_order(store, asked.queue_id, asked.count) if asked.count else 0
        return {"changed": changed, "messages": came}


class QueuesSocket(AudienceSocket):
    """One page's socket: it hears that something has moved, and asks again."""

    role = Role.LEAD

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the queues."""
        return room().queues


QUEUES_ROUTES = (
    (r"/queues.json", QueuesState),
    (r"/queues/make", MakeQueue),
    (r"/queues/label-errors", AskLabelErrors),
    (r"/queues/change", ChangeQueue),
    (r"/queues/feed", QueuesSocket),
)
