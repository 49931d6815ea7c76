"""What is on record of a run, so that its trial can be laid out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.store.models import Fold, FoldPrediction, Run, RunId


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run's labels up to `cutoff`, its settings, and what it was tested on.

    `said`: the truth of each message that was tested, in the first repeat; `shapes`: messages trained and tested on, of
    each fold in order.
    """

    cutoff: int
    seed: int
    train_size: int
    params: Mapping[str, Any]
    snapshot: Mapping[str, str]
    said: Mapping[int, str]
    shapes: Sequence[tuple[int, int]]


def kept_run(connection: Connection, run_id: RunId) -> KeptRun:
    """All of it."""
    columns = (Run.label_cutoff, Run.seed, Run.train_size, Run.params, Run.made_with)
    run = connection.execute(select(*columns).where(Run.id == run_id)).one()
    truths = select(FoldPrediction.message_id, FoldPrediction.truth)
    said = connection.execute(truths.where(FoldPrediction.run_id == run_id, FoldPrediction.repeat == 0))
    sizes = select(Fold.train_size, Fold.test_size).where(Fold.run_id == run_id, Fold.fraction == 1.0)
    shapes = connection.execute(sizes.order_by(Fold.repeat, Fold.fold))
    return KeptRun(
        cutoff=run.label_cutoff,
        seed=run.seed,
        train_size=run.train_size,
        params=run.params or {},
        snapshot=(run.made_with or {}).get("snapshot", {}),
        said={row.message_id: row.truth for row in said},
        shapes=[(row.train_size, row.test_size) for row in shapes],
    )


def classes_of(connection: Connection, run_id: RunId) -> tuple[str, ...]:
    """The classes that a run was tried with, in the order of its margins."""
    return tuple(connection.execute(select(Run.params).where(Run.id == run_id)).scalar_one()["classes"])
