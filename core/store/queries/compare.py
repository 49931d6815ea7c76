"""Two runs side by side: their scores on the same folds, what they cost, the messages on which they disagree.

Two models can be compared where neither was trained: on messages in the store that both have judged and neither has
learnt from (`predictions`), or on the labelled messages, as each said of them out of fold (`folds`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, exists, func, select
from sqlalchemy.orm import aliased

from core.store.models import (
    DatasetId,
    Fold,
    FoldPrediction,
    Message,
    Model,
    Origin,
    Prediction,
    Run,
    RunId,
    RunState,
    Score,
    Truth,
)
from core.store.queries.shown import BODY_LISTED
from core.store.queries.whose import Whose, whose_of
from core.store.store import Store

PAGE = 50
WINDOW = 50_000
"""So many message ids are looked at in one short transaction."""


class Basis(enum.StrEnum):
    """On what two models are compared."""

    PREDICTIONS = "predictions"
    FOLDS = "folds"


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A finished run as the leaderboard has it; what was never measured is None.

    Seconds are of a message, vectorising left out. `labels` is the same for runs that were told the same labels,
    `folds` for those that were tried on folds of the same sizes, drawn with the same seed. `whose`: who gave them.
    """

    run_id: RunId
    candidate: str
    version: int
    train_size: int
    labels: tuple[Any, ...]
    folds: tuple[Any, ...]
    test_share: float
    size: int | None
    fit_seconds: float | None
    predict_seconds: float | None
    whose: Whose

    @property
    def title(self) -> str:
        """As a page names it: `char-svc v3`."""
        return f"{self.candidate} v{self.version}"

    @property
    def trial(self) -> tuple[Any, ...]:
        """The same for runs that can be paired fold by fold, as far as their sizes and seeds tell."""
        return (self.labels, self.folds)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A message of which two models say different things, and how sure each is."""

    message_id: int
    body: str
    first: str
    first_confidence: float
    second: str
    second_confidence: float


def compared_runs(
    connection: Connection, dataset: DatasetId, ids: Sequence[int] = (), *, most: int = 30
) -> list[ComparedRun]:
    """The newest finished runs, the newest first; or those with these ids."""
    query = (
        select(
            Run.id,
            Run.candidate,
            Run.version,
            Run.train_size,
            Run.label_cutoff,
            Run.label_set,
            Run.seed,
            Run.params,
            func.length(Model.content).label("size"),
        )
        .outerjoin(Model, Model.run_id == Run.id)
        .where(Run.dataset_id == dataset, Run.state == RunState.DONE)
    )
    if ids:
        query = query.where(Run.id.in_(ids))
    rows = connection.execute(query.order_by(Run.id.desc()).limit(most)).all()
    costs = _costs(connection, [row.id for row in rows])
    shapes = _shapes(connection, [row.id for row in rows])
    return [_compared(row, costs.get(row.id), shapes.get(row.id, ())) for row in rows]


def _costs(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """Sums over the folds at the whole training part, by run."""
    sums = [func.sum(column) for column in (Fold.fit_seconds, Fold.train_size, Fold.predict_seconds, Fold.test_size)]
    query = select(Fold.run_id, *sums).where(Fold.run_id.in_(ids), Fold.fraction == 1.0).group_by(Fold.run_id)
    return {row[0]: [float(value) for value in row[1:]] for row in connection.execute(query)}


def _shapes(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """The folds that were run, by run, each with the messages trained on and tested."""
    columns = (Fold.repeat, Fold.fold, Fold.train_size, Fold.test_size)
    query = select(Fold.run_id, *columns).where(Fold.run_id.in_(ids), Fold.fraction == 1.0)
    found: dict[int, list[Any]] = {}
    for run_id, *shape in connection.execute(query.order_by(Fold.run_id, Fold.repeat, Fold.fold)):
        found.setdefault(run_id, []).append(tuple(shape))
    return {run_id: tuple(shape) for run_id, shape in found.items()}


def _compared(row: Any, costs: Sequence[float] | None, shape: tuple[Any, ...]) -> ComparedRun:
    fit, trained, predict, tested = costs or (0.0, 0.0, 0.0, 0.0)
    params = row.params or {}
    return ComparedRun(
        run_id=RunId(row.id),
        candidate=row.candidate,
        version=row.version,
        train_size=row.train_size,
        labels=(row.label_cutoff, row.label_set, row.train_size),
        folds=(row.seed, params.get("folds"), params.get("repeats"), params.get("split"), shape),
        test_share=tested / trained if trained else 0.0,
        size=row.size,
        fit_seconds=fit / trained if trained else None,
        predict_seconds=predict / tested if tested else None,
        whose=whose_of(row.train_size, params),
    )


def fold_scores_by_class(connection: Connection, run_id: RunId, metric: str) -> dict[str, list[float]]:
    """A metric of each class (of all together under the empty name), a value a fold, in the order of the folds."""
    rows = connection.execute(
        select(Score.klass, Score.value)
        .join(Fold, Fold.id == Score.fold_id)
        .where(Fold.run_id == run_id, Fold.fraction == 1.0, Score.metric == metric)
        .order_by(Fold.repeat, Fold.fold)
    )
    found: dict[str, list[float]] = {}
    for klass, value in rows:
        found.setdefault(klass, []).append(value)
    return found


def basis_of(connection: Connection, first: RunId, second: RunId) -> Basis:
    """Where two runs can be compared: on the store's messages, where both have judged some."""
    there = [
        connection.execute(select(Prediction.message_id).where(Prediction.run_id == run_id).limit(1)).first()
        for run_id in (first, second)
    ]
    return Basis.PREDICTIONS if all(there) else Basis.FOLDS


