"""Predictions in, counted in the same transaction."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, select

from core.store import bulk
from core.store.feed import emit
from core.store.locks import own_labels_lock
from core.store.models import ClassCount, ConfusionCount, Origin, Prediction, RunId, Truth
from core.store.records import minutes
from core.store.records.minutes import count_minute
from core.store.records.slices import add_slices
from core.store.rollups import PREDICTED, VERDICTS, add_rows, tally

_prediction: Table = Prediction.__table__  # type: ignore[assignment]
_class_count: Table = ClassCount.__table__  # type: ignore[assignment]
_confusion: Table = ConfusionCount.__table__  # type: ignore[assignment]


def add_predictions(connection: Connection, run_id: RunId, frame: pd.DataFrame) -> int:
    """Append what a model says of messages that it has not judged yet.

    Args:
        connection: inside a transaction.
        run_id: the model's run.
        frame: columns message_id, klass, confidence, hour (the hour since 1970 that the message counts in) and, where
            they are to be counted by slice as well, slices (a sequence of names each).

    Returns:
        The number of predictions.
    """
    if frame.empty:
        return 0
    # A verdict in flight would be missed by the join below, and would miss these predictions.
    own_labels_lock(connection)
    said = frame[["message_id", "klass", "confidence"]].assign(run_id=int(run_id))
    bulk.append(connection, _prediction, said)
    hours = frame.groupby(["hour", "klass"], as_index=False).size()
    key = {"series": PREDICTED, "run_id": int(run_id)}
    add_rows(
        connection,
        _class_count,
        [{**key, "hour": int(r.hour), "klass": str(r.klass), "n": int(r.size_)} for r in _named(hours)],
    )
    if "slices" in frame:
        add_slices(connection, run_id, zip(frame["slices"], map(int, frame["hour"]), frame["klass"], strict=True))
    _count_confusion(connection, run_id, frame)
    tally(connection, "predictions", len(frame))
    count_minute(connection, minutes.PREDICTED, len(frame))
    emit(connection, "predicted", run_id=run_id, n=len(frame))
    return len(frame)


def _count_confusion(connection: Connection, run_id: RunId, frame: pd.DataFrame) -> None:
    """Count those that the office has already judged."""
    span = Truth.message_id.between(int(frame["message_id"].min()), int(frame["message_id"].max()))
    rows = connection.execute(
        select(Truth.message_id, Truth.klass.label("truth")).where(Truth.origin == Origin.VERDICT, span)
    ).all()
    judged = frame.merge(pd.DataFrame(rows, columns=["message_id", "truth"]), on="message_id")
    cells = judged.groupby(["truth", "klass"], as_index=False).size()
    key = {"run_id": int(run_id), "against": VERDICTS}
    add_rows(
        connection,
        _confusion,
        [{**key, "truth": str(r.truth), "klass": str(r.klass), "n": int(r.size_)} for r in _named(cells)],
    )


def _named(frame: pd.DataFrame) -> list[Any]:
    """Rows as named tuples; `size` alone would be a method of the tuple's."""
    return list(frame.rename(columns={"size": "size_"}).itertuples(index=False))
