"""A run of which all is known, for tests of the figures of quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from rooms import CLASSES, add_messages, the_dataset

from core.learning import confidence, scores, to_bytes
from core.learning.calibration import probabilities
from core.learning.probability_metrics import cost_matrix, probability_scores
from core.store import Store
from core.store.models import Origin, RunId
from core.store.records.labels import set_label
from core.store.records.predictions import add_predictions
from core.store.records.runs import (
    FoldRecord,
    NewRun,
    add_fold,
    add_fold_predictions,
    finish_run,
    promote,
    start_run,
)

EVERY_THIRD = 3
FIRST_HOUR = 1_790_000_000_000 // 3_600_000
A_MINUTE = 60_000


@dataclass(frozen=True)
class Known:
    """n messages a minute apart, every third with a link; their classes, and what the champion says of them."""

    run_id: RunId
    ids: list[int]
    truth: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """Of the predicted class."""
        return self.probabilities.max(axis=1)

    @property
    def has_link(self) -> np.ndarray:
        """Which have one."""
        return np.arange(len(self.ids)) % EVERY_THIRD == 0

    @property
    def hours(self) -> np.ndarray:
        """Since 1970."""
        return (1_790_000_000_000 + A_MINUTE * np.arange(len(self.ids))) // 3_600_000


def add_known(store: Store, n: int = 300, *, judged: int = 60, keeps_margins: bool = True) -> Known:
    """A champion tried on two folds of n messages; the office has judged the first `judged` of them."""
    chance = np.random.default_rng(3)
    links = ["see https://example.org/a now" if number % EVERY_THIRD == 0 else "see you at home" for number in range(n)]
    ids = add_messages(store, [f"{text}, number {number}" for number, text in enumerate(links)])
    truth = np.arange(n) % len(CLASSES)
    margins = chance.normal(0, 1.5, (n, len(CLASSES))).astype("f4")
    margins[np.arange(n), truth] += 3.0
    predicted = margins.argmax(axis=1)
    names = np.array(CLASSES, dtype=object)
    params = {"folds": 2, "repeats": 1, "classes": list(CLASSES)} if keeps_margins else {"folds": 2, "repeats": 1}
    dataset = the_dataset(store)
    run_id = store.write(lambda c: start_run(c, NewRun(dataset, "char-svc", "known", 0, n // 2, 2, 7, params)))
    said = pd.DataFrame(
        {
            "message_id": ids,
            "truth": names[truth],
            "klass": names[predicted],
            "confidence": confidence(margins, predicted),
        }
    )
    kept = said.assign(margins=to_bytes(margins)) if keeps_margins else said
    store.write(lambda c: add_fold_predictions(c, run_id, 0, kept))
    for fold in range(2):
        half = np.arange(n) % 2 == fold
        believed = probability_scores(truth[half], probabilities(margins[half], 1.0), CLASSES, cost_matrix(CLASSES, {}))
        every = [*scores(truth[half], predicted[half], CLASSES), *believed]
        found = [(each.metric, each.klass or "", each.value) for each in every]
        record = FoldRecord(0, fold, 1.0, n // 2, n // 2, 1.0, 0.1, found)
        store.write(lambda c, record=record: add_fold(c, run_id, record))  # type: ignore[misc]
    store.write(lambda c: finish_run(c, run_id))
    known = Known(run_id, ids, truth, predicted, probabilities(margins, 1.0))
    predictions = said.drop(columns="truth").assign(hour=known.hours)
    store.write(lambda c: add_predictions(c, run_id, predictions))
    store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
    for number in range(judged):
        store.write(lambda c, n=number: set_label(c, ids[n], Origin.VERDICT, CLASSES[truth[n]], ref=f"{n}"))  # type: ignore[misc]
    return known
