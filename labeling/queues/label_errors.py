"""Probable label errors as a queue: people see neither label nor prediction, and their verdict outweighs both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, Select, func, select

from core.errors import DeskError
from core.store import Store
from core.store.models import DatasetId, Origin, Run, RunId, Suspect, Truth
from core.store.queries.live import champion
from labeling.models import Purpose, Queue, Role
from labeling.people import PersonId, require
from labeling.queues.filling import chosen
from labeling.queues.sources import MadeOf, made_before, made_once
from labeling.queues.spec import QueueSpec

MOST = 200
STANDS = (Truth.origin != Origin.VERDICT) & (Truth.klass == Suspect.given)
"""Nobody has judged the message, and its label is the one that was doubted."""


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """The labels that the champion doubts: `found` of the `tried` that it was held against.

    `waiting` are neither judged nor changed since; of the `judged`, the label was `wrong` on some. `queue_id`: the
    queue that asks about them, None before it is made.
    """

    run_id: RunId
    title: str
    tried: int
    found: int
    waiting: int
    judged: int
    wrong: int
    queue_id: int | None

    @property
    def sentence(self) -> str:
        """As a page says it."""
        said = f"{self.title} doubts {self.found:,} of the {self.tried:,} labels that it was held against"
        if not self.judged:
            return f"{said}; none is judged yet."
        return f"{said}; {self.judged:,} judged, {self.wrong:,} of them wrong."


def label_errors(connection: Connection, dataset: DatasetId) -> LabelErrors | None:
    """What there is to look at again; None before a champion, or where it doubts nothing. Costs what it doubts."""
    reigning = champion(connection, dataset)
    if reigning is None:
        return None
    by_people = Truth.origin == Origin.VERDICT
    found, waiting, judged, wrong = connection.execute(
        select(
            func.count(),
            func.count().filter(STANDS),
            func.count().filter(by_people),
            func.count().filter(by_people & (Truth.klass != Suspect.given)),
        )
        .select_from(Suspect)
        .outerjoin(Truth, Truth.message_id == Suspect.message_id)
        .where(Suspect.run_id == reigning.run_id)
    ).one()
    if not found:
        return None
    queue = connection.execute(select(Queue.id).where(Queue.source == _source(reigning.run_id)).limit(1)).scalar()
    tried = connection.execute(select(Run.train_size).where(Run.id == reigning.run_id)).scalar_one()
    return LabelErrors(reigning.run_id, reigning.title, tried, found, waiting, judged, wrong, queue)


def queue_from_label_errors(
    store: Store, dataset: DatasetId, spec: QueueSpec | None = None, *, most: int = MOST, by: PersonId | None = None
) -> MadeOf:
    """Make a queue of the labels that the champion doubts most, the worst first; asked twice, it is the same queue.

    Left to itself all of it is blind: what is on the screen sways, and a wrong label on it would vouch for itself.

    Raises:
        DeskError: there is nothing to look at again, or the spec cannot be.
        AccessError: the person is no lead.
    """
    with store.read() as connection:
        if by is not None:
            require(connection, by, Role.LEAD)
        doubted = label_errors(connection, dataset)
        if doubted is None:
            raise DeskError(
                "no label is doubted",
                fix="'tallyroom run' looks for such labels each time a model becomes the champion.",
            )
        given = spec or QueueSpec(f"Probable label errors of {doubted.title}", blind_share=1.0)
        made = replace(given, purpose=Purpose.LABEL_ERRORS, source=_source(doubted.run_id))
        there = made_before(connection, made)
        if there is not None and there.messages:
            return there
        ids = connection.execute(_worst(doubted.run_id, most)).scalars().all()
    if not ids:
        raise DeskError("all labels that were doubted have been judged", fix="The next champion may doubt others.")
    queue_id = there.queue_id if there else made_once(store, dataset, made, by)
    return MadeOf(queue_id, chosen(store, queue_id, ids), more=len(ids) < doubted.waiting)


def _source(run_id: RunId) -> str:
    return f"label_errors:{run_id}"


def _worst(run_id: RunId, most: int) -> Select[int]:
    """The doubted labels that still stand, the least believed first: along the index that has the order."""
    query = select(Suspect.message_id).join(Truth, Truth.message_id == Suspect.message_id)
    query = query.where(Suspect.run_id == run_id, STANDS)
    return query.order_by(Suspect.sure, Suspect.message_id).limit(most)