def said_by(basis: Basis, run_id: RunId) -> Any:
    """What a run said, a row a message: message_id, klass, confidence. A subquery to join with."""
    if basis is Basis.PREDICTIONS:
        live = select(Prediction.message_id, Prediction.klass, Prediction.confidence)
        return live.where(Prediction.run_id == run_id).subquery()
    # Of several repeats the first: a message is to count once.
    held_out = select(FoldPrediction.message_id, FoldPrediction.klass, FoldPrediction.confidence)
    return held_out.where(FoldPrediction.run_id == run_id, FoldPrediction.repeat == 0).subquery()


def untaught(basis: Basis, message_id: ColumnElement[int], runs: Sequence[RunId]) -> ColumnElement[bool]:
    """The message taught neither of the runs. What a run was trained on is what it has out-of-fold predictions of."""
    if basis is Basis.FOLDS:
        return message_id.is_not(None)
    taught = aliased(FoldPrediction)
    return ~exists().where(taught.run_id.in_(runs), taught.repeat == 0, taught.message_id == message_id)


def disagreements(
    connection: Connection, basis: Basis, first: RunId, second: RunId, *, after: int = 0, limit: int = PAGE
) -> list[Disagreement]:
    """A page of the messages on which they disagree, in order of their ids, from after the id `after`."""
    one, other = said_by(basis, first), said_by(basis, second)
    query = (
        select(one.c.message_id, BODY_LISTED, one.c.klass, one.c.confidence, other.c.klass, other.c.confidence)
        .join(other, other.c.message_id == one.c.message_id)
        .join(Message, Message.id == one.c.message_id)
        .where(
            one.c.message_id > after, one.c.klass != other.c.klass, untaught(basis, one.c.message_id, (first, second))
        )
        .order_by(one.c.message_id)
        .limit(limit)
    )
    return [Disagreement(*row) for row in connection.execute(query)]


def whole_pool(store: Store, basis: Basis, first: RunId, second: RunId) -> tuple[int, list[int]]:
    """How many messages can be compared, and the ids of those on which the two disagree. Looks at all of them."""
    compared, ids = 0, []
    for count, page in _windows(store, basis, first, second):
        compared += count
        ids += page
    return compared, ids


def _windows(store: Store, basis: Basis, first: RunId, second: RunId) -> Iterator[tuple[int, list[int]]]:
    """A window of ids after the other, each a short transaction: a snapshot held open for long slows the desk."""
    one, other = said_by(basis, first), said_by(basis, second)
    with store.read() as connection:
        low, high = connection.execute(select(func.min(one.c.message_id), func.max(one.c.message_id))).one()
    both = and_(other.c.message_id == one.c.message_id, untaught(basis, one.c.message_id, (first, second)))
    for start in range(low, high + 1, WINDOW) if low is not None else ():
        here = one.c.message_id.between(start, start + WINDOW - 1)
        counted = select(func.count()).select_from(one).join(other, both).where(here)
        apart = select(one.c.message_id).join(other, both).where(here, one.c.klass != other.c.klass)
        with store.read() as connection:
            yield connection.execute(counted).scalar_one(), list(connection.execute(apart).scalars())


def right_apart(connection: Connection, basis: Basis, first: RunId, second: RunId) -> tuple[int, int, int]:
    """Of the messages that people judged: on how many both can be compared, and on how many each alone was right."""
    one, other = said_by(basis, first), said_by(basis, second)
    right, wrong = one.c.klass == Truth.klass, other.c.klass == Truth.klass
    counts = [func.count(), func.sum((right & ~wrong).cast(Integer)), func.sum((wrong & ~right).cast(Integer))]
    query = (
        select(*counts)
        .select_from(Truth)
        .join(one, one.c.message_id == Truth.message_id)
        .join(other, other.c.message_id == Truth.message_id)
        .where(Truth.origin == Origin.VERDICT, untaught(basis, one.c.message_id, (first, second)))
    )
    judged, first_alone, second_alone = connection.execute(query).one()
    return judged, int(first_alone or 0), int(second_alone or 0)
