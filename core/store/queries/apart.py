"""Two runs on the labelled messages, each as it was called out of fold: the counts, and the messages behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.orm import aliased

from core.store.models import FoldPrediction, Message, RunId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAGE = 50
WINDOW = 1_000
WINDOWS_MOST = 20
"""So many windows of disagreements are looked through for a page of one kind; then the next page goes on from there."""
CALIBRATION_MOST = 50_000

Belongs = Callable[[str, str | None], bool]
"""Whether a message with this body and sender is of a kind."""

_one, _other = aliased(FoldPrediction), aliased(FoldPrediction)


@dataclass(frozen=True, slots=True)
class Joint:
    """How many messages of a class one run calls `first` and the other `second`."""

    truth: str
    first: str
    second: str
    n: int


@dataclass(frozen=True, slots=True)
class ApartMessage:
    """A labelled message of which two runs say different things, and how sure each is."""

    message_id: int
    body: str
    truth: str
    first: str
    first_confidence: float
    second: str
    second_confidence: float


@dataclass(frozen=True, slots=True)
class ApartPage:
    """A page, and the id after which the next one goes on; None where this was the last."""

    messages: list[ApartMessage]
    after: int | None


def _both(columns: Any, first: RunId, second: RunId) -> Any:
    """Of several repeats the first: a message is to count once. One whose label has changed between is left out."""
    together = (_other.message_id == _one.message_id) & (_other.truth == _one.truth)
    return (
        select(*columns)
        .select_from(_one)
        .join(_other, together)
        .where(_one.run_id == first, _one.repeat == 0, _other.run_id == second, _other.repeat == 0)
    )


def joint_counts(connection: Connection, first: RunId, second: RunId) -> list[Joint]:
    """All messages that both runs have out-of-fold predictions of, by class and by what each run says."""
    columns = (_one.truth, _one.klass, _other.klass)
    query = _both((*columns, func.count()), first, second).group_by(*columns)
    return [Joint(*row) for row in connection.execute(query)]


def held_out_size(connection: Connection, run_id: RunId) -> int:
    """The messages that a run has out-of-fold predictions of."""
    here = (FoldPrediction.run_id == run_id, FoldPrediction.repeat == 0)
    return connection.execute(select(func.count()).select_from(FoldPrediction).where(*here)).scalar_one()


def held_apart(
    connection: Connection,
    first: RunId,
    second: RunId,
    *,
    truth: str | None = None,
    predicted: str | None = None,
    belongs: Belongs | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> ApartPage:
    """The messages on which the two disagree behind a cell, a class or a kind, by their ids from after the id `after`.

    Args:
        connection: one that reads.
        first: a run.
        second: another, on the same messages.
        truth: of this class alone.
        predicted: that one of the two, and so not the other, calls this.
        belongs: of this kind alone; of a rare kind a page may be short, or empty, and still not be the last.
        after: where the page before ended.
        limit: as many at most.
    """
    columns = (_one.message_id, Message.body, _one.truth, _one.klass, _one.confidence, _other.klass, _other.confidence)
    query = _both((*columns, Message.sender), first, second).join(Message, Message.id == _one.message_id)
    query = query.where(_one.klass != _other.klass)
    if truth is not None:
        query = query.where(_one.truth == truth)
    if predicted is not None:
        query = query.where(or_(_one.klass == predicted, _other.klass == predicted))
    at_once = limit + 1 if belongs is None else WINDOW
    query = query.order_by(_one.message_id).limit(at_once)
    found: list[ApartMessage] = []
    for _ in range(WINDOWS_MOST):
        rows = connection.execute(query.where(_one.message_id > after)).all()
        for row in rows:
            if belongs is None or belongs(row.body, row.sender):
                if len(found) == limit:
                    return ApartPage(found, found[-1].message_id)
                found.append(ApartMessage(*row[:-1]))
            after = row.message_id
        if len(rows) < at_once:
            return ApartPage(found, None)
    return ApartPage(found, after)


def sure_and_right(connection: Connection, run_id: RunId) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How sure a run was of the newest messages that it was not trained on, and whether it was right."""
    import numpy as np  # here: only this needs it

    query = (
        select(FoldPrediction.confidence, FoldPrediction.klass == FoldPrediction.truth)
        .where(FoldPrediction.run_id == run_id, FoldPrediction.repeat == 0)
        .order_by(FoldPrediction.message_id.desc())
        .limit(CALIBRATION_MOST)
    )
    rows = connection.execute(query).all()
    return np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], bool)
