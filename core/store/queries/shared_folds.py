"""What the runs of a benchmark have by now: which folds, which predictions of a fold, and their margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.models import Fold, FoldPrediction, Run, RunId, RunState, Score


@dataclass(frozen=True, slots=True)
class Standing:
    """A run of a benchmark: how it stands, and the points (repeat, fold, fraction) that it has."""

    run_id: RunId
    candidate: str
    state: RunState
    error: str | None
    points: frozenset[tuple[int, int, float]]


def standing_of(
    connection: Connection, fingerprints: Sequence[str], *, only: tuple[int, int] | None = None
) -> list[Standing]:
    """The runs with these fingerprints that were begun, in the order in which they were; `only`: one (repeat, fold)."""
    runs = connection.execute(
        select(Run.id, Run.candidate, Run.state, Run.error).where(Run.fingerprint.in_(fingerprints)).order_by(Run.id)
    ).all()
    points: dict[int, set[tuple[int, int, float]]] = {run.id: set() for run in runs}
    folds = select(Fold.run_id, Fold.repeat, Fold.fold, Fold.fraction).where(Fold.run_id.in_(list(points)))
    if only is not None:
        folds = folds.where(Fold.repeat == only[0], Fold.fold == only[1])
    for run_id, repeat, fold, fraction in connection.execute(folds):
        points[run_id].add((repeat, fold, fraction))
    return [
        Standing(RunId(run.id), run.candidate, RunState(run.state), run.error, frozenset(points[run.id]))
        for run in runs
    ]


def said_already(connection: Connection, run_id: RunId, repeat: int, message_ids: Sequence[int]) -> set[int]:
    """The messages that a run has said something of in a repeat; none, where it has not of the first of `message_ids`.

    A fold's predictions are written in their order: without the first there is none.
    """
    said = select(FoldPrediction.message_id).where(FoldPrediction.run_id == run_id, FoldPrediction.repeat == repeat)
    first = said.where(FoldPrediction.message_id == message_ids[0])
    return set() if connection.execute(first).first() is None else set(connection.execute(said).scalars())


def temperatures(connection: Connection, run_id: RunId) -> dict[tuple[int, int], float]:
    """The temperature of each fold (repeat, fold) whose predictions are kept."""
    rows = connection.execute(
        select(Fold.repeat, Fold.fold, Fold.temperature).where(Fold.run_id == run_id, Fold.temperature.is_not(None))
    )
    return {(repeat, fold): float(temperature) for repeat, fold, temperature in rows if temperature is not None}


def kept_margins(connection: Connection, run_id: RunId, message_ids: Sequence[int]) -> dict[int, bytes]:
    """The margins of the first repeat by message, of those among `message_ids` that have any."""
    if not message_ids:
        return {}
    rows = connection.execute(
        select(FoldPrediction.message_id, FoldPrediction.margins).where(
            FoldPrediction.run_id == run_id,
            FoldPrediction.repeat == 0,
            FoldPrediction.message_id.between(min(message_ids), max(message_ids)),
            FoldPrediction.margins.is_not(None),
        )
    )
    wanted = set(message_ids)
    return {message_id: margins for message_id, margins in rows if message_id in wanted and margins is not None}


def scores_so_far(connection: Connection, run_id: RunId, metric: str = "macro_f1") -> dict[tuple[int, int], float]:
    """A run's metric over all classes at the whole training part, by (repeat, fold)."""
    rows = connection.execute(
        select(Fold.repeat, Fold.fold, Score.value)
        .join(Score, Score.fold_id == Fold.id)
        .where(Fold.run_id == run_id, Fold.fraction == 1.0, Score.metric == metric, Score.klass == "")
    )
    return {(repeat, fold): value for repeat, fold, value in rows}
