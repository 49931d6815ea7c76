"""What a run said of messages whose class is known: the facts behind figures that no roll-up can give.

At most the newest `MOST` are read, so that it costs the same at any number of messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, null, select, union_all

from core.store.models import FoldPrediction, Message, Origin, Prediction, Run, RunId, Truth
from core.store.rollups import FOLDS, VERDICTS, message_hour

IMPORTED = "imported"
AGAINST = (FOLDS, VERDICTS, IMPORTED)
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with its class, what the run called it and how sure it was, and the hour it counts in.

    `margins` is what it said of all classes, where that is kept (`FoldPrediction.margins`).
    """

    message_id: int
    truth: str
    klass: str
    confidence: float
    hour: int
    margins: bytes | None = None


def judged(
    connection: Connection, run_id: RunId, against: str, classes: Sequence[str], *, most: int = MOST
) -> list[Judged]:
    """The newest messages known to be of one of the classes that the run has called something, by their ids falling.

    `against` says how they are known: "folds" (labels it was tried on, called by the fold that had not seen them),
    "verdicts" or "imported" (labels now, called as the model in charge).
    """
    said = FoldPrediction if against == FOLDS else Prediction
    held = FoldPrediction.truth if against == FOLDS else Truth.klass
    query = (
        select(
            said.message_id,
            held,
            said.klass,
            said.confidence,
            message_hour,
            FoldPrediction.margins if against == FOLDS else null(),
        )
        .join(Message, Message.id == said.message_id)
        .where(said.run_id == run_id)
        .order_by(said.message_id.desc())
        .limit(most)
    )
    if against == FOLDS:
        query = query.where(FoldPrediction.repeat == 0)
    else:
        origin = Origin.VERDICT if against == VERDICTS else Origin.IMPORTED
        newest = _newest(origin, classes, most)
        query = query.join(newest, newest.c.message_id == said.message_id).join(
            Truth, Truth.message_id == said.message_id
        )
    return [Judged(*row) for row in connection.execute(query)]


def _newest(origin: Origin, classes: Sequence[str], most: int) -> Subquery:
    """The newest messages that somebody of that origin holds to be of these classes.

    A class at a time: the index has the messages of each in order, and of all together they would have to be sorted.
    """
    of_each = []
    for klass in classes:
        of_class = select(Truth.message_id).where(Truth.origin == origin, Truth.klass == klass)
        of_each.append(select(of_class.order_by(Truth.message_id.desc()).limit(most).subquery().c.message_id))
    together = union_all(*of_each).subquery()
    return select(together.c.message_id).order_by(together.c.message_id.desc()).limit(most).subquery()


def run_classes(connection: Connection, run_id: RunId) -> tuple[str, ...]:
    """The classes of a run, in the order of its margins; none for a run of an earlier version."""
    params = connection.execute(select(Run.params).where(Run.id == run_id)).scalar()
    return tuple((params or {}).get("classes", ()))


def bodies(connection: Connection, message_ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """Body and sender of messages, by id."""
    found: dict[int, tuple[str, str | None]] = {}
    for start in range(0, len(message_ids), 5_000):
        part = message_ids[start : start + 5_000]
        rows = connection.execute(select(Message.id, Message.body, Message.sender).where(Message.id.in_(part)))
        found.update({row.id: (row.body, row.sender) for row in rows})
    return found
