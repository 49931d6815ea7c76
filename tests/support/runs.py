"""Finished runs for tests, stored through the same functions that the pipeline uses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rooms import the_dataset

from core.store import Store
from core.store.models import RunId
from core.store.records.runs import (
    FoldRecord,
    NewRun,
    add_fold,
    add_fold_predictions,
    add_model,
    finish_run,
    promote,
    start_run,
)


def add_run(
    store: Store, ids: Sequence[int], candidate: str, said: Sequence[str], *, model: bytes | None = None
) -> RunId:
    """A finished run of two folds that says these classes of these messages, all of them spam in truth."""
    new = NewRun(the_dataset(store), candidate, f"fp{candidate}"[:16], 0, len(ids), 2, 7, {"folds": 2, "repeats": 1})
    run_id = store.write(lambda c: start_run(c, new))
    frame = pd.DataFrame({"message_id": ids, "truth": "spam", "klass": said, "confidence": 0.8})
    store.write(lambda c: add_fold_predictions(c, run_id, 0, frame))
    right = sum(klass == "spam" for klass in said) / len(said)
    for fold in range(2):
        scores = [("macro_f1", "", right + 0.01 * fold), ("recall", "spam", right), ("recall", "personal", 0.9)]
        record = FoldRecord(0, fold, 1.0, len(ids) // 2, len(ids) // 2, 2.0, 1.0, scores)
        store.write(lambda c, record=record: add_fold(c, run_id, record))  # type: ignore[misc]
    store.write(lambda c: finish_run(c, run_id))
    if model is not None:
        store.write(lambda c: add_model(c, run_id, "linear-2", model))
    return run_id


def promoted(store: Store, run_id: RunId) -> RunId:
    """The run, made the champion."""
    dataset = the_dataset(store)
    store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
    return run_id
