"""What the store says in numbers: a few small reads of roll-ups, kept for a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import Connection

from core import Project
from core.errors import TallyroomError
from core.intervals import mean_interval
from core.store.queries import lag, live
from labeling.alarms import open_counts
from labeling.estimate import live_accuracy
from labeling.listing import ListedQueue, queues

if TYPE_CHECKING:
    from labeling.estimate import Accuracy

KEPT_SECONDS = 1.0
ACCURACY_SECONDS = 60.0
"""The accuracy is told from the newest 20,000 verdicts, which takes a tenth of a second; a minute hardly moves it."""
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reigning:
    """The champion in numbers: its name, its macro-F1 over its folds, its age, how long new messages wait for it."""

    candidate: str
    version: int
    macro_f1: float | None
    age_seconds: float
    behind_seconds: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """A room in numbers."""

    counts: Mapping[str, int]
    queues: list[ListedQueue]
    champion: Reigning | None
    accuracy: Accuracy | None
    alarms: Mapping[str, int]


class Kept(Generic[T]):
    """What `work` gave, for some seconds; whoever asks meanwhile gets the same, and nobody makes it twice at once."""

    def __init__(self, seconds: float, work: Callable[[], T]) -> None:
        self._seconds = seconds
        self._work = work
        self._lock = threading.Lock()
        self._found: tuple[float, T] | None = None

    def get(self) -> T:
        """The kept one, or a new one."""
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > self._seconds:
                self._found = None
                self._found = (time.monotonic(), self._work())
            return self._found[1]


class Aside(Generic[T]):
    """What `work` gave last, None before the first; where that is older than some seconds, it is made anew, aside.

    Nobody waits for it: on a server that has just started the first one takes seconds, in which the
    store is not away.
    """

    def __init__(self, seconds: float, work: Callable[[], T]) -> None:
        self._seconds = seconds
        self._work = work
        self._found: T | None = None
        self._due = 0.0
        self._thread: threading.Thread | None = None

    def get(self) -> T | None:
        """The last one."""
        if time.monotonic() >= self._due and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._make, name="metrics-aside", daemon=True)
            self._thread.start()
        return self._found

    def _make(self) -> None:
        try:
            self._found = self._work()
        except TallyroomError as error:
            self._found = None  # an old one would look like one of now
            log.warning("the live accuracy could not be told: %s", error)
        finally:
            self._due = time.monotonic() + self._seconds


class RoomNumbers:
    """Reads the numbers of a room. Asked by one thread at a time: `Kept` sees to it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._accuracy = Aside(ACCURACY_SECONDS, self._judged)
        self._numbers = Kept(KEPT_SECONDS, self._read)

    def get(self) -> Numbers:
        """The numbers of a second ago or of now.

        Raises:
            StoreDownError: the store does not answer.
        """
        return self._numbers.get()

    def _read(self) -> Numbers:
        accuracy = self._accuracy.get()
        dataset = self._project.dataset_id
        with self._project.store.read() as connection:
            champion = live.champion(connection, dataset)
            return Numbers(
                counts=live.tallies(connection),
                queues=queues(connection, dataset),
                champion=None if champion is None else self._reigning(connection, champion),
                accuracy=accuracy,
                alarms=open_counts(connection),
            )

    def _reigning(self, connection: Connection, champion: live.Champion) -> Reigning:
        scores = live.run_scores(connection, champion.run_id)
        return Reigning(
            champion.candidate,
            champion.version,
            mean_interval(scores)[0] if scores else None,
            (live.clock(connection) - champion.promoted_at) / 1000,
            lag.behind_ms(connection, self._project.dataset_id, champion) / 1000,
        )

    def _judged(self) -> Accuracy | None:
        with self._project.store.read() as connection:
            return live_accuracy(connection, self._project.dataset_id)
