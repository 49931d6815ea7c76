"""Samples: messages of known class with what the model called them, kept between two looks at the store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from core.slices import slices_of
from core.store.models import RunId
from core.store.queries.judged import MOST, Judged, bodies, judged, run_classes
from dashboard.views import View

KEPT_SLICES = 4 * MOST


@dataclass(frozen=True, slots=True)
class Sample:
    """n messages of known class that a model has called something, newest first.

    Args:
        message_ids: n ids.
        truth: n codes into the room's classes.
        predicted: n codes.
        confidence: n probabilities of the class that was predicted.
        hours: n hours since 1970.
        whole: whether it is all that there is, and not the newest only.
        probabilities: (n, k) probabilities of all classes, in the order of the room's; None where only the one of the
            predicted class was kept.
    """

    message_ids: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    hours: np.ndarray
    whole: bool
    probabilities: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.message_ids)

    @staticmethod
    def empty() -> Sample:
        """No message."""
        return sample_of([], ())

    def where(self, kept: np.ndarray) -> Sample:
        """The messages that `kept` (n booleans) is true of."""
        return Sample(
            self.message_ids[kept],
            self.truth[kept],
            self.predicted[kept],
            self.confidence[kept],
            self.hours[kept],
            self.whole,
            None if self.probabilities is None else self.probabilities[kept],
        )

    @property
    def right(self) -> np.ndarray:
        """Of which of the n messages the prediction is the truth."""
        return np.asarray(self.truth == self.predicted)

    def cells(self, classes: Sequence[str]) -> dict[tuple[str, str], int]:
        """Messages by (true class, predicted class)."""
        if not len(self):
            return {}
        pairs, counts = np.unique(np.stack([self.truth, self.predicted]), axis=1, return_counts=True)
        return {(classes[t], classes[p]): int(n) for (t, p), n in zip(pairs.T, counts, strict=True)}


def sample_of(rows: Sequence[Judged], classes: Sequence[str], order: Sequence[str] = ()) -> Sample:
    """A sample of the rows whose classes the room still has; `order` is that of the classes in the rows' margins."""
    code = {klass: number for number, klass in enumerate(classes)}
    known = [row for row in rows if row.truth in code and row.klass in code]
    return Sample(
        np.array([row.message_id for row in known], dtype=np.int64),
        np.array([code[row.truth] for row in known], dtype=np.int64),
        np.array([code[row.klass] for row in known], dtype=np.int64),
        np.array([row.confidence for row in known], dtype=float),
        np.array([row.hour for row in known], dtype=np.int64),
        whole=len(rows) < MOST,
        probabilities=_probabilities([row.margins for row in known], classes, order),
    )


def _probabilities(margins: Sequence[bytes | None], classes: Sequence[str], order: Sequence[str]) -> np.ndarray | None:
    """Of the room's classes, from margins of the run's: a class that the run did not know cannot be."""
    kept = [row for row in margins if row is not None]
    if not kept or len(kept) < len(margins) or not order:
        return None
    from core.learning.calibration import from_bytes, probabilities  # here: SciPy takes a second to import

    of_run = probabilities(from_bytes(kept, len(order)), 1.0)
    found = np.zeros((len(kept), len(classes)))
    for number, klass in enumerate(classes):
        if klass in order:
            found[:, number] = of_run[:, order.index(klass)]
    return found


class Samples:
    """Reads samples for views, and keeps which slices a message is in: a body is looked at once."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._slices: dict[int, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def read(self, connection: Connection, run_id: RunId, view: View, now_ms: int) -> Sample:
        """The messages of the view's time and slice, held against what the view says."""
        rows = judged(connection, run_id, view.against, self._classes)
        sample = sample_of(rows, self._classes, run_classes(connection, run_id))
        if view.when:
            hours = view.hours(now_ms)
            sample = sample.where((sample.hours >= hours[0]) & (sample.hours <= hours[-1]))
        if view.slice:
            named = self.slices(connection, sample)
            sample = sample.where(np.array([view.slice in names for names in named], dtype=bool))
        return sample

    def slices(self, connection: Connection, sample: Sample) -> list[tuple[str, ...]]:
        """The slices that each of the sample's messages is in."""
        ids = [int(number) for number in sample.message_ids]
        with self._lock:
            missing = [number for number in ids if number not in self._slices]
            if len(self._slices) + len(missing) > KEPT_SLICES:
                self._slices.clear()
                missing = ids
            for number, (body, sender) in bodies(connection, missing).items():
                self._slices[number] = slices_of(body, sender)
            return [self._slices.get(number, ()) for number in ids]
