"""Samples: messages of known class with what the model called them, kept between two looks at the store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from core.slices import slices_of
from core.store.models import RunId
from core.store.queries.judged import MOST, Judged, bodies, judged
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
    """

    message_ids: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    hours: np.ndarray
    whole: bool

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
        )

    def cells(self, classes: Sequence[str]) -> dict[tuple[str, str], int]:
        """Messages by (true class, predicted class)."""
        if not len(self):
            return {}
        pairs, counts = np.unique(np.stack([self.truth, self.predicted]), axis=1, return_counts=True)
        return {(classes[t], classes[p]): int(n) for (t, p), n in zip(pairs.T, counts, strict=True)}


def sample_of(rows: Sequence[Judged], classes: Sequence[str]) -> Sample:
    """A sample of the rows whose classes the room still has."""
    code = {klass: number for number, klass in enumerate(classes)}
    known = [row for row in rows if row.truth in code and row.klass in code]
    return Sample(
        np.array([row.message_id for row in known], dtype=np.int64),
        np.array([code[row.truth] for row in known], dtype=np.int64),
        np.array([code[row.klass] for row in known], dtype=np.int64),
        np.array([row.confidence for row in known], dtype=float),
        np.array([row.hour for row in known], dtype=np.int64),
        whole=len(rows) < MOST,
    )


class Samples:
    """Reads samples for views, and keeps which slices a message is in: a body is looked at once."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._slices: dict[int, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def read(self, connection: Connection, run_id: RunId, view: View, now_ms: int) -> Sample:
        """The messages of the view's time and slice, held against what the view says."""
        sample = sample_of(judged(connection, run_id, view.against), self._classes)
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
