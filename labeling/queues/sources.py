"""Queues out of something that somebody looks at: the messages behind a number, a confusion cell, a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from core.errors import DeskError
from core.store import Store
from core.store.models import DatasetId, FoldPrediction, Origin, Prediction, RunId, Truth
from core.store.queries.behind import Behind
from core.store.queries.messages import pages_behind
from core.store.rollups import FOLDS, VERDICTS
from labeling.models import Purpose, Queue, Role, Task
from labeling.people import PersonId, require
from labeling.queues.filling import chosen, require_messages
from labeling.queues.making import create
from labeling.queues.spec import QueueSpec

CELL_MOST = 20_000
BEHIND_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a confusion matrix: of a true class, and what a run calls it; against `folds` or `verdicts`."""

    run_id: RunId
    against: str
    truth: str
    predicted: str

    @property
    def source(self) -> str:
        """As a queue keeps it."""
        return f"cell:{self.run_id}:{self.against}:{self.truth}:{self.predicted}"


def messages_of(store: Store, cell: Cell, most: int = CELL_MOST) -> list[int]:
    """The messages behind a cell, the surest mistake first.

    Raises:
        DeskError: `against` is neither folds nor verdicts.
    """
    if cell.against not in (FOLDS, VERDICTS):
        raise DeskError(f"a cell is against '{FOLDS}' or '{VERDICTS}', not '{cell.against}'")
    if cell.against == FOLDS:
        query = select(FoldPrediction.message_id).where(
            FoldPrediction.run_id == cell.run_id,
            FoldPrediction.truth == cell.truth,
            FoldPrediction.klass == cell.predicted,
        )
        query = query.order_by(FoldPrediction.confidence.desc(), FoldPrediction.message_id)
    else:
        query = (
            select(Prediction.message_id)
            .join(Truth, (Truth.message_id == Prediction.message_id) & (Truth.origin == Origin.VERDICT))
            .where(Prediction.run_id == cell.run_id, Truth.klass == cell.truth, Prediction.klass == cell.predicted)
            .order_by(Prediction.confidence.desc(), Prediction.message_id)
        )
    with store.read() as connection:
        return list(dict.fromkeys(connection.execute(query.limit(most)).scalars()))


def queue_from_cell(
    store: Store, dataset: DatasetId, cell: Cell, spec: QueueSpec | None = None, *, by: PersonId | None = None
) -> int:
    """Make a queue of the messages behind a cell; gives its id.

    Raises:
        DeskError: there is no message in the cell, or the spec cannot be.
        AccessError: the person is no lead.
    """
    ids = messages_of(store, cell)
    if not ids:
        raise DeskError(f"no message that is {cell.truth} is called {cell.predicted} there")
    given = spec or QueueSpec(f"{cell.truth} called {cell.predicted} by run {cell.run_id}")
    return _made(store, dataset, replace(given, purpose=Purpose.CELL, source=cell.source), ids, by)


def queue_from_search(
    store: Store, dataset: DatasetId, asked: str, ids: Sequence[int], spec: QueueSpec, *, by: PersonId | None = None
) -> int:
    """Make a queue of what a search found; gives its id.

    Raises:
        DeskError: it found nothing, a message is not there, or the spec cannot be.
        AccessError: the person is no lead.
    """
    if not ids:
        raise DeskError("the search found nothing to ask about")
    return _made(store, dataset, replace(spec, purpose=Purpose.SEARCH, source=f"search:{asked}"), ids, by)


def _made(store: Store, dataset: DatasetId, spec: QueueSpec, ids: Sequence[int], by: PersonId | None) -> int:
    with store.read() as connection:
        require_messages(connection, dataset, ids)
    queue_id = store.write(lambda connection: create(connection, dataset, spec, by=by))
    chosen(store, queue_id, ids)
    return queue_id


@dataclass(frozen=True, slots=True)
class MadeOf:
    """A queue of the messages behind a number; `more`: there were more than came in."""

    queue_id: int
    messages: int
    more: bool


def queue_from_behind(
    store: Store, dataset: DatasetId, behind: Behind, spec: QueueSpec, *, by: PersonId, most: int = BEHIND_MOST
) -> MadeOf:
    """Make a queue of the messages behind a number, in their order, `most` at the most.

    Asked for twice (a second click, a request that was sent again), it is the same queue.

    Raises:
        DeskError: no message is behind it, its name is another queue's, or the spec cannot be.
        AccessError: the person is no lead.
    """
    purpose = Purpose.SEARCH if behind.q else Purpose.DRIFT if behind.alarm is not None else Purpose.CELL
    made = replace(spec, purpose=purpose, source=f"behind:{behind.query}")
    with store.read() as connection:
        require(connection, by, Role.LEAD)
        there = made_before(connection, made)
    if there is not None and there.messages:
        return there
    ids: list[int] = []
    more = False
    for page in pages_behind(store, dataset, behind, most):
        ids += [row.message_id for row in page.rows]
        more = page.after is not None
    if not ids:
        raise DeskError("no message is behind it now", fix="Widen the search or the range.")
    queue_id = there.queue_id if there else made_once(store, dataset, made, by)
    return MadeOf(queue_id, chosen(store, queue_id, ids), more)


def made_once(store: Store, dataset: DatasetId, spec: QueueSpec, by: PersonId | None) -> int:
    """The queue's id, also where the same one was made a moment ago."""
    try:
        return store.write(lambda connection: create(connection, dataset, spec, by=by))
    except (DeskError, IntegrityError):
        with store.read() as connection:
            there = made_before(connection, spec)
        if there is None:
            raise
        return there.queue_id


def made_before(connection: Connection, spec: QueueSpec) -> MadeOf | None:
    """A queue of that name that came from there."""
    query = select(Queue.id).where(Queue.name == spec.name, Queue.source == spec.source)
    queue_id = connection.execute(query).scalar()
    if queue_id is None:
        return None
    counted = select(func.count()).where(Task.queue_id == queue_id)
    return MadeOf(queue_id, connection.execute(counted).scalar_one(), more=False)
